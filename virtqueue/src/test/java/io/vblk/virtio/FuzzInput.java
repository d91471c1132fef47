// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Bytes of a fuzzer, taken one after the other; behind the end there are zeroes. Short forms of
 * addresses, lengths and flags, so that few bytes reach the values that matter. Thread: one.
 */
public final class FuzzInput {
    private final byte[] bytes;
    private int at;

    /** From the first byte on. */
    public FuzzInput(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether the end is not reached. */
    public boolean hasMore() {
        return at < bytes.length;
    }

    /** An unsigned byte. */
    public int next8() {
        return at < bytes.length ? bytes[at++] & 0xFF : 0;
    }

    /** An unsigned 16-bit value. */
    public int next16() {
        return next8() | next8() << 8;
    }

    /** A guest address: in or near the regions, just below 2^64, or far away. */
    public long address() {
        int value = next16();
        if (value < 0x8000) {
            return value;
        }
        return value < 0xF000 ? (long) value << 16 : value - 0x10000L;
    }

    /** The length of a descriptor: small, or just below 2^32. */
    public long length() {
        int value = next16();
        return value < 0x8000 ? value : 0xFFFF_FFFFL - (value & 0x7FFF);
    }

    /** Flags of a descriptor: the three of both rings, AVAIL, USED, three without meaning. */
    public int flags() {
        int value = next8();
        return value & 7 | (value & 8) << 4 | (value & 0x10) << 11 | (value & 0xE0) << 4;
    }

    /** A next index or a buffer id: near the sizes of the rings, or far above. */
    public int link() {
        int value = next8();
        return value < 0xE0 ? value & 0x1F : 0xFF00 | value;
    }
}
