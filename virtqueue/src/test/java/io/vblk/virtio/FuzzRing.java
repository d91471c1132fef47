// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.PlainChain.Segment;
import java.util.List;

/**
 * The guest's end of a ring in {@link FuzzMemory}: writes what it is told, sense or nonsense, and
 * knows enough of the layout to make something of it available. Thread: one.
 */
public abstract sealed class FuzzRing permits SplitFuzzRing, PackedFuzzRing {
    /** Most descriptors of a ring. */
    public static final int SIZE_MAX = 16;

    private static final long LOW_DESC = 0;
    private static final long LOW_AVAIL = 0x100;
    private static final long LOW_USED = 0x140;

    final FuzzMemory memory;
    final GuestRam ram;
    final int size;
    private final long desc;
    private final long avail;
    private final long used;

    /**
     * Places the areas.
     *
     * @param atEnds whether each of them ends where a region does, or as near as alignment allows
     */
    FuzzRing(FuzzMemory memory, int size, boolean atEnds, long availBytes, long usedBytes) {
        this.memory = memory;
        this.ram = memory.ram;
        this.size = size;
        this.desc = atEnds ? FuzzMemory.END - 16L * size : LOW_DESC;
        this.avail = atEnds ? FuzzMemory.SECOND_END - availBytes & -4 : LOW_AVAIL;
        this.used = atEnds ? FuzzMemory.SECOND - usedBytes & -4 : LOW_USED;
    }

    /** A ring of the kind and size that the input says. */
    public static FuzzRing of(FuzzMemory memory, boolean packed, int choice) {
        boolean atEnds = (choice & 0x10) != 0;
        return packed
                ? new PackedFuzzRing(memory, 1 + choice % SIZE_MAX, atEnds)
                : new SplitFuzzRing(memory, 1 << choice % 5, atEnds);
    }

    /** Where the areas are. */
    public VirtqueueConfig config(int base) {
        return new VirtqueueConfig(size, desc, avail, used, base);
    }

    /** Number of descriptors. */
    public int size() {
        return size;
    }

    /** Whether it is a packed one. */
    public abstract boolean isPacked();

    /** Starts a sane, empty ring; returns the base to go on from. */
    public abstract int start(int choice);

    /** Makes the ring empty and sane for a device that goes on from this base. */
    public abstract void resume(int base);

    /** Writes a descriptor, or as much of it as lies in memory. */
    public void descriptor(long at, long address, long length, int flags, int link) {
        memory.poke(at, 8, address);
        memory.poke(at + 8, 4, length);
        memory.poke(at + 12, 2, isPacked() ? link : flags);
        memory.poke(at + 14, 2, isPacked() ? flags : link);
    }

    /** Guest address of a descriptor of the ring. */
    public long entry(int index) {
        return desc + 16L * (index % size);
    }

    /** Makes available: split: the chain of a head; packed: so many slots. */
    public abstract void offer(int choice);

    /** Moves the available index, or changes flags: nothing a driver would do. */
    public abstract void disturb(int choice);

    /** Writes the driver's event suppression. */
    public abstract void suppress(int choice);

    /**
     * Makes a chain available where a device that has come to {@code base} finds it next, and
     * nothing else; of a chain longer than the ring the rest is left out.
     *
     * @param flags flags of each part, without NEXT
     */
    abstract void offerAt(int base, List<Segment> parts, int... flags);

    /** Makes a good chain of descriptors of the ring available, see {@link #offerAt}. */
    public void offerGood(int base, List<Segment> parts) {
        int[] flags = new int[parts.size()];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = parts.get(i).writable() ? GuestRam.WRITE : 0;
        }
        offerAt(base, parts, flags);
    }

    /** Makes a chain in a table available, see {@link #offerAt}. */
    public void offerTable(int base, long table, long bytes) {
        offerAt(base, List.of(new Segment(table, bytes, false)), GuestRam.INDIRECT);
    }

    /** Another device side starts from {@code base} and from what is in memory. */
    public abstract void activated(int base);

    /** Whether there is nothing for a device that has come to {@code base}. */
    public abstract boolean isEmpty(int base);

    /**
     * The next chain of a device that has come to {@code base}, or null if there is none;
     * {@link PlainChain#ENDLESS} slots mean a broken ring.
     */
    public abstract PlainChain next(int base, int slotsOut, boolean indirect, int segmentsMax);

    /** The base after a chain; only its available part counts. */
    public abstract int baseAfter(int base, int slots);

    /** Fails unless these chains were just written as used, and not shown. */
    public abstract void checkWritten(List<FuzzUsed> written);

    /** Fails unless what was written is shown. */
    public abstract void checkShown();

    /** Where the 16 bits are that show what was written. */
    abstract long showsAt();

    /** Takes what the device may write out of the comparison of {@link FuzzMemory}. */
    public abstract void allowDeviceAreas();

    /** A chain that came back. */
    public record FuzzUsed(int id, int length, int slots) {}
}
