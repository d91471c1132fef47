// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Sizes, alignments and offsets of a packed virtqueue's three areas (virtio 1.3, 2.8).
 * Thread: any. N is the queue size, any number up to 32768.
 *
 * <pre>
 *   descriptor ring, 16-aligned, 16 N bytes, written by both sides; element:
 *       0 addr (8)   8 len (4)   12 id (2)   14 flags (2)
 *   driver event suppression, 4-aligned, 4 bytes, written by the driver: when it wants calls
 *   device event suppression, 4-aligned, 4 bytes, written by the device: when it wants kicks
 *       0 off_wrap (2: slot, bit 15 wrap)   2 flags (2: 0 enable, 1 disable, 2 at off_wrap)
 * </pre>
 *
 * <p>A descriptor is available when its AVAIL bit is the driver's wrap counter and its USED bit is
 * not; it is used when both are the device's wrap counter. Both counters start at 1 and turn over
 * each time their index passes the end of the ring (2.8.1).
 *
 * <p>Suppression words are read and written as one 32-bit value, so that no one sees the flags of
 * one state with the place of another.
 */
final class PackedLayout {
    static final int QUEUE_SIZE_MAX = 32768;

    static final int DESC_ALIGN = 16;
    static final int EVENT_ALIGN = 4;
    static final int EVENT_BYTES = 4;

    static final int DESC_BYTES = 16;
    /** Length, id and flags as one 64-bit value. */
    static final int DESC_TAIL = 8;
    static final int DESC_LEN = 8;
    static final int DESC_ID = 12;
    static final int DESC_FLAGS = 14;

    static final int FLAG_NEXT = 1;
    static final int FLAG_WRITE = 2;
    static final int FLAG_INDIRECT = 4;
    static final int FLAG_AVAIL = 1 << 7;
    static final int FLAG_USED = 1 << 15;

    static final int EVENT_ENABLE = 0;
    static final int EVENT_DISABLE = 1;
    static final int EVENT_AT = 2;

    private static final int EVENT_FLAGS_SHIFT = 16;
    private static final int EVENT_FLAGS_MASK = 3;

    private PackedLayout() {}

    static long ringBytes(int size) {
        return (long) DESC_BYTES * size;
    }

    static boolean isLegalSize(int size) {
        return size > 0 && size <= QUEUE_SIZE_MAX;
    }

    /** The half of a descriptor behind its address. */
    static long tail(int lengthBytes, int id, int flags) {
        return lengthBytes & 0xFFFF_FFFFL | (long) id << 32 | (long) flags << 48;
    }

    static long withFlags(long tail, int flags) {
        return tail & 0xFFFF_FFFF_FFFFL | (long) flags << 48;
    }

    static long tailLength(long tail) {
        return tail & 0xFFFF_FFFFL;
    }

    static int tailId(long tail) {
        return (int) (tail >>> 32) & 0xFFFF;
    }

    static int tailFlags(long tail) {
        return (int) (tail >>> 48);
    }

    /** A suppression word. */
    static int event(int flags, int offWrap) {
        return flags << EVENT_FLAGS_SHIFT | offWrap;
    }

    static int eventFlags(int word) {
        return word >>> EVENT_FLAGS_SHIFT & EVENT_FLAGS_MASK;
    }

    static int eventOffWrap(int word) {
        return word & 0xFFFF;
    }
}
