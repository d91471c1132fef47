// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

/**
 * A view of a native {@code struct iovec[]} (readv(2)) in memory that somebody else owns.
 * Thread: the one that uses the array.
 *
 * <pre>
 *   element i, 16 bytes:   0 base address (8)   8 length in bytes (8)
 * </pre>
 */
public final class IovecArray {
    /** Size of one element in bytes. */
    public static final int ELEMENT_BYTES = 16;
    /** Most elements that one preadv(2) or pwritev(2) takes (UIO_MAXIOV of Linux). */
    public static final int ELEMENTS_MAX = 1024;

    private static final int LENGTH_OFFSET = 8;

    private final long address;
    private final int capacity;

    /** A view of {@code capacity} elements at {@code address}, which must be 8-byte aligned. */
    public IovecArray(long address, int capacity) {
        assert address % 8 == 0 && capacity > 0;
        this.address = address;
        this.capacity = capacity;
    }

    /** Address of element {@code index}, to hand to the kernel. */
    public long address(int index) {
        assert index >= 0 && index < capacity;
        return address + (long) index * ELEMENT_BYTES;
    }

    /** Number of elements that fit. */
    public int capacity() {
        return capacity;
    }

    /** Sets one element. */
    public void set(int index, long base, long lengthBytes) {
        long element = address(index);
        NativeMemory.putLong(element, base);
        NativeMemory.putLong(element + LENGTH_OFFSET, lengthBytes);
    }

    /** Base address of an element. */
    public long base(int index) {
        return NativeMemory.getLong(address(index));
    }

    /** Length of an element in bytes. */
    public long lengthBytes(int index) {
        return NativeMemory.getLong(address(index) + LENGTH_OFFSET);
    }

    /** Base address of the element at {@code element}, for arrays known by address only. */
    public static long baseAt(long element) {
        return NativeMemory.getLong(element);
    }

    /** Length in bytes of the element at {@code element}. */
    public static long lengthAt(long element) {
        return NativeMemory.getLong(element + LENGTH_OFFSET);
    }
}
