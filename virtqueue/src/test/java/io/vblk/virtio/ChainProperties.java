// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.virtio.PlainChain.Segment;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Chains by the rules, and chains by the rules but for one property: what comes of them, and that
 * the queue goes on afterwards, or stays broken where the ring itself is (virtio 1.3, 2.7, 2.8).
 */
class ChainProperties {
    /** Size of the ring. */
    static final int SIZE = 16;

    private static final int SEGMENTS_MAX = 32;
    private static final List<Segment> GOOD = List.of(
            new Segment(0x600, 16, false), new Segment(0x700, 1, true));
    private static final FuzzMemory MEMORY = new FuzzMemory();
    private static final MappedMemory IOVECS = iovecs();

    private final DescriptorChain chain =
            new DescriptorChain(new IovecArray(IOVECS.address(), SEGMENTS_MAX));
    private FuzzRing ring;
    private Virtqueue queue;

    private static MappedMemory iovecs() {
        try {
            return MappedMemory.anonymous((long) SEGMENTS_MAX * IovecArray.ELEMENT_BYTES);
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One to eight segments in memory, readable ones first, some of them across two regions. */
    @Provide
    Arbitrary<MostlyValidChain> chains() {
        Arbitrary<Segment> segment = Combinators.combine(
                Arbitraries.longs().between(0xB00, FuzzMemory.SECOND_END - 1),
                Arbitraries.longs().between(1, 0x800)).as((address, length) -> new Segment(
                        address, Math.min(length, FuzzMemory.SECOND_END - address), false));
        Arbitrary<List<Segment>> segments = Combinators.combine(
                segment.list().ofMinSize(1).ofMaxSize(8), Arbitraries.integers().between(0, 8))
                .as(ChainProperties::withDirections);
        return Combinators.combine(Arbitraries.of(false, true), segments,
                Arbitraries.integers().between(0, 8), Arbitraries.integers().between(0, SIZE - 1))
                .as((packed, list, direct, id) -> new MostlyValidChain(
                        packed, list, Math.min(direct, list.size()), id));
    }

    private static List<Segment> withDirections(List<Segment> list, int readable) {
        List<Segment> directed = new ArrayList<>();
        for (Segment each : list) {
            directed.add(new Segment(
                    each.address(), each.length(), directed.size() >= readable));
        }
        return directed;
    }

    private void start(boolean packed) throws VirtioException {
        MEMORY.clear();
        ring = FuzzRing.of(MEMORY, packed, packed ? SIZE - 1 : 4);
        assertEquals(SIZE, ring.size);
        int base = ring.start(0);
        queue = ring.config(base).activate(MEMORY.memory(),
                VirtioFeatures.INDIRECT_DESC | (packed ? VirtioFeatures.RING_PACKED : 0));
    }

    @Property(tries = 2000)
    void aChainByTheRulesComesOutAsItWentIn(@ForAll("chains") MostlyValidChain good)
            throws VirtioException {
        start(good.packed);
        good.offer(ring, 0);
        assertTrue(queue.pop(chain));
        assertEquals(ChainFault.NONE, chain.fault());
        assertEquals(cutWhereRegionsMeet(good.segments), segments());
        assertGoesOn(good.ring.size());
    }

    @Property(tries = 5000)
    void aBrokenPropertyHasTheAnswerOfItsRow(@ForAll("chains") MostlyValidChain broken,
            @ForAll BrokenProperty property, @ForAll int place) throws VirtioException {
        Assume.that(property.applies.test(broken));
        property.breakIt(broken, place & 0xFFFF);
        start(broken.packed);
        broken.offer(ring, 0);
        assertTrue(queue.pop(chain));
        assertEquals(property.fault, chain.fault());
        assertGoesOn(broken.ring.size());
    }

    @Property(tries = 500)
    void aHeadThatIsOutAlreadyIsRefusedAndStaysOut(@ForAll("chains") MostlyValidChain first)
            throws VirtioException {
        Assume.that(2 * first.ring.size() < SIZE);
        start(first.packed);
        first.offer(ring, 0);
        assertTrue(queue.pop(chain));
        first.offer(ring, first.packed ? first.ring.size() : 0);
        DescriptorChain second = holder();
        assertTrue(queue.pop(second));
        assertEquals(ChainFault.HEAD_IN_USE, second.fault());
        queue.addUsed(second, 0);
        queue.addUsed(chain, 0);
        queue.publishUsed();
        first.offer(ring, first.packed ? 2 * first.ring.size() : 0);
        assertTrue(queue.pop(chain));
        assertEquals(ChainFault.NONE, chain.fault());
    }

    @Property(tries = 500)
    void aRingThatCannotBeIsBrokenForGood(@ForAll("chains") MostlyValidChain good, @ForAll int jump)
            throws VirtioException {
        start(good.packed);
        if (good.packed) {
            for (int slot = 0; slot < SIZE; slot++) {
                ring.descriptor(ring.entry(slot), 0x600, 1, GuestRam.NEXT, 0);
            }
            ring.offer(SIZE - 1);
        } else {
            good.offer(ring, 0);
            ring.disturb(SIZE + (jump & 0x3F));
        }
        int base = queue.base();
        assertThrows(VirtioException.class, () -> queue.pop(chain));
        assertThrows(VirtioException.class, () -> queue.pop(chain));
        assertEquals(base, queue.base());
    }

    private static DescriptorChain holder() {
        return new DescriptorChain(new IovecArray(IOVECS.address(), SEGMENTS_MAX));
    }

    /** Uses the chain and has another one served. */
    private void assertGoesOn(int slots) throws VirtioException {
        queue.addUsed(chain, 0);
        queue.publishUsed();
        boolean packed = ring.isPacked();
        new MostlyValidChain(packed, GOOD, 2, SIZE - 1).offer(ring, packed ? slots : 0);
        assertTrue(queue.pop(chain), "a good chain afterwards");
        assertEquals(ChainFault.NONE, chain.fault());
        assertEquals(GOOD, segments());
    }

    private List<Segment> segments() {
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < chain.readableCount() + chain.writableCount(); i++) {
            segments.add(new Segment(MEMORY.guestOf(chain.segments().base(i)),
                    chain.segments().lengthBytes(i), i >= chain.readableCount()));
        }
        return segments;
    }

    private static List<Segment> cutWhereRegionsMeet(List<Segment> whole) {
        List<Segment> parts = new ArrayList<>();
        for (Segment each : whole) {
            long left = FuzzMemory.SECOND - each.address();
            if (left <= 0 || left >= each.length()) {
                parts.add(each);
            } else {
                parts.add(new Segment(each.address(), left, each.writable()));
                parts.add(new Segment(
                        FuzzMemory.SECOND, each.length() - left, each.writable()));
            }
        }
        return parts;
    }
}
