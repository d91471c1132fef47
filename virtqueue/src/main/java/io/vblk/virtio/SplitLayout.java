// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Sizes, alignments and offsets of a split virtqueue's three areas (virtio 1.3, 2.7).
 * Thread: any. N is the queue size, a power of two up to 32768.
 *
 * <pre>
 *   descriptor table, 16-aligned, 16 N bytes; element:
 *       0 addr (8)   8 len (4)   12 flags (2)   14 next (2)
 *   available ring, 2-aligned, 6 + 2 N bytes, written by the driver:
 *       0 flags (2)   2 idx (2)   4 ring[N] (2 each)   4+2N used_event (2)
 *   used ring, 4-aligned, 6 + 8 N bytes, written by the device:
 *       0 flags (2)   2 idx (2)   4 ring[N] (id 4, len 4)   4+8N avail_event (2)
 * </pre>
 */
final class SplitLayout {
    static final int QUEUE_SIZE_MAX = 32768;

    static final int DESC_ALIGN = 16;
    static final int AVAIL_ALIGN = 2;
    static final int USED_ALIGN = 4;

    static final int DESC_BYTES = 16;
    /** Length, flags and next as one 64-bit value. */
    static final int DESC_TAIL = 8;
    static final int DESC_NEXT = 14;

    static final int FLAG_NEXT = 1;
    static final int FLAG_WRITE = 2;
    static final int FLAG_INDIRECT = 4;

    static final int RING_FLAGS = 0;
    static final int RING_IDX = 2;
    static final int RING_ELEMENTS = 4;

    static final int AVAIL_ELEMENT_BYTES = 2;
    static final int USED_ELEMENT_BYTES = 8;

    /** avail.flags: the driver wants no call. */
    static final int AVAIL_NO_INTERRUPT = 1;
    /** used.flags: the device wants no kick. */
    static final int USED_NO_NOTIFY = 1;

    private static final int EVENT_BYTES = 2;

    private SplitLayout() {}

    static long descBytes(int size) {
        return (long) DESC_BYTES * size;
    }

    static long usedEventOffset(int size) {
        return RING_ELEMENTS + (long) AVAIL_ELEMENT_BYTES * size;
    }

    static long availBytes(int size) {
        return usedEventOffset(size) + EVENT_BYTES;
    }

    static long availEventOffset(int size) {
        return RING_ELEMENTS + (long) USED_ELEMENT_BYTES * size;
    }

    static long usedBytes(int size) {
        return availEventOffset(size) + EVENT_BYTES;
    }

    /** The half of a descriptor behind its address. */
    static long tail(int lengthBytes, int flags, int next) {
        return lengthBytes & 0xFFFF_FFFFL | (long) flags << 32 | (long) next << 48;
    }

    static long tailLength(long tail) {
        return tail & 0xFFFF_FFFFL;
    }

    static int tailFlags(long tail) {
        return (int) (tail >>> 32) & 0xFFFF;
    }

    static int tailNext(long tail) {
        return (int) (tail >>> 48);
    }

    static long usedElement(int id, int lengthBytes) {
        return id | (long) lengthBytes << 32;
    }

    static int usedId(long element) {
        return (int) element;
    }

    static int usedLength(long element) {
        return (int) (element >>> 32);
    }

    static boolean isLegalSize(int size) {
        return size > 0 && size <= QUEUE_SIZE_MAX && Integer.bitCount(size) == 1;
    }
}
