// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Record of the chains of a packed ring that are under way, in memory that outlives this process:
 * who takes the ring over after a crash runs just those again (vhost-user.rst, "Inflight I/O
 * tracking", version 1). Used descriptors overwrite available ones in a packed ring, so the record
 * has copies of them. Thread: home of the queue.
 *
 * <pre>
 *   0 features (8)  8 version (2)  10 descriptors (2)  12 free head (2)  14 old free head (2)
 *   16 used index (2)  18 old used index (2)  20 used wrap (1)  21 old used wrap (1)
 *   32 per entry:  0 in flight (1)  2 next (2)  4 last (2)  6 number (2)  8 counter (8)
 *                  16 id (2)  18 flags (2)  20 length (4)  24 address (8)
 * </pre>
 *
 * <p>A chain takes entries off the free list; its first one stands for it. The memory is shared
 * with the front-end: nothing read from it is trusted, and after the start nothing of the list is
 * read, since this side keeps its own.
 */
final class PackedInflight {
    private static final int VERSION = 8;
    private static final int DESC_NUM = 10;
    private static final int FREE_HEAD = 12;
    private static final int USED_IDX = 16;
    /** Place of the wrap counters in the 64-bit value that begins with the used index. */
    private static final int USED_WRAP_SHIFT = 32;
    private static final int OLD_USED_WRAP_SHIFT = 40;
    private static final int HEADER_BYTES = 32;
    private static final int ENTRY_BYTES = 32;
    private static final int ENTRY_NEXT = 2;
    private static final int ENTRY_LAST = 4;
    private static final int ENTRY_NUM = 6;
    private static final int ENTRY_COUNTER = 8;
    private static final int ENTRY_ID = 16;
    private static final int ENTRY_FLAGS = 18;
    private static final int ENTRY_LEN = 20;
    private static final int ENTRY_ADDR = 24;
    private static final int VERSION_1 = 1;
    private static final int WRAP_BIT = 1 << 15;

    private final long region;
    private final int size;
    private final int[] next;
    /** By first entry: the last one. */
    private final int[] lastOf;
    /** By buffer id: the first entry of its chain. */
    private final int[] entryOf;
    /** First entries of the chains used since the last publication. */
    private final int[] batch;
    private int batchCount;
    private int freeHead;
    private long counter;
    private int usedOffWrap;
    /** First entries of the chains to run again, in the order in which they were taken. */
    private int[] left = new int[0];
    private int leftNext;
    private int slotsLeft;
    private boolean takenOver;

    /**
     * Takes over what an earlier process left, or begins a record.
     *
     * @param region host address of a record with room for {@code size}, see {@link #bytes}
     * @param ring host address of the descriptor ring
     * @param freshUsed place of the next used descriptor if there is no record yet
     */
    PackedInflight(long region, int size, long ring, int freshUsed) throws VirtioException {
        this.region = region;
        this.size = size;
        this.next = new int[size];
        this.lastOf = new int[size];
        this.entryOf = new int[size];
        this.batch = new int[size];
        int version = NativeMemory.getShort(region + VERSION);
        if (version > VERSION_1) {
            throw new VirtioException("the in-flight record has version " + version);
        }
        if (version == VERSION_1 && NativeMemory.getShort(region + DESC_NUM) == size) {
            takeOver(ring);
        } else {
            begin(freshUsed);
        }
    }

    boolean isThere() {
        return MappedMemory.isThere(region) && MappedMemory.isThere(region + bytes(size) - 1);
    }

    /** Bytes of a record. */
    static long bytes(int size) {
        return HEADER_BYTES + (long) ENTRY_BYTES * size;
    }

    private long entry(int index) {
        return region + HEADER_BYTES + (long) ENTRY_BYTES * index;
    }

    private void begin(int freshUsed) {
        NativeMemory.fill(region, bytes(size), 0);
        NativeMemory.putShort(region + DESC_NUM, size);
        for (int i = 0; i < size; i++) {
            next[i] = i + 1;
            NativeMemory.putShort(entry(i) + ENTRY_NEXT, i + 1);
        }
        usedOffWrap = freshUsed;
        commit();
        RecordMemory.put16(region + VERSION, VERSION_1);
    }

    // ------------------------------------------------------------------ taking over

    private void takeOver(long ring) throws VirtioException {
        long places = RecordMemory.get64(region + USED_IDX);
        int used = place((int) places, (int) (places >>> USED_WRAP_SHIFT));
        int oldUsed = place((int) places >>> 16, (int) (places >>> OLD_USED_WRAP_SHIFT));
        int freeHeads = RecordMemory.get32(region + FREE_HEAD);
        freeHead = freeHeads >>> 16;
        usedOffWrap = oldUsed;
        if (used != oldUsed) {
            WrapCounter at = new WrapCounter(size, oldUsed);
            int flags = NativeMemory.getShort(ring
                    + (long) at.slot() * PackedLayout.DESC_BYTES + PackedLayout.DESC_FLAGS);
            if (!at.isAvailable(flags)) {
                // The driver was shown the batch, which was not noted any more.
                freeHead = freeHeads & 0xFFFF;
                usedOffWrap = used;
            }
        }
        readList();
        collect();
        commit();
        hideUnshown(ring);
        takenOver = true;
    }

    /** A place of the record, by the lowest bits of its index and of its wrap counter. */
    private int place(int indexBits, int wrapBits) throws VirtioException {
        int index = indexBits & 0xFFFF;
        if (index >= size) {
            throw senseless();
        }
        return index | ((wrapBits & 0xFF) != 0 ? WRAP_BIT : 0);
    }

    private static VirtioException senseless() {
        return new VirtioException("the in-flight record makes no sense");
    }

    private void readList() {
        for (int i = 0; i < size; i++) {
            next[i] = NativeMemory.getShort(entry(i) + ENTRY_NEXT);
        }
        int index = freeHead;
        for (int steps = 0; index < size && steps < size; steps++) {
            NativeMemory.putByte(entry(index), 0);
            index = next[index];
        }
    }

    private void collect() throws VirtioException {
        List<long[]> found = new ArrayList<>();
        boolean[] seen = new boolean[size];
        for (int i = 0; i < size; i++) {
            if (NativeMemory.getByte(entry(i)) == 1) {
                found.add(new long[] {i, NativeMemory.getLong(entry(i) + ENTRY_COUNTER)});
                checkChain(i, seen);
            }
        }
        found.sort((a, b) -> Long.compareUnsigned(a[1], b[1]));
        left = new int[found.size()];
        for (int i = 0; i < left.length; i++) {
            left[i] = (int) found.get(i)[0];
            counter = found.get(i)[1] + 1;
        }
        rebuildFreeList(seen);
    }

    /** The entries of a chain are its own and end where it says. */
    private void checkChain(int first, boolean[] seen) throws VirtioException {
        int number = NativeMemory.getShort(entry(first) + ENTRY_NUM);
        int index = first;
        int last = first;
        for (int i = 0; i < number; i++) {
            if (index >= size || seen[index]) {
                throw senseless();
            }
            seen[index] = true;
            last = index;
            index = next[index];
        }
        if (number == 0 || number > size) {
            throw senseless();
        }
        lastOf[first] = last;
        slotsLeft += number;
    }

    /** All entries that no chain has are free, whatever the shared list says. */
    private void rebuildFreeList(boolean[] taken) {
        freeHead = size;
        for (int i = size - 1; i >= 0; i--) {
            if (!taken[i]) {
                link(i, freeHead);
                freeHead = i;
            }
        }
    }

    private void link(int entry, int to) {
        next[entry] = to;
        NativeMemory.putShort(entry(entry) + ENTRY_NEXT, to);
    }

    /**
     * Used descriptors that were written and not shown are taken back: once another chain is used
     * in front of them, the driver would come upon them.
     */
    private void hideUnshown(long ring) {
        WrapCounter at = new WrapCounter(size, usedOffWrap);
        for (int i = 0; i < slotsLeft; i++) {
            NativeMemory.putShort(ring + (long) at.slot() * PackedLayout.DESC_BYTES
                    + PackedLayout.DESC_FLAGS, at.availableFlags());
            at.advance(1);
        }
    }

    /** Whether there was a record of this ring already. */
    boolean isTakenOver() {
        return takenOver;
    }

    /** Place of the next used descriptor. */
    int usedOffWrap() {
        return usedOffWrap;
    }

    /** Slots of the ring that the chains to run again take. */
    int slotsLeft() {
        return slotsLeft;
    }

    /** Number of chains to run again. */
    int leftCount() {
        return left.length - leftNext;
    }

    /** First entry of the next chain to run again, for the accessors. */
    int nextLeft() {
        return left[leftNext++];
    }

    /** Entries of a chain to run again. */
    int number(int first) {
        int number = 1;
        for (int index = first; index != lastOf[first]; index = next[index]) {
            number++;
        }
        return number;
    }

    /** The entry behind another of the same chain. */
    int next(int entry) {
        return next[entry];
    }

    /** Guest address in an entry's descriptor. */
    long address(int entry) {
        return NativeMemory.getLong(entry(entry) + ENTRY_ADDR);
    }

    /** The other half of an entry's descriptor, as {@link PackedLayout#tail}. */
    long tail(int entry) {
        return PackedLayout.tail(NativeMemory.getInt(entry(entry) + ENTRY_LEN),
                NativeMemory.getShort(entry(entry) + ENTRY_ID),
                NativeMemory.getShort(entry(entry) + ENTRY_FLAGS));
    }

    /** Notes which chain a buffer id stands for, when it is run again. */
    void identify(int id, int first) {
        entryOf[id] = first;
    }

    /** Frees the entries of a chain that cannot be run again, with the next publication. */
    void giveUp(int first) {
        batch[batchCount++] = first;
    }

    // ------------------------------------------------------------------ recording

    /** Notes that a chain is taken, before anything is done for it. */
    void taken(int id, PackedChainWalker walker, int slots) {
        int first = freeHead;
        long head = entry(first);
        NativeMemory.putShort(head + ENTRY_NUM, 0);
        NativeMemory.putLong(head + ENTRY_COUNTER, counter++);
        RecordMemory.put16(head, 1);
        int index = first;
        int last = first;
        for (int i = 0; i < slots; i++) {
            long at = entry(index);
            long tail = walker.keptTail(i);
            NativeMemory.putLong(at + ENTRY_ADDR, walker.keptAddress(i));
            NativeMemory.putInt(at + ENTRY_LEN, (int) PackedLayout.tailLength(tail));
            NativeMemory.putShort(at + ENTRY_ID, PackedLayout.tailId(tail));
            NativeMemory.putShort(at + ENTRY_FLAGS, PackedLayout.tailFlags(tail));
            last = index;
            index = next[index];
        }
        NativeMemory.putShort(head + ENTRY_LAST, last);
        RecordMemory.put16(head + ENTRY_NUM, slots);
        lastOf[first] = last;
        entryOf[id] = first;
        freeHead = index;
        RecordMemory.put32(region + FREE_HEAD, index | index << 16);
    }

    /** Notes that a chain is used; the driver is not shown yet. */
    void used(int id) {
        batch[batchCount++] = entryOf[id];
    }

    /** Notes the used chains that the driver is about to be shown, up to a place. */
    void beforePublish(int usedPlace) {
        for (int i = 0; i < batchCount; i++) {
            link(lastOf[batch[i]], freeHead);
            freeHead = batch[i];
        }
        RecordMemory.put16(region + FREE_HEAD, freeHead);
        writePlaces(usedPlace, usedOffWrap);
        usedOffWrap = usedPlace;
    }

    /** Notes that the driver has been shown what was used. */
    void afterPublish() {
        for (int i = 0; i < batchCount; i++) {
            // Release: none of these may come before the flags that show them.
            RecordMemory.put16(entry(batch[i]), 0);
        }
        batchCount = 0;
        commit();
    }

    private void commit() {
        RecordMemory.put32(region + FREE_HEAD, freeHead | freeHead << 16);
        writePlaces(usedOffWrap, usedOffWrap);
    }

    /**
     * Writes both places in one store: index and wrap counter of different times would name a
     * place where the ring never was.
     */
    private void writePlaces(int used, int oldUsed) {
        long indices = used & ~WRAP_BIT | (oldUsed & ~WRAP_BIT) << 16;
        long wraps = used >>> 15 | oldUsed >>> 15 << (OLD_USED_WRAP_SHIFT - USED_WRAP_SHIFT);
        RecordMemory.put64(region + USED_IDX, indices & 0xFFFF_FFFFL | wraps << USED_WRAP_SHIFT);
    }
}
