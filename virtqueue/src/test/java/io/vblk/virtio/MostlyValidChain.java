// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.PlainChain.Segment;
import java.util.ArrayList;
import java.util.List;

/**
 * A chain by the rules in a {@link FuzzMemory}, before one of its properties is broken: so many
 * descriptors in the ring, the others in a table behind them. Thread: one.
 */
final class MostlyValidChain {
    /** Where the table lies. */
    static final long TABLE = 0xA00;

    /** One descriptor. */
    static final class Entry {
        long address;
        long length;
        int flags;
        /** Split: the next index. Packed: the buffer id. */
        int link;

        private Entry(long address, long length, int flags, int link) {
            this.address = address;
            this.length = length;
            this.flags = flags;
            this.link = link;
        }
    }

    final boolean packed;
    final List<Segment> segments;
    /** Descriptors in the ring, from index 0 on; the last one names the table if there is one. */
    final List<Entry> ring = new ArrayList<>();
    final List<Entry> table = new ArrayList<>();
    private final int id;

    /**
     * A chain of these segments.
     *
     * @param direct how many of them lie in the ring
     * @param id packed: the buffer id; a split chain has head 0
     */
    MostlyValidChain(boolean packed, List<Segment> segments, int direct, int id) {
        this.packed = packed;
        this.segments = segments;
        this.id = packed ? id : 0;
        boolean hasTable = direct < segments.size();
        for (int i = 0; i < direct; i++) {
            ring.add(entry(i, i + 1, hasTable || i + 1 < direct));
        }
        for (int i = direct; i < segments.size(); i++) {
            boolean more = !packed && i + 1 < segments.size();
            table.add(entry(i, i - direct + 1, more));
        }
        if (hasTable) {
            ring.add(new Entry(TABLE, 16L * table.size(), GuestRam.INDIRECT, this.id));
        }
    }

    private Entry entry(int index, int next, boolean more) {
        Segment segment = segments.get(index);
        return new Entry(segment.address(), segment.length(),
                (segment.writable() ? GuestRam.WRITE : 0) | (more ? GuestRam.NEXT : 0),
                packed ? id : next);
    }

    /** The descriptor of a segment. */
    Entry of(int segment) {
        int direct = table.isEmpty() ? ring.size() : ring.size() - 1;
        return segment < direct ? ring.get(segment) : table.get(segment - direct);
    }

    /** The descriptor that names the table. */
    Entry tableEntry() {
        return ring.get(ring.size() - 1);
    }

    /** Writes it and makes it available as the ring's next chain. */
    void offer(FuzzRing place, int firstSlot) {
        for (int i = 0; i < ring.size(); i++) {
            write(place, place.entry(firstSlot + i), ring.get(i));
        }
        for (int i = 0; i < table.size(); i++) {
            write(place, TABLE + 16L * i, table.get(i));
        }
        place.offer(packed ? ring.size() - 1 : 0);
    }

    private static void write(FuzzRing place, long at, Entry entry) {
        place.descriptor(at, entry.address, entry.length, entry.flags, entry.link);
    }

    @Override
    public String toString() {
        return (packed ? "packed " : "split ") + segments + ", " + table.size() + " in a table";
    }
}
