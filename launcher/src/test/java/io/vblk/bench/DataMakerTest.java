// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.Payload;
import io.vblk.fio.VerifySpec;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data of writes that nobody checks. */
final class DataMakerTest {
    private static final int MAX = 1 << 16;
    private static final int SLOTS = 2;

    private MappedMemory memory;

    @BeforeEach
    void map() throws IOException {
        memory = MappedMemory.anonymous((long) SLOTS * MAX);
    }

    @AfterEach
    void unmap() {
        memory.close();
    }

    private DataMaker maker(Payload payload, int chunkBytes) {
        return new DataMaker(payload, chunkBytes, SLOTS, MAX, 42,
                slot -> memory.address() + (long) slot * MAX);
    }

    private byte[] filled(DataMaker maker, int slot, long offset, int lengthBytes) {
        maker.fill(slot, offset, lengthBytes);
        byte[] data = new byte[lengthBytes];
        NativeMemory.copyToArray(memory.address() + (long) slot * MAX, data, 0, lengthBytes);
        return data;
    }

    private void read(DataMaker maker, int slot) {
        NativeMemory.fill(memory.address() + (long) slot * MAX, MAX, 0x5A);
        maker.spoiled(slot);
    }

    private static int packed(byte[] data) {
        Deflater deflater = new Deflater();
        deflater.setInput(data);
        deflater.finish();
        int packed = deflater.deflate(new byte[2 * data.length + 64]);
        deflater.end();
        return packed;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void randomDataHasNoTwoBlocksAlike(boolean refill) {
        DataMaker maker = maker(new Payload(false, null, 0, 0, refill, true, 0), 4096);
        Set<Integer> blocks = new HashSet<>();
        for (int i = 0; i < 64; i++) {
            byte[] data = filled(maker, i % SLOTS, 0, MAX);
            assertTrue(packed(data) >= MAX, "random data packs to " + packed(data));
            for (int at = 0; at < MAX; at += 4096) {
                assertTrue(blocks.add(Arrays.hashCode(Arrays.copyOfRange(data, at, at + 4096))));
            }
        }
    }

    @Test
    void dataComesBackAfterARead() {
        DataMaker maker = maker(new Payload(false, null, 0, 0, false, false, 0), 4096);
        byte[] before = filled(maker, 0, 0, 8192);
        assertArrayEquals(before, filled(maker, 1, 0, 8192));
        read(maker, 0);
        assertArrayEquals(Arrays.copyOf(before, 4096), filled(maker, 0, 0, 4096));
        assertArrayEquals(before, filled(maker, 0, 0, 8192), "longer than what is filled");
        assertTrue(packed(before) > 8000);
    }

    @Test
    void zeroesStayZeroes() {
        DataMaker maker = maker(new Payload(true, null, 0, 0, false, true, 0), 4096);
        read(maker, 0);
        assertArrayEquals(new byte[MAX], filled(maker, 0, 4096, MAX));
    }

    @Test
    void patternsRepeatAndNameTheOffset() {
        DataMaker plain = maker(new Payload(false, new short[] {1, 2, 3}, 0, 0, false, true, 0),
                4096);
        read(plain, 0);
        assertArrayEquals(new byte[] {1, 2, 3, 1, 2}, filled(plain, 0, 77 * 512, 5));
        short hole = VerifySpec.OFFSET_HOLE;
        short[] pattern = {hole, hole, hole, hole, hole, hole, hole, hole, 9};
        DataMaker moving = maker(new Payload(false, pattern, 0, 0, false, true, 0), 4096);
        assertArrayEquals(new byte[] {0, 2, 0, 0, 0, 0, 0, 0, 9, 0, 2},
                filled(moving, 0, 512, 11));
        assertArrayEquals(new byte[] {0, 4, 0, 0, 0, 0, 0, 0, 9, 0, 4},
                filled(moving, 0, 1024, 11));
    }

    @ParameterizedTest
    @CsvSource({"25, 4096, false", "50, 4096, true", "75, 65536, false", "90, 8192, true",
        "100, 4096, true"})
    void dataCanBeCompressedByThatMuch(int percent, int chunk, boolean refill) {
        DataMaker maker = maker(new Payload(false, null, percent, 0, refill, true, 0), chunk);
        for (int i = 0; i < 4; i++) {
            byte[] data = filled(maker, 0, 0, MAX);
            double left = 100.0 * packed(data) / MAX;
            assertEquals(100 - percent, left, 3);
            assertTrue(packed(Arrays.copyOf(data, chunk)) <= chunk * (103.0 - percent) / 100 + 64);
        }
    }

    @Test
    void compressibleDataDiffersFromWriteToWrite() {
        DataMaker maker = maker(new Payload(false, null, 50, 0, false, true, 0), 4096);
        assertFalse(Arrays.equals(filled(maker, 0, 0, 4096), filled(maker, 0, 0, 4096)));
    }

    @ParameterizedTest
    @CsvSource({"0, 1000", "30, 700", "100, 1"})
    void soManyWritesRepeatEarlierData(int percent, int distinct) {
        DataMaker maker = maker(new Payload(false, null, 0, 0, false, true, percent), 4096);
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            seen.add(Arrays.hashCode(filled(maker, i % SLOTS, i * 4096L, 4096)));
        }
        assertEquals(distinct, seen.size(), percent % 100 == 0 ? 0 : 50);
    }
}
