// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vblk.fio.Access;
import io.vblk.fio.Amount;
import io.vblk.fio.BlockSizes;
import io.vblk.fio.Distribution;
import io.vblk.fio.Extent;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.SizeSplit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which part of a disk a clone works on. */
final class RegionTest {
    private static final Access READS = Access.of(ReadWrite.RANDREAD, 4096);
    private static final int DISK_BLOCK = 512;

    private static Amount amount(String text) {
        return text.endsWith("%")
                ? new Amount(0, Double.parseDouble(text.substring(0, text.length() - 1)))
                : Amount.ofBytes(Long.parseLong(text));
    }

    private static Extent extent(String offset, String size, String increment) {
        return new Extent(amount(offset), amount(size), amount(increment), Amount.NONE, 1, 0);
    }

    @ParameterizedTest
    @CsvSource({
            "0, 0, 0, 0, 0, 999424",
            "512, 0, 0, 5, 512, 999424",
            "8192, 12288, 0, 0, 8192, 12288",
            "8192, 12800, 0, 0, 8192, 12288",
            "0, 65536, 65536, 3, 196608, 65536",
            "4096, 0, 65536, 3, 200704, 798720",
            "10%, 20%, 0, 0, 98304, 196608",
            "0, 25%, 25%, 3, 749568, 249856",
            "60%, 100%, 0, 0, 598016, 401408",
            "0, 100%, 0, 0, 0, 999424"})
    void isWorkedOut(String offset, String size, String increment, int clone, long expectedOffset,
            long expectedLength) {
        assertEquals(new Region(expectedOffset, expectedLength),
                Region.of(extent(offset, size, increment), READS, clone, 1_000_000 / 512 * 512,
                        DISK_BLOCK));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "100 | 0 | 0 | 0 | offset=100 is not a multiple of the disk's block size, 512",
            "0 | 4096 | 100 | 1 | offset_increment=100 is not a multiple of the disk's block size, "
                    + "512",
            "1048576 | 0 | 0 | 0 | offset=1048576 is past the end of the disk, 1048576 bytes",
            "0 | 4096 | 524288 | 2 | offset=1048576 of clone 3 is past the end of the disk, "
                    + "1048576 bytes",
            "512 | 1048576 | 0 | 0 | offset plus size is past the end of the disk, 1048576 bytes",
            "0 | 2097152 | 0 | 0 | offset plus size is past the end of the disk, 1048576 bytes",
            "0 | 4095 | 0 | 0 | bs=4096 is larger than the region of 4095 bytes",
            "1048064 | 0 | 0 | 0 | bs=4096 is larger than the region of 512 bytes"})
    void isRefusedInWords(String offset, String size, String increment, int clone,
            String message) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, () -> Region.of(
                extent(offset, size, increment), READS, clone, 1 << 20, DISK_BLOCK)).getMessage());
    }

    @Test
    void incrementsDoNotWrapRoundTheEndOfALong() {
        long increment = Long.MAX_VALUE / 512 * 512;
        Extent extent = extent("0", "4096", Long.toString(increment));

        for (int clone : new int[] {2, 3, 62, 63}) {
            assertEquals("offset_increment=" + increment + " is past the end of any disk",
                    assertThrows(IllegalArgumentException.class, () -> Region.of(
                            extent, READS, clone, 1 << 20, DISK_BLOCK)).getMessage());
        }
    }

    @Test
    void sizesMustBeBlocksOfTheDisk() {
        assertEquals("bs=1000 is not a multiple of the disk's block size, 512",
                assertThrows(IllegalArgumentException.class, () -> Region.of(Extent.ALL,
                        Access.of(ReadWrite.READ, 1000), 0, 1 << 20, DISK_BLOCK)).getMessage());
        BlockSizes sizes = new BlockSizes(SizeSplit.of(4096), SizeSplit.of(100), null);
        Access reads = new Access(ReadWrite.READ, 50, sizes, Distribution.UNIFORM, true, 1, 1, 0,
                false);
        assertEquals(1 << 20, Region.of(Extent.ALL, reads, 0, 1 << 20, DISK_BLOCK).lengthBytes(),
                "sizes of what is not done do not count");
    }

    @Test
    void holesMustBeBlocksOfTheDisk() {
        Access reads = new Access(ReadWrite.READ, 50, BlockSizes.of(4096), Distribution.UNIFORM,
                true, 1, 1, -100, false);

        assertEquals("rw=read:-100 is not a multiple of the disk's block size, 512",
                assertThrows(IllegalArgumentException.class, () -> Region.of(Extent.ALL, reads, 0,
                        1 << 20, DISK_BLOCK)).getMessage());
    }

    @Test
    void theSmallestRequestOfEachDirectionFits() {
        BlockSizes sizes = new BlockSizes(SizeSplit.range(4096, 65_536),
                SizeSplit.range(8192, 65_536), null);
        Access access = new Access(ReadWrite.RANDRW, 50, sizes, Distribution.UNIFORM, true, 1, 1,
                0, false);

        assertEquals(8192,
                Region.of(Extent.of(0, 8192), access, 0, 1 << 20, DISK_BLOCK).lengthBytes());
        assertThrows(IllegalArgumentException.class,
                () -> Region.of(Extent.of(0, 4096), access, 0, 1 << 20, DISK_BLOCK));
    }
}
