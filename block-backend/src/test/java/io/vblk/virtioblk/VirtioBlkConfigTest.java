// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vblk.block.BlockLimits;
import io.vblk.virtio.VirtioException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The configuration space, byte by byte (virtio 1.3, 5.2.4). */
class VirtioBlkConfigTest {
    private static final int SPACE_BYTES = 96;
    private static final int WRITEBACK = 32;

    private static VirtioBlkConfig config(int numQueues, int queueSize, BlockLimits limits) {
        return new VirtioBlkConfig(new VirtioBlkOptions("", numQueues, queueSize), limits);
    }

    private static byte[] read(VirtioBlkConfig config, int offset, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 0xEE);
        config.read(offset, bytes);
        return bytes;
    }

    private static byte[] hex(String... fields) {
        return HexFormat.of().parseHex(String.join("", fields).replace(" ", ""));
    }

    @Test
    void fieldsOfAWritableDisk() {
        BlockLimits limits =
                new BlockLimits(0x1_2345_6789L * 512, 512, 4096, 1 << 20, false, true, true);
        byte[] expected = hex(
                "89 67 45 23 01 00 00 00",  // 0 capacity in sectors of 512 bytes
                "00 00 00 00",              // 8 size_max: not offered
                "7e 00 00 00",              // 12 seg_max
                "00 00 00 00",              // 16 geometry: not offered
                "00 02 00 00",              // 20 blk_size
                "03 00 08 00 00 08 00 00",  // 24 topology: exponent, offset, min_io (16), opt_io
                "01 00",                    // 32 writeback, unused
                "03 00",                    // 34 num_queues
                "00 00 20 00",              // 36 max_discard_sectors: 1 GiB
                "20 00 00 00",              // 40 max_discard_seg
                "01 00 00 00",              // 44 discard_sector_alignment
                "00 00 20 00",              // 48 max_write_zeroes_sectors: 1 GiB
                "20 00 00 00",              // 52 max_write_zeroes_seg
                "01 00 00 00",              // 56 write_zeroes_may_unmap, unused
                "00".repeat(12),            // 60 secure erase: not offered
                "00".repeat(24));           // 72 zoned: not offered
        assertArrayEquals(expected, read(config(3, 256, limits), 0, SPACE_BYTES));
    }

    @Test
    void fieldsOfAReadOnlyDiskWithLargeBlocksAndASmallQueue() {
        BlockLimits limits = new BlockLimits(1 << 20, 4096, 4096, 0, true, false, false);
        byte[] expected = hex(
                "00 08 00 00 00 00 00 00", "00 00 00 00", "0e 00 00 00", "00 00 00 00",
                "00 10 00 00", "00 00 01 00 00 00 00 00", "01 00", "01 00", "00".repeat(60));
        assertArrayEquals(expected, read(config(1, 16, limits), 0, SPACE_BYTES));
    }

    @Test
    void rangesAreAlignedToLargeBlocks() {
        BlockLimits limits = new BlockLimits(1 << 20, 4096, 16384, 65536, false, true, true);
        VirtioBlkConfig config = config(1, 1024, limits);
        assertArrayEquals(hex("02 00 04 00 10 00 00 00"), read(config, 24, 8));
        assertArrayEquals(hex("08 00 00 00"), read(config, 44, 4));
        assertArrayEquals(hex("7e 00 00 00"), read(config, 12, 4));
    }

    @Test
    void discardsAreAlignedToTheUnitThatStorageComesBackIn() {
        BlockLimits limits = new BlockLimits(1 << 20, 512, 4096, 0, false, true, true)
                .withUnmapBytes(1 << 18);
        VirtioBlkConfig config = config(1, 16, limits);
        assertArrayEquals(hex("00 00 20 00 20 00 00 00 00 02 00 00"), read(config, 36, 12));
        assertArrayEquals(hex("01"), read(config, 56, 1));
    }

    /** 5.2.6.2: write_zeroes_may_unmap is clear if and only if no storage ever comes back. */
    @Test
    void aDiskThatKeepsItsStorageOffersDiscardAndSaysThatZeroesUnmapNothing() {
        BlockLimits limits = new BlockLimits(1 << 20, 4096, 4096, 0, false, true, true)
                .withUnmapBytes(0);
        VirtioBlkConfig config = config(1, 16, limits);
        assertArrayEquals(hex("00 00 20 00 20 00 00 00 08 00 00 00"), read(config, 36, 12));
        assertArrayEquals(hex("00 00 20 00 20 00 00 00 00"), read(config, 48, 9));
    }

    @Test
    void whatADiskCannotDoHasNoLimits() {
        BlockLimits noDiscard = new BlockLimits(1 << 20, 512, 512, 0, false, false, true);
        assertArrayEquals(new byte[12], read(config(1, 16, noDiscard), 36, 12));
        assertArrayEquals(
                hex("00 00 20 00 20 00 00 00 01"), read(config(1, 16, noDiscard), 48, 9));
        BlockLimits noZeroes = new BlockLimits(1 << 20, 512, 512, 0, false, true, false);
        assertArrayEquals(hex("00 00 20 00 20 00 00 00 01 00 00 00 00 00 00 00 00"),
                read(config(1, 16, noZeroes), 36, 17));
    }

    @Test
    void anyPartCanBeReadAndReadsAsZeroesBehindTheEnd() {
        BlockLimits limits = new BlockLimits(1 << 20, 512, 4096, 0, false, true, true);
        VirtioBlkConfig config = config(2, 256, limits);
        byte[] all = Arrays.copyOf(read(config, 0, SPACE_BYTES), 2 * SPACE_BYTES + 8);
        for (int offset = 0; offset <= SPACE_BYTES + 4; offset++) {
            for (int length = 0; length <= SPACE_BYTES + 4; length++) {
                assertArrayEquals(Arrays.copyOfRange(all, offset, offset + length),
                        read(config, offset, length), offset + ", " + length);
            }
        }
        for (int offset : new int[] {4096, Integer.MAX_VALUE - 3, Integer.MAX_VALUE}) {
            assertArrayEquals(new byte[8], read(config, offset, 8), "offset " + offset);
        }
    }

    @Test
    void onlyTheWritebackByteCanBeWritten() throws VirtioException {
        BlockLimits limits = new BlockLimits(1 << 20, 512, 4096, 0, false, true, true);
        VirtioBlkConfig config = config(1, 256, limits);
        byte[] before = read(config, 0, SPACE_BYTES);
        for (int offset = 0; offset < SPACE_BYTES + 4; offset++) {
            for (int length : new int[] {0, 1, 2, 4, 8}) {
                if (offset != WRITEBACK || length != 1) {
                    int at = offset;
                    assertThrows(VirtioException.class, () -> config.write(at, new byte[length]),
                            offset + ", " + length);
                }
            }
        }
        assertArrayEquals(before, read(config, 0, SPACE_BYTES));
        config.write(WRITEBACK, new byte[] {0});
        before[WRITEBACK] = 0;
        assertArrayEquals(before, read(config, 0, SPACE_BYTES));
        for (int value = 2; value < 256; value++) {
            byte[] wrong = {(byte) value};
            assertThrows(VirtioException.class, () -> config.write(WRITEBACK, wrong));
        }
        assertArrayEquals(before, read(config, 0, SPACE_BYTES));
        config.write(WRITEBACK, new byte[] {1});
        before[WRITEBACK] = 1;
        assertArrayEquals(before, read(config, 0, SPACE_BYTES));
    }
}
