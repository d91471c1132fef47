// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Caller-owned list of guest buffers that make one chain, readable ones first.
 * Thread: the driver's.
 */
public final class DriverBuffers {
    private final long[] addresses;
    private final int[] lengths;
    private int readable;
    private int count;
    private int writableBytes;

    /** A list of at most {@code capacity} buffers. */
    public DriverBuffers(int capacity) {
        this.addresses = new long[capacity];
        this.lengths = new int[capacity];
    }

    /** Empties the list. */
    public void clear() {
        readable = 0;
        count = 0;
        writableBytes = 0;
    }

    /** Appends a buffer that the device reads; all of these come before the writable ones. */
    public void addReadable(long guestAddress, int lengthBytes) {
        assert readable == count : "readable after writable";
        add(guestAddress, lengthBytes);
        readable++;
    }

    /** Appends a buffer that the device writes. */
    public void addWritable(long guestAddress, int lengthBytes) {
        add(guestAddress, lengthBytes);
        writableBytes += lengthBytes;
    }

    private void add(long guestAddress, int lengthBytes) {
        addresses[count] = guestAddress;
        lengths[count] = lengthBytes;
        count++;
    }

    int count() {
        return count;
    }

    int writableBytes() {
        return writableBytes;
    }

    long address(int index) {
        return addresses[index];
    }

    int lengthBytes(int index) {
        return lengths[index];
    }

    boolean isWritable(int index) {
        return index >= readable;
    }
}
