// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel says of an open block device (linux/fs.h).
 *
 * @param sizeBytes capacity
 * @param logicalBlockBytes smallest unit it transfers
 * @param physicalBlockBytes unit it writes without reading first
 * @param optimalIoBytes preferred size of a request, 0 when it has none
 * @param readOnly whether it refuses writes although it may be opened for writing
 * @param secureErase whether it can destroy data for good
 * @param discardBytes unit in which it gives storage back (discard_granularity in sysfs); 0 when
 *     it gives none back or nothing is known
 */
record BlockDevice(
        long sizeBytes,
        int logicalBlockBytes,
        int physicalBlockBytes,
        int optimalIoBytes,
        boolean readOnly,
        boolean secureErase,
        int discardBytes) {

    /** What a host without sysfs says of a size. */
    static final int UNKNOWN = -1;

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
                    canSecureErase(fd),
                    discardBytes(fd));
        }
    }

    /**
     * The kernel publishes this nowhere. Since 5.19 it looks whether the device can before it reads
     * the range: without one it says EFAULT if the device can, and has done nothing.
     */
    private static boolean canSecureErase(int fd) {
        return Posix.ioctl(fd, BLKSECDISCARD, 0) == -EFAULT;
    }

    private static int discardBytes(int fd) {
        String sysfs;
        try {
            long number = (Long) Files.getAttribute(Path.of("/proc/self/fd/" + fd), "unix:rdev");
            sysfs = "/sys/dev/block/" + major(number) + ":" + minor(number);
        } catch (IOException | UnsupportedOperationException e) {
            return UNKNOWN;
        }
        // A partition has no queue of its own: that of the disk that it lies on counts.
        for (String queue : new String[] {"/queue/", "/../queue/"}) {
            try {
                String text = Files.readString(Path.of(sysfs + queue + "discard_granularity"));
                return Integer.parseInt(text.strip());
            } catch (IOException | NumberFormatException e) {
                // Try the next; sysfs may also be missing in a container.
            }
        }
        return UNKNOWN;
    }

    /** Of a device number as glibc lays it out (makedev(3)). */
    private static long major(long number) {
        return number >> 8 & 0xFFF | number >> 32 & 0xFFFFF000L;
    }

    private static long minor(long number) {
        return number & 0xFF | number >> 12 & 0xFFFFFF00L;
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
