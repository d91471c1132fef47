// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import java.io.ByteArrayOutputStream;

/** Little-endian fields, one behind the other, for messages made by hand. Thread: one. */
public final class WireBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Adds a field of so many bytes. */
    public WireBytes field(int lengthBytes, long value) {
        for (int i = 0; i < lengthBytes; i++) {
            bytes.write((int) (value >>> (8 * i)));
        }
        return this;
    }

    /** Adds a 16-bit field. */
    public WireBytes u16(int value) {
        return field(2, value);
    }

    /** Adds a 32-bit field. */
    public WireBytes u32(int value) {
        return field(4, value);
    }

    /** Adds a 64-bit field. */
    public WireBytes u64(long value) {
        return field(8, value);
    }

    /** Adds bytes as they are. */
    public WireBytes raw(byte[] more) {
        bytes.writeBytes(more);
        return this;
    }

    /** All of it. */
    public byte[] bytes() {
        return bytes.toByteArray();
    }

    /** Reads a field of so many bytes. */
    public static long field(byte[] from, int offset, int lengthBytes) {
        long value = 0;
        for (int i = lengthBytes - 1; i >= 0; i--) {
            value = value << 8 | from[offset + i] & 0xFF;
        }
        return value;
    }
}
