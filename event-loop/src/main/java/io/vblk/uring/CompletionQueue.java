// SPDX-License-Identifier: Apache-2.0
package io.vblk.uring;

import io.vblk.posix.NativeMemory;

/**
 * The ring of the kernel's answers. Thread: the ring's owner.
 *
 * <p>Shared memory: the kernel writes entries and tail, this side the head. The tail is acquired
 * before entries are read; the head is released, once per batch, after they were.
 */
public final class CompletionQueue {
    private final long headAddress;
    private final long tailAddress;
    private final long entries;
    private final int mask;
    private int head;

    CompletionQueue(long rings, long offsets) {
        this.headAddress = rings + NativeMemory.getInt(offsets + IoUringAbi.OFF_HEAD);
        this.tailAddress = rings + NativeMemory.getInt(offsets + IoUringAbi.OFF_TAIL);
        this.mask = NativeMemory.getInt(
                rings + NativeMemory.getInt(offsets + IoUringAbi.OFF_RING_MASK));
        this.entries = rings + NativeMemory.getInt(offsets + IoUringAbi.CQ_OFF_CQES);
        this.head = NativeMemory.getInt(headAddress);
    }

    /** How many answers there are to read: a look at memory. */
    public int size() {
        // C1: pairs with the kernel, which wrote the answers before the tail
        return NativeMemory.getIntAcquire(tailAddress) - head;
    }

    /** The user data of the answer so many places behind the oldest. */
    public long userData(int index) {
        return NativeMemory.getLong(entry(index) + IoUringAbi.CQE_USER_DATA);
    }

    /** The result of that answer, the negative errno of a failure. */
    public int result(int index) {
        return NativeMemory.getInt(entry(index) + IoUringAbi.CQE_RES);
    }

    private long entry(int index) {
        return entries + (long) ((head + index) & mask) * IoUringAbi.CQE_BYTES;
    }

    /** Gives the places of so many answers back to the kernel. */
    public void advance(int count) {
        head += count;
        // C2: pairs with the kernel, which overwrites the answers before the head
        NativeMemory.putIntRelease(headAddress, head);
    }
}
