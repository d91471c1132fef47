// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.nio.file.Path;

/**
 * Whether the file system that an image lies on can punch holes and zero ranges (fallocate(2)),
 * tried on a file without a name in the same directory, so that the image stays as it is.
 * Thread: any.
 *
 * @param punchHole "yes", "no" or why it is not known
 * @param zeroRange "yes", "no" or why it is not known
 */
public record ZeroingSupport(String punchHole, String zeroRange) {
    private static final int O_TMPFILE = 0x410000;
    private static final int OWNER_ONLY = 0600;
    private static final long TRIED_BYTES = 1 << 16;

    /** Asks the file system of the directory in which a file lies. */
    public static ZeroingSupport beside(String file) {
        Path directory = Path.of(file).toAbsolutePath().getParent();
        int fd;
        try {
            fd = Posix.open(directory.toString(),
                    O_TMPFILE | Posix.O_RDWR | Posix.O_CLOEXEC, OWNER_ONLY);
        } catch (ErrnoException e) {
            String unknown = "not known (no file can be made beside the image: "
                    + ErrnoException.describe(e.errno()) + ")";
            return new ZeroingSupport(unknown, unknown);
        }
        try {
            return new ZeroingSupport(
                    tried(fd, Posix.FALLOC_FL_PUNCH_HOLE), tried(fd, Posix.FALLOC_FL_ZERO_RANGE));
        } finally {
            Posix.close(fd);
        }
    }

    private static String tried(int fd, int mode) {
        int errno = -Posix.fallocate(fd, mode | Posix.FALLOC_FL_KEEP_SIZE, 0, TRIED_BYTES);
        if (errno == Posix.EOPNOTSUPP) {
            return "no";
        }
        return errno == 0 ? "yes" : "not known (" + ErrnoException.describe(errno) + ")";
    }
}
