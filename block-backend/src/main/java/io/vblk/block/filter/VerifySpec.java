// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockLimits;
import io.vblk.posix.ErrnoException;
import java.io.IOException;

/**
 * Checks that what is read is what was written.
 *
 * @param text the operator's words
 * @param blockBytes for how many bytes one sum is kept; what is written of a part of such a block
 *     makes it unknown
 */
public record VerifySpec(String text, int blockBytes) implements FilterSpec {
    /** Usual size of a block that a sum is kept of. */
    public static final int BLOCK_BYTES_DEFAULT = 4096;
    private static final int BLOCK_BYTES_MIN = 512;
    private static final int BLOCK_BYTES_MAX = 1 << 20;

    /** Checks the size. */
    public VerifySpec {
        if (blockBytes < BLOCK_BYTES_MIN || blockBytes > BLOCK_BYTES_MAX
                || Integer.bitCount(blockBytes) != 1) {
            throw new IllegalArgumentException("block must be a power of two from 512 to 1M");
        }
    }

    @Override
    public DiskFilter open(BlockLimits limits) throws IOException {
        long sumBytes = BlockSums.bytesFor(limits.capacityBytes(), blockBytes);
        if (sumBytes > BlockSums.BYTES_MAX) {
            throw new IOException("--filter " + text + ": the disk needs " + sumBytes
                    + " bytes for a sum of each " + blockBytes + " bytes, and "
                    + BlockSums.BYTES_MAX + " is the most: use larger blocks, up to block=1M");
        }
        try {
            return new VerifiedDisk(this, new BlockSums(limits.capacityBytes(), blockBytes));
        } catch (ErrnoException e) {
            throw new IOException("--filter " + text + ": " + e.getMessage(), e);
        }
    }
}
