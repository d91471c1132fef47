// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.VerifySpec;
import io.vblk.fio.VerifySpec.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Data that says which write it is of. */
final class UnitMakerTest {
    private static final int UNIT = 4096;
    private static final long RUN = 1_782_864_000_000_000_000L;
    private static final long OFFSET = 40960;

    private static byte[] made(Recipe recipe, long run, long offset, int sequence, long timeNs) {
        byte[] data = new byte[UNIT];
        new UnitMaker(recipe, run).make(data, offset, sequence, timeNs);
        return data;
    }

    private static Recipe recipe(Method method, int writer, long seed, int piece) {
        return new Recipe(writer, seed, method, null, piece);
    }

    @Test
    void headerHasItsFieldsWhereItsPictureHasThem() {
        byte[] data = made(recipe(Method.CRC32C, 0x1234, 99, UNIT), RUN, OFFSET, -2, RUN + 5);
        ByteBuffer header = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        CRC32C body = new CRC32C();
        body.update(data, 128, UNIT - 128);
        CRC32 self = new CRC32();
        self.update(data, 0, 124);

        assertEquals("vblk", new String(data, 0, 4, StandardCharsets.US_ASCII));
        assertEquals(1, header.getShort(4));
        assertEquals(1, header.get(6));
        assertEquals(4, header.get(7));
        assertEquals(UNIT, header.getInt(8));
        assertEquals(0x1234, header.getInt(12));
        assertEquals(OFFSET, header.getLong(16));
        assertEquals(99, header.getLong(24));
        assertEquals(RUN, header.getLong(32));
        assertEquals(0xFFFFFFFEL, header.getLong(40));
        assertEquals(RUN + 5, header.getLong(48));
        assertEquals((int) body.getValue(), header.getInt(56));
        assertEquals((int) self.getValue(), header.getInt(124));
        assertEquals(new BlockHeader(Method.CRC32C, UNIT, 0x1234, OFFSET, 99, RUN, 0xFFFFFFFEL,
                RUN + 5), BlockHeader.parse(data, 0));
    }

    @Test
    void eachBitOfAHeaderCounts() {
        byte[] data = made(recipe(Method.SHA512, 1, 2, UNIT), RUN, OFFSET, 3, RUN);
        for (int bit = 0; bit < BlockHeader.BYTES * Byte.SIZE; bit++) {
            data[bit / Byte.SIZE] ^= 1 << bit % Byte.SIZE;
            assertNull(BlockHeader.parse(data, 0), "bit " + bit);
            data[bit / Byte.SIZE] ^= 1 << bit % Byte.SIZE;
        }
        Checksum checksum = Checksum.of(Method.SHA512);
        byte[] sum = new byte[Checksum.BYTES_MAX];
        assertTrue(BlockHeader.isSound(data, 0, UNIT, checksum, sum));
        data[UNIT - 1] ^= 1;
        assertFalse(BlockHeader.isSound(data, 0, UNIT, checksum, sum));
        assertNull(BlockHeader.parse(data, UNIT - BlockHeader.BYTES + 1), "past the end");
        assertNull(BlockHeader.parse(new byte[UNIT], 0));
    }

    @Test
    void sameWriteIsTheSameDataAndOthersDifferInEachSector() {
        Recipe recipe = recipe(Method.CRC32C, 1, 2, UNIT);
        byte[] data = made(recipe, RUN, OFFSET, 3, RUN);
        assertArrayEquals(data, made(recipe, RUN, OFFSET, 3, RUN));
        byte[][] others = {
            made(recipe, RUN, OFFSET, 4, RUN), made(recipe, RUN, OFFSET + UNIT, 3, RUN),
            made(recipe, RUN + 1, OFFSET, 3, RUN),
            made(recipe(Method.CRC32C, 2, 2, UNIT), RUN, OFFSET, 3, RUN),
            made(recipe(Method.CRC32C, 1, 3, UNIT), RUN, OFFSET, 3, RUN)};
        for (byte[] other : others) {
            for (int at = 0; at < UNIT; at += 512) {
                assertFalse(Arrays.equals(data, at, at + 512, other, at, at + 512));
            }
        }
    }

    @Test
    void eachSectorSaysWhichWriteItIsOf() {
        long seed = new Random(3).nextLong();
        Recipe recipe = recipe(Method.CRC32C, 0xFFFF, seed, 1024);
        byte[] data = made(recipe, RUN, OFFSET, 0x89ABCDEF, RUN);
        long key = Watermark.key(seed, RUN);
        for (int at = 0; at < UNIT; at += 512) {
            assertEquals(OFFSET + at, Watermark.offset(data, at, key));
            assertEquals(0x89ABCDEF, Watermark.sequence(data, at));
            assertEquals(0xFFFF, Watermark.writer(data, at));
            assertEquals(-1, Watermark.offset(data, at, Watermark.key(seed, RUN + 1)));
        }
        byte[] noise = new byte[UNIT];
        new Random(4).nextBytes(noise);
        for (int at = 0; at < UNIT; at += 512) {
            assertEquals(-1, Watermark.offset(noise, at, key));
            assertEquals(0, Watermark.sequence(noise, at));
        }
    }

    @Test
    void mixerIsReadBackwards() {
        Random random = new Random(5);
        for (int i = 0; i < 10_000; i++) {
            long value = i < 64 ? 1L << i : random.nextLong();
            assertEquals(value, Watermark.unmix(Watermark.mix(value)));
        }
    }

    @Test
    void patternsRepeatFromEachPieceOn() {
        short hole = VerifySpec.OFFSET_HOLE;
        short[] pattern = {1, 2, hole, hole, hole, hole, hole, hole, hole, hole, 255};
        byte[] data = made(new Recipe(0, 0, Method.PATTERN, pattern, 2048), RUN, 0x0102_0000, 1,
                RUN);
        assertArrayEquals(new byte[] {1, 2, 0, 0, 2, 1, 0, 0, 0, 0, -1, 1, 2, 0},
                Arrays.copyOf(data, 14));
        assertArrayEquals(new byte[] {1, 2, 0, 8, 2, 1, 0, 0, 0, 0, -1, 1, 2, 0},
                Arrays.copyOfRange(data, 2048, 2062));
    }

    @Test
    void intervalsMustDivideTheBlock() {
        VerifySpec odd = CheckedDisk.pieces(1536);
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> Recipe.of(odd, 0, 1, UNIT));
        assertTrue(e.getMessage().startsWith("verify_interval=1536 "), e.getMessage());
        assertThrows(IllegalArgumentException.class,
                () -> Recipe.of(CheckedDisk.pieces(100), 0, 1, UNIT));
        assertEquals(UNIT, Recipe.of(CheckedDisk.pieces(3 * UNIT), 0, 1, UNIT).pieceBytes());
        assertThrows(IllegalArgumentException.class, () -> Recipe.of(
                CheckedDisk.checks(Method.PATTERN), 0, 1, UNIT), "no pattern");
        assertThrows(IllegalArgumentException.class, () -> Recipe.of(
                CheckedDisk.checks(Method.MD5), 1 << 16, 1, UNIT));
    }
}
