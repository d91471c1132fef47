// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.MostlyValidChain.Entry;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** Ways to break one property of a chain by the rules, and what has to come of each. */
enum BrokenProperty {
    ADDRESS_NOWHERE(ChainFault.OUTSIDE_MEMORY, any(),
            (chain, at) -> chain.of(at).address = 0x9000),
    ADDRESS_BELOW_2_64(ChainFault.OUTSIDE_MEMORY, any(), (chain, at) -> {
        chain.of(at).address = -8;
        chain.of(at).length = 16;
    }),
    LENGTH_PAST_THE_LAST_REGION(ChainFault.OUTSIDE_MEMORY, any(), (chain, at) -> {
        chain.of(at).address = FuzzMemory.END - 64;
        chain.of(at).length = 65;
    }),
    LENGTH_OF_2_32_LESS_1(ChainFault.OUTSIDE_MEMORY, any(),
            (chain, at) -> chain.of(at).length = 0xFFFF_FFFFL),
    READABLE_AFTER_WRITABLE(ChainFault.READABLE_AFTER_WRITABLE,
            chain -> chain.segments.stream().filter(PlainChain.Segment::writable).count() > 1,
            (chain, at) -> chain.of(chain.segments.size() - 1).flags &= ~GuestRam.WRITE),
    NEXT_OUT_OF_RANGE(ChainFault.NEXT_OUT_OF_RANGE, splitWithNext(),
            (chain, at) -> withNext(chain, at).link = 0xFFFF),
    NEXT_OF_ITS_OWN_TABLES_SIZE(ChainFault.NEXT_OUT_OF_RANGE, splitWithNext(),
            (chain, at) -> {
                Entry entry = withNext(chain, at);
                entry.link = chain.table.contains(entry)
                        ? chain.table.size() : ChainProperties.SIZE;
            }),
    LOOP(ChainFault.LOOP, chain -> splitWithNext().test(chain) && hasEmptyLoop(chain),
            (chain, at) -> {
                Entry entry = withNext(chain, at);
                entry.link = (chain.table.contains(entry) ? chain.table : chain.ring)
                        .indexOf(entry);
                entry.length = 0;
            }),
    TABLE_WITH_NEXT(ChainFault.INDIRECT_NOT_ALLOWED,
            chain -> hasTable().test(chain) && !chain.packed,
            (chain, at) -> chain.tableEntry().flags |= GuestRam.NEXT),
    TABLE_IN_A_TABLE(ChainFault.INDIRECT_NOT_ALLOWED, hasTable(),
            (chain, at) -> chain.table.get(at % chain.table.size()).flags |= GuestRam.INDIRECT),
    TABLE_WITH_HALF_AN_ENTRY(ChainFault.BAD_INDIRECT_TABLE, hasTable(),
            (chain, at) -> chain.tableEntry().length += 8),
    TABLE_EMPTY(ChainFault.BAD_INDIRECT_TABLE, hasTable(),
            (chain, at) -> chain.tableEntry().length = 0),
    TABLE_OUTSIDE_MEMORY(ChainFault.BAD_INDIRECT_TABLE, hasTable(),
            (chain, at) -> chain.tableEntry().address = FuzzMemory.END - 8),
    BUFFER_ID_OUT_OF_RANGE(ChainFault.HEAD_OUT_OF_RANGE, chain -> chain.packed,
            (chain, at) -> chain.ring.get(chain.ring.size() - 1).link = ChainProperties.SIZE);

    final ChainFault fault;
    final Predicate<MostlyValidChain> applies;
    private final BiConsumer<MostlyValidChain, Integer> way;

    BrokenProperty(ChainFault fault, Predicate<MostlyValidChain> applies,
            BiConsumer<MostlyValidChain, Integer> way) {
        this.fault = fault;
        this.applies = applies;
        this.way = way;
    }

    /** Breaks it, if possible at that segment. */
    void breakIt(MostlyValidChain chain, int segment) {
        way.accept(chain, segment % chain.segments.size());
    }

    private static Predicate<MostlyValidChain> any() {
        return chain -> true;
    }

    private static Predicate<MostlyValidChain> hasTable() {
        return chain -> !chain.table.isEmpty();
    }

    private static Predicate<MostlyValidChain> splitWithNext() {
        return chain -> !chain.packed && chain.segments.size() > 1
                && chain.table.size() != 1;
    }

    /** A loop of empty writable buffers: it meets no other fault before the bound on steps. */
    private static boolean hasEmptyLoop(MostlyValidChain chain) {
        return chain.segments.stream().allMatch(PlainChain.Segment::writable);
    }

    /** A descriptor with NEXT, at the segment or before it. */
    private static Entry withNext(MostlyValidChain chain, int segment) {
        Entry entry = chain.of(segment);
        return (entry.flags & GuestRam.NEXT) != 0 ? entry : chain.of(segment - 1);
    }
}
