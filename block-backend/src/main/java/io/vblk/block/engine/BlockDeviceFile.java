// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.posix.Posix;

/**
 * An open block device of this host. Thread: any.
 *
 * <p>Discards and zeroes are the device's own (ioctl(2), linux/fs.h); for all of them the kernel
 * drops what its page cache holds of the range, so that reads see the outcome. While somebody else
 * holds the device exclusively it does so only for pages that are clean, and else says EBUSY. It
 * takes whole logical blocks inside the device, and says EINVAL to anything else.
 */
public final class BlockDeviceFile extends HostFile {
    private static final long BLKDISCARD = 0x1277;
    private static final long BLKSECDISCARD = 0x127d;
    private static final long BLKZEROOUT = 0x127f;

    private final int blockBytes;

    /**
     * Takes over open descriptors, as {@link HostFile} does.
     *
     * @param blockBytes logical block size of the device, a power of two
     */
    public BlockDeviceFile(String name, int fd, int stableFd, boolean flushes, DirectIo direct,
            int blockBytes) {
        super(name, fd, stableFd, flushes, direct);
        assert Integer.bitCount(blockBytes) == 1;
        this.blockBytes = blockBytes;
    }

    /** BLKDISCARD of the whole blocks in the range: the rest is a hint not taken. */
    @Override
    public int discard(long offset, long lengthBytes) {
        long from = offset + blockBytes - 1 & -blockBytes;
        long to = offset + lengthBytes & -blockBytes;
        return from >= to ? 0 : RangeArguments.ioctl(fd(), BLKDISCARD, from, to - from);
    }

    /** BLKZEROOUT: by the device if it can, else the kernel writes zeroes. */
    @Override
    public int zeroRange(long offset, long lengthBytes) {
        return RangeArguments.ioctl(fd(), BLKZEROOUT, offset, lengthBytes);
    }

    /** Not for a device: nobody can say what it has allocated. */
    @Override
    public int allocate(long offset, long lengthBytes) {
        return -Posix.EOPNOTSUPP;
    }

    @Override
    public int secureErase(long offset, long lengthBytes) {
        return RangeArguments.ioctl(fd(), BLKSECDISCARD, offset, lengthBytes);
    }
}
