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
        long sqe = entries + (long) (next & mask) * IoUringAbi.SQE_BYTES;
        NativeMemory.fill(sqe, IoUringAbi.SQE_BYTES, 0);
        NativeMemory.putByte(sqe + IoUringAbi.SQE_OPCODE, opcode);
        NativeMemory.putInt(sqe + IoUringAbi.SQE_FD, fd);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_OFF, offset);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_ADDR, address);
        NativeMemory.putInt(sqe + IoUringAbi.SQE_LEN, length);
        NativeMemory.putInt(sqe + IoUringAbi.SQE_OP_FLAGS, operationFlags);
        NativeMemory.putLong(sqe + IoUringAbi.SQE_USER_DATA, userData);
        next++;
        return true;
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
