// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import java.nio.ByteOrder;
import org.agrona.UnsafeApi;

/**
 * The only class that touches raw addresses: plain, acquire, release and fence accessors.
 * Thread: any.
 *
 * <p>Nothing here checks an address. Callers hold addresses only from {@link MappedMemory} or from
 * a guest memory table, which check range and alignment once. Multi-byte values are little endian,
 * as virtio and io_uring have them; class loading fails on a big-endian machine. Why Agrona's
 * UnsafeApi and not VarHandles or FFM: docs/decisions/0002-native-memory.md.
 */
public final class NativeMemory {
    /** Largest block copied in one go, in bytes: a longer copy would delay safepoints. */
    private static final long COPY_CHUNK_BYTES = 1L << 20;

    private static final long ARRAY_BASE_OFFSET = UnsafeApi.arrayBaseOffset(byte[].class);

    static {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new ExceptionInInitializerError("vblk needs a little-endian machine");
        }
    }

    private NativeMemory() {}

    /** Reads an unsigned byte. */
    public static int getByte(long address) {
        return UnsafeApi.getByte(address) & 0xFF;
    }

    /** Reads an unsigned 16-bit value. */
    public static int getShort(long address) {
        return UnsafeApi.getShort(address) & 0xFFFF;
    }

    /** Reads a 32-bit value. */
    public static int getInt(long address) {
        return UnsafeApi.getInt(address);
    }

    /** Reads a 64-bit value. */
    public static long getLong(long address) {
        return UnsafeApi.getLong(address);
    }

    /** Writes the low 8 bits. */
    public static void putByte(long address, int value) {
        UnsafeApi.putByte(address, (byte) value);
    }

    /** Writes the low 16 bits. */
    public static void putShort(long address, int value) {
        UnsafeApi.putShort(address, (short) value);
    }

    /** Writes a 32-bit value. */
    public static void putInt(long address, int value) {
        UnsafeApi.putInt(address, value);
    }

    /** Writes a 64-bit value. */
    public static void putLong(long address, long value) {
        UnsafeApi.putLong(address, value);
    }

    /** Reads an unsigned 16-bit value with acquire order; the address must be even. */
    public static int getShortAcquire(long address) {
        return UnsafeApi.getShortAcquire(null, address) & 0xFFFF;
    }

    /** Writes the low 16 bits with release order; the address must be even. */
    public static void putShortRelease(long address, int value) {
        UnsafeApi.putShortRelease(null, address, (short) value);
    }

    /** Reads a 32-bit value with acquire order; the address must be a multiple of four. */
    public static int getIntAcquire(long address) {
        return UnsafeApi.getIntAcquire(null, address);
    }

    /** Writes a 32-bit value with release order; the address must be a multiple of four. */
    public static void putIntRelease(long address, int value) {
        UnsafeApi.putIntRelease(null, address, value);
    }

    /** Writes a 64-bit value with release order; the address must be a multiple of eight. */
    public static void putLongRelease(long address, long value) {
        UnsafeApi.putLongRelease(null, address, value);
    }

    /** Reads a 64-bit value with acquire order; the address must be a multiple of eight. */
    public static long getLongAcquire(long address) {
        return UnsafeApi.getLongAcquire(null, address);
    }

    /** Sets bits of a 64-bit value in one step; the address must be a multiple of eight. */
    public static void setBits(long address, long bits) {
        UnsafeApi.getAndBitwiseOrLong(null, address, bits);
    }

    /** Orders all earlier loads and stores before all later ones (a StoreLoad barrier as well). */
    public static void fullFence() {
        UnsafeApi.fullFence();
    }

    /** Copies bytes that may not overlap, in chunks short enough for a safepoint between them. */
    public static void copy(long from, long to, long lengthBytes) {
        long done = 0;
        while (done < lengthBytes) {
            long chunk = Math.min(lengthBytes - done, COPY_CHUNK_BYTES);
            UnsafeApi.copyMemory(from + done, to + done, chunk);
            done += chunk;
        }
    }

    /** Copies native bytes into an array. */
    public static void copyToArray(long from, byte[] to, int offset, int lengthBytes) {
        UnsafeApi.copyMemory(
                null, from, to, ARRAY_BASE_OFFSET + offset, lengthBytes);
    }

    /** Copies bytes of an array to native memory. */
    public static void copyFromArray(byte[] from, int offset, long to, int lengthBytes) {
        UnsafeApi.copyMemory(
                from, ARRAY_BASE_OFFSET + offset, null, to, lengthBytes);
    }

    /** Sets all bytes of a range to one value. */
    public static void fill(long address, long lengthBytes, int value) {
        long done = 0;
        while (done < lengthBytes) {
            long chunk = Math.min(lengthBytes - done, COPY_CHUNK_BYTES);
            UnsafeApi.setMemory(address + done, chunk, (byte) value);
            done += chunk;
        }
    }
}
