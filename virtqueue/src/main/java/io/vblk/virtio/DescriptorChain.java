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
    private static final int NOWHERE = -1;

    private final IovecArray segments;
    private int head;
    private boolean ownsHead;
    /** Ring slots that the chain takes: more than one only in a packed ring. */
    private int slots;
    /** Where the chain stands in the order of popping, if that has to be kept. */
    private int place;
    /** Segments, readable and writable ones. */
    private int count;
    private long bytes;
    /** Segments and bytes before the first writable descriptor, once there is one. */
    private int countReadable;
    private long bytesReadable;
    private boolean writableSeen;
    /** Segments before the last writable descriptor that lies outside of memory. */
    private int countAtUnreachable;
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
        return writableSeen ? countReadable : count;
    }

    /** Number of device-writable segments. */
    public int writableCount() {
        return writableSeen ? count - countReadable : 0;
    }

    /** Bytes in the readable segments. */
    public long readableBytes() {
        return writableSeen ? bytesReadable : bytes;
    }

    /** Bytes in the writable segments. */
    public long writableBytes() {
        return writableSeen ? bytes - bytesReadable : 0;
    }

    /**
     * Host address of the last writable byte, where virtio devices put a status; 0 if there is
     * none or if it lies outside of memory.
     */
    public long lastWritableByte() {
        if (!writableSeen || count == countReadable || count == countAtUnreachable) {
            return 0;
        }
        return segments.base(count - 1) + segments.lengthBytes(count - 1) - 1;
    }

    /**
     * What is wrong with the chain. For OUTSIDE_MEMORY and READABLE_AFTER_WRITABLE the good
     * segments are there all the same, so that a status byte can be reached; with any other fault
     * the chain is empty.
     */
    public ChainFault fault() {
        return fault;
    }

    /** Marks all that the device may have written. */
    void markWritten(GuestMemory memory, DirtyLog log) {
        long left = writableBytes();
        for (int i = countReadable; left > 0 && i < count; i++) {
            // A device that has given the segments away may have kept the end of the last one,
            // a status, to itself.
            long lengthBytes = i == count - 1 ? left : segments.lengthBytes(i);
            log.mark(memory.guestAddress(segments.base(i)), lengthBytes);
            left -= lengthBytes;
        }
    }

    /** Whether this chain holds its head, so that using it frees the head. */
    boolean ownsHead() {
        return ownsHead;
    }

    void start(int headIndex) {
        head = headIndex;
        ownsHead = false;
        slots = 1;
        if (fault != ChainFault.NONE) {
            // Mostly it is: a store of a reference costs a garbage collector's barrier.
            fault = ChainFault.NONE;
        }
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
        if (!writable) {
            return !writableSeen;
        }
        if (!writableSeen) {
            writableSeen = true;
            countReadable = count;
            bytesReadable = bytes;
        }
        return true;
    }

    /** Notes that a descriptor points outside of memory. */
    void noteOutsideMemory(boolean writable) {
        note(ChainFault.OUTSIDE_MEMORY);
        if (writable) {
            countAtUnreachable = count;
        }
    }

    private void clear() {
        count = 0;
        bytes = 0;
        writableSeen = false;
        countAtUnreachable = NOWHERE;
    }

    /** Appends a segment in the direction noted; returns false when there is no room. */
    boolean append(long hostAddress, long lengthBytes) {
        if (count == segments.capacity()) {
            return false;
        }
        segments.set(count, hostAddress, lengthBytes);
        count++;
        bytes += lengthBytes;
        return true;
    }
}
