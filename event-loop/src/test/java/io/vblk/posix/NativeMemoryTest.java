// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {
    private static final int BYTES = (3 << 20) + 4096;

    private MappedMemory memory;
    private long at;

    @BeforeEach
    void map() throws ErrnoException {
        memory = MappedMemory.anonymous(BYTES);
        at = memory.address();
    }

    @AfterEach
    void unmap() {
        memory.close();
    }

    @Test
    void multiByteValuesAreLittleEndian() {
        NativeMemory.putLong(at, 0x8877665544332211L);
        for (int i = 0; i < 8; i++) {
            assertEquals(0x11 * (i + 1), NativeMemory.getByte(at + i));
        }
        assertEquals(0x8877665544332211L, NativeMemory.getLong(at));
        assertEquals(0x88776655, NativeMemory.getInt(at + 4));
        assertEquals(0x8877, NativeMemory.getShort(at + 6));
    }

    @Test
    void bytesAndShortsAreUnsigned() {
        NativeMemory.putByte(at, 0xFF);
        NativeMemory.putShort(at + 2, 0xFFFE);
        assertEquals(0xFF, NativeMemory.getByte(at));
        assertEquals(0xFFFE, NativeMemory.getShort(at + 2));
        NativeMemory.putShortRelease(at + 4, 0x8001);
        assertEquals(0x8001, NativeMemory.getShortAcquire(at + 4));
        NativeMemory.putIntRelease(at + 8, 0xFFFFFFFF);
        assertEquals(-1, NativeMemory.getIntAcquire(at + 8));
    }

    @Test
    void storesTouchNothingBesideThem() {
        NativeMemory.fill(at, 32, 0xAA);
        NativeMemory.putByte(at + 1, 0);
        NativeMemory.putShort(at + 4, 0);
        NativeMemory.putShortRelease(at + 8, 0);
        NativeMemory.putInt(at + 12, 0);
        NativeMemory.putIntRelease(at + 20, 0);
        NativeMemory.fullFence();
        int[] zeroes = {1, 4, 5, 8, 9, 12, 13, 14, 15, 20, 21, 22, 23};
        for (int i = 0; i < 32; i++) {
            int expected = Arrays.binarySearch(zeroes, i) >= 0 ? 0 : 0xAA;
            assertEquals(expected, NativeMemory.getByte(at + i), "byte " + i);
        }
    }

    @Test
    void copiesRangesLongerThanOneChunk() {
        int length = (1 << 20) + 17;
        for (int i = 0; i < length; i += 4) {
            NativeMemory.putInt(at + i, i * 0x9E3779B9);
        }
        long to = at + (1 << 20) + 4096;
        NativeMemory.putByte(to + length, 0x5A);
        NativeMemory.copy(at, to, length);
        byte[] expected = new byte[length];
        byte[] copied = new byte[length];
        NativeMemory.copyToArray(at, expected, 0, length);
        NativeMemory.copyToArray(to, copied, 0, length);
        assertArrayEquals(expected, copied);
        assertEquals(0x5A, NativeMemory.getByte(to + length));
    }

    @Test
    void fillsRangesLongerThanOneChunk() {
        int length = (2 << 20) + 3;
        NativeMemory.fill(at + 1, length, 0x1EE);
        assertEquals(0, NativeMemory.getByte(at));
        assertEquals(0xEE, NativeMemory.getByte(at + 1));
        assertEquals(0xEE, NativeMemory.getByte(at + length));
        assertEquals(0, NativeMemory.getByte(at + length + 1));
    }

    @Test
    void copiesPartsOfArraysBothWays() {
        byte[] from = {1, 2, 3, 4, 5};
        NativeMemory.copyFromArray(from, 1, at + 8, 3);
        byte[] to = new byte[5];
        NativeMemory.copyToArray(at + 7, to, 1, 4);
        assertArrayEquals(new byte[] {0, 0, 2, 3, 4}, to);
        assertEquals(0, NativeMemory.getByte(at + 11));
    }
}
