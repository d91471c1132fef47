// SPDX-License-Identifier: Apache-2.0
package io.vblk.uring;

import io.vblk.posix.NativeMemory;

/**
 * The ring of requests to the kernel: entries are filled in place and told by {@link Uring#enter}.
 * Never blocks. Thread: the ring's owner.
 *
 * <p>Shared memory: this side writes entries and tail, the kernel the head. The entries are
 * written before the tail is released; the head is acquired before an entry is used again.
 */
public final class SubmissionQueue {
    private final long head;
    private final long tail;
    private final long entries;
    private final int mask;
    /** Next entry to fill, which the kernel does not know of yet. */
    private int next;

    SubmissionQueue(long rings, long offsets, long entries) {
        this.head = rings + NativeMemory.getInt(offsets + IoUringAbi.OFF_HEAD);
        this.tail = rings + NativeMemory.getInt(offsets + IoUringAbi.OFF_TAIL);
        this.mask = NativeMemory.getInt(
                rings + NativeMemory.getInt(offsets + IoUringAbi.OFF_RING_MASK));
        this.entries = entries;
        // The array in between allows for another order, which nobody needs: entry i is at i.
        long array = rings + NativeMemory.getInt(offsets + IoUringAbi.SQ_OFF_ARRAY);
        for (int i = 0; i <= mask; i++) {
            NativeMemory.putInt(array + 4L * i, i);
        }
    }

    /**
     * Fills the next entry.
     *
     * @param opcode an operation of {@link Uring}
     * @param offset offset in a file, or what the operation makes of it
     * @param address of a buffer, iovec or whatever the operation takes
     * @param operationFlags what stands at offset 28, such as the events of a poll
     * @return false, with nothing done, when the ring is full: enter, then try again
     */
    public boolean add(int opcode, int fd, long offset, long address, int length,
            int operationFlags, long userData) {
        if (pending() > mask) {
            return false;
        }
        long sqe = entry(next);
        // Whole words: an entry is a cache line, and this is done for each request.
        NativeMemory.putLong(sqe, (long) fd << 32 | opcode);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_OFF, offset);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_ADDR, address);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_LEN,
                (long) operationFlags << 32 | Integer.toUnsignedLong(length));
        NativeMemory.putLong(sqe + IoUringAbi.SQE_USER_DATA, userData);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_BUF_INDEX, 0);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_BUF_INDEX + Long.BYTES, 0);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_BUF_INDEX + 2 * Long.BYTES, 0);
        next++;
        return true;
    }

    /** The entry just added is a fixed transfer in this one of the registered buffers. */
    public void useRegisteredBuffer(int index) {
        NativeMemory.putLong(entry(next - 1) + IoUringAbi.SQE_BUF_INDEX, index);
    }

    /**
     * Takes back the newest entry that the kernel has not taken; there has to be one. Not while
     * another thread of the kernel reads the ring (SQPOLL).
     *
     * @return its user data
     */
    public long withdraw() {
        next--;
        // The kernel reads it in the calls of this thread alone: nothing to order.
        NativeMemory.putInt(tail, next);
        return NativeMemory.getLong(entry(next) + IoUringAbi.SQE_USER_DATA);
    }

    private long entry(int index) {
        return entries + (long) (index & mask) * IoUringAbi.SQE_BYTES;
    }

    /** Tells the kernel of what was added; returns how many entries it has not taken yet. */
    int publish() {
        // S1: pairs with the kernel, which reads the entries behind the tail
        NativeMemory.putIntRelease(tail, next);
        return pending();
    }

    /** Entries added that the kernel has not taken. */
    public int pending() {
        // S2: pairs with the kernel, which has read the entries before the head
        return next - NativeMemory.getIntAcquire(head);
    }
}
