// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * What the kernel says of an open block device (linux/fs.h).
 *
 * @param sizeBytes capacity
 * @param logicalBlockBytes smallest unit it transfers
 * @param physicalBlockBytes unit it writes without reading first
 * @param optimalIoBytes preferred size of a request, 0 when it has none
 * @param readOnly whether it refuses writes although it may be opened for writing
 * @param secureErase whether it can destroy data for good
 */
record BlockDevice(
        long sizeBytes,
        int logicalBlockBytes,
        int physicalBlockBytes,
        int optimalIoBytes,
        boolean readOnly,
        boolean secureErase) {

    private static final int EFAULT = 14;
    private static final long BLKROGET = 0x125e;
    private static final long BLKSSZGET = 0x1268;
    private static final long BLKSECDISCARD = 0x127d;
    private static final long BLKIOOPT = 0x1279;
    private static final long BLKPBSZGET = 0x127b;
    private static final long BLKGETSIZE64 = 0x80081272L;

    /** Asks; ErrnoException for what is no block device. Thread: control. */
    static BlockDevice of(int fd) throws ErrnoException {
        try (MappedMemory answer = MappedMemory.anonymous(Long.BYTES)) {
            return new BlockDevice(
                    ask("BLKGETSIZE64", fd, BLKGETSIZE64, answer),
                    (int) ask("BLKSSZGET", fd, BLKSSZGET, answer),
                    (int) ask("BLKPBSZGET", fd, BLKPBSZGET, answer),
                    (int) ask("BLKIOOPT", fd, BLKIOOPT, answer),
                    ask("BLKROGET", fd, BLKROGET, answer) != 0,
                    canSecureErase(fd));
        }
    }

    /**
     * The kernel publishes this nowhere. Since 5.19 it looks whether the device can before it reads
     * the range: without one it says EFAULT if the device can, and has done nothing.
     */
    private static boolean canSecureErase(int fd) {
        return Posix.ioctl(fd, BLKSECDISCARD, 0) == -EFAULT;
    }

    /** Answers of 4 bytes leave the upper half of the little-endian answer zero. */
    private static long ask(String name, int fd, long request, MappedMemory answer)
            throws ErrnoException {
        NativeMemory.putLong(answer.address(), 0);
        int errno = -Posix.ioctl(fd, request, answer.address());
        if (errno != 0) {
            throw new ErrnoException("ioctl(" + name + ")", errno);
        }
        return NativeMemory.getLong(answer.address());
    }
}
