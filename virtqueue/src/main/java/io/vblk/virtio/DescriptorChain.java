// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.IovecArray;

/**
 * Caller-owned holder of one chain: readable segments, then writable ones, translated to host
 * addresses and bounds-checked, laid out as the {@code struct iovec[]} that preadv(2) takes.
 * Thread: home of the queue.
 *
 * <p>A segment is a range in one memory region. Empty descriptors leave no segment; one that
 * crosses adjoining regions leaves several.
 */
public final class DescriptorChain {
    private final IovecArray segments;
    private int head;
    private boolean ownsHead;
    /** Ring slots that the chain takes: more than one only in a packed ring. */
    private int slots;
    /** Where the chain stands in the order of popping, if that has to be kept. */
    private int place;
    private int readableCount;
    private int writableCount;
    private long readableBytes;
    private long writableBytes;
    private boolean writableSeen;
    private boolean lastWritableReached;
    private ChainFault fault = ChainFault.NONE;

    /** A holder for as many segments as {@code segments} has room for. */
    public DescriptorChain(IovecArray segments) {
        this.segments = segments;
    }

    /** Identity of the chain on the ring: index of the head descriptor, packed: buffer id. */
    public int head() {
        return head;
    }

    /** The segments, readable ones first. */
    public IovecArray segments() {
        return segments;
    }

    /** Number of device-readable segments. */
    public int readableCount() {
        return readableCount;
    }

    /** Number of device-writable segments. */
    public int writableCount() {
        return writableCount;
    }

    /** Bytes in the readable segments. */
    public long readableBytes() {
        return readableBytes;
    }

    /** Bytes in the writable segments. */
    public long writableBytes() {
        return writableBytes;
    }

    /**
     * Host address of the last writable byte, where virtio devices put a status; 0 if there is
     * none or if it lies outside of memory.
     */
    public long lastWritableByte() {
        if (!lastWritableReached) {
            return 0;
        }
        int last = readableCount + writableCount - 1;
        return segments.base(last) + segments.lengthBytes(last) - 1;
    }

    /**
     * What is wrong with the chain. For OUTSIDE_MEMORY and READABLE_AFTER_WRITABLE the good
     * segments are there all the same, so that a status byte can be reached; with any other fault
     * the chain is empty.
     */
    public ChainFault fault() {
        return fault;
    }

    /** Whether this chain holds its head, so that using it frees the head. */
    boolean ownsHead() {
        return ownsHead;
    }

    void start(int headIndex) {
        head = headIndex;
        ownsHead = false;
        slots = 1;
        fault = ChainFault.NONE;
        clear();
    }

    /** Notes buffer id and length of a chain in a packed ring, known at its end only. */
    void identify(int bufferId, int ringSlots) {
        head = bufferId;
        slots = ringSlots;
    }

    int slots() {
        return slots;
    }

    void setPlace(int inOrder) {
        place = inOrder;
    }

    int place() {
        return place;
    }

    void takeHead() {
        ownsHead = true;
    }

    void releaseHead() {
        ownsHead = false;
    }

    /** Notes a fault after which the segments mean nothing. */
    void fail(ChainFault broken) {
        fault = broken;
        clear();
    }

    /** Notes a fault of one descriptor; the first one stays. */
    void note(ChainFault broken) {
        if (fault == ChainFault.NONE) {
            fault = broken;
        }
    }

    /** Notes what the next descriptor is; returns false if it is readable after a writable one. */
    boolean noteDirection(boolean writable) {
        if (writable) {
            writableSeen = true;
        }
        return writable || !writableSeen;
    }

    /** Notes that a descriptor points outside of memory. */
    void noteOutsideMemory(boolean writable) {
        note(ChainFault.OUTSIDE_MEMORY);
        if (writable) {
            lastWritableReached = false;
        }
    }

    private void clear() {
        readableCount = 0;
        writableCount = 0;
        readableBytes = 0;
        writableBytes = 0;
        writableSeen = false;
        lastWritableReached = false;
    }

    /** Appends a segment; returns false when there is no room. */
    boolean append(long hostAddress, long lengthBytes, boolean writable) {
        int index = readableCount + writableCount;
        if (index == segments.capacity()) {
            return false;
        }
        segments.set(index, hostAddress, lengthBytes);
        if (writable) {
            writableCount++;
            writableBytes += lengthBytes;
            lastWritableReached = true;
        } else {
            readableCount++;
            readableBytes += lengthBytes;
        }
        return true;
    }
}
