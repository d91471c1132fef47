// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Record of the chains of a split ring that are under way, in memory that outlives this process:
 * who takes the ring over after a crash runs just those again (vhost-user.rst, "Inflight I/O
 * tracking", version 1). Thread: home of the queue.
 *
 * <pre>
 *   0 features (8)  8 version (2)  10 descriptors (2)  12 last batch head (2)  14 used index (2)
 *   16 per descriptor:  0 in flight (1)   6 next of the batch (2)   8 counter (8)
 * </pre>
 *
 * <p>The memory is shared with the front-end. Nothing read from it is trusted, and after the start
 * nothing is read.
 */
final class SplitInflight {
    private static final int VERSION = 8;
    private static final int DESC_NUM = 10;
    private static final int LAST_BATCH_HEAD = 12;
    private static final int USED_IDX = 14;
    private static final int HEADER_BYTES = 16;
    private static final int ENTRY_BYTES = 16;
    private static final int ENTRY_NEXT = 6;
    private static final int ENTRY_COUNTER = 8;
    private static final int VERSION_1 = 1;
    private static final int INDEX_MASK = 0xFFFF;

    private final long region;
    private final int size;
    /** Heads used since the last publication. */
    private final int[] batch;
    private int batchCount;
    private long counter;
    /** Heads to run again, in the order in which they were taken. */
    private int[] left = new int[0];
    private int leftNext;

    /**
     * Takes over what an earlier process left, or begins a record.
     *
     * @param region host address of a record with room for {@code size}, see {@link #bytes}
     * @param usedIdx used index of the ring
     */
    SplitInflight(long region, int size, int usedIdx) throws VirtioException {
        this.region = region;
        this.size = size;
        this.batch = new int[size];
        int version = NativeMemory.getShort(region + VERSION);
        if (version > VERSION_1) {
            throw new VirtioException("the in-flight record has version " + version);
        }
        if (version == VERSION_1 && NativeMemory.getShort(region + DESC_NUM) == size
                && settleLastBatch(usedIdx)) {
            collect();
        } else {
            begin(usedIdx);
        }
    }

    boolean isThere() {
        return MappedMemory.isThere(region) && MappedMemory.isThere(region + bytes(size) - 1);
    }

    /** Bytes of a record. */
    static long bytes(int size) {
        return HEADER_BYTES + (long) ENTRY_BYTES * size;
    }

    private void begin(int usedIdx) {
        NativeMemory.fill(region, bytes(size), 0);
        NativeMemory.putShort(region + DESC_NUM, size);
        // Not 0: a ring taken over from another host is in use, and its last batch none of ours.
        NativeMemory.putShort(region + USED_IDX, usedIdx);
        RecordMemory.put16(region + VERSION, VERSION_1);
    }

    /**
     * The process may have ended after it showed a batch and before it noted that. Returns false
     * if the record is of another ring.
     */
    private boolean settleLastBatch(int usedIdx) {
        int count = (usedIdx - RecordMemory.get16(region + USED_IDX)) & INDEX_MASK;
        if (count > size) {
            return false;
        }
        int head = NativeMemory.getShort(region + LAST_BATCH_HEAD);
        for (int i = 0; i < count && head < size; i++) {
            NativeMemory.putByte(entry(head), 0);
            head = NativeMemory.getShort(entry(head) + ENTRY_NEXT);
        }
        RecordMemory.put16(region + USED_IDX, usedIdx);
        return true;
    }

    private void collect() {
        List<long[]> found = new ArrayList<>();
        for (int head = 0; head < size; head++) {
            if (NativeMemory.getByte(entry(head)) == 1) {
                found.add(new long[] {head, NativeMemory.getLong(entry(head) + ENTRY_COUNTER)});
            }
        }
        found.sort((a, b) -> Long.compareUnsigned(a[1], b[1]));
        left = new int[found.size()];
        for (int i = 0; i < left.length; i++) {
            left[i] = (int) found.get(i)[0];
            counter = found.get(i)[1] + 1;
        }
    }

    private long entry(int head) {
        return region + HEADER_BYTES + (long) ENTRY_BYTES * head;
    }

    /** Number of chains to run again. */
    int leftCount() {
        return left.length - leftNext;
    }

    /** Head of the next chain to run again. */
    int nextLeft() {
        return left[leftNext++];
    }

    /** Notes that a chain is taken, before anything is done for it. */
    void taken(int head) {
        NativeMemory.putLong(entry(head) + ENTRY_COUNTER, counter++);
        RecordMemory.put16(entry(head), 1);
    }

    /**
     * Whether the batch has to be shown before another chain is used: a driver that offers a head
     * again before it was shown can have more of them used in a run than there are.
     */
    boolean isFull() {
        return batchCount == size;
    }

    /** Notes that a chain is used; the driver is not shown yet. */
    void used(int head) {
        batch[batchCount++] = head;
    }

    /** Notes the used chains that the driver is about to be shown. */
    void beforePublish() {
        int last = NativeMemory.getShort(region + LAST_BATCH_HEAD);
        for (int i = 0; i < batchCount; i++) {
            NativeMemory.putShort(entry(batch[i]) + ENTRY_NEXT, last);
            last = batch[i];
        }
        RecordMemory.put16(region + LAST_BATCH_HEAD, last);
    }

    /** Notes that the driver has been shown what was used. */
    void afterPublish(int usedIdx) {
        for (int i = 0; i < batchCount; i++) {
            // Release: none of these may come before the index that shows them.
            RecordMemory.put16(entry(batch[i]), 0);
        }
        batchCount = 0;
        RecordMemory.put16(region + USED_IDX, usedIdx);
    }
}
