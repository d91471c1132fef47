// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ErrnoExceptionTest {
    @Test
    void saysTheSystemsWords() {
        assertEquals("No such file or directory", ErrnoException.describe(Posix.ENOENT));
        assertEquals("No space left on device", ErrnoException.describe(Posix.ENOSPC));
        assertEquals("Invalid argument", ErrnoException.describe(Posix.EINVAL));
        assertEquals("errno 4711", ErrnoException.describe(4711));
    }

    @Test
    void namesTheCallWithItsArgument() {
        ErrnoException failed = assertThrows(ErrnoException.class,
                () -> Posix.open("/nowhere/disk.raw", Posix.O_RDONLY, 0));
        assertEquals("open(/nowhere/disk.raw): No such file or directory", failed.getMessage());
        assertEquals(Posix.ENOENT, failed.errno());
    }

    @Test
    void eachNumberMeansWhatTheSystemMeans() {
        int[] numbers = {
            Posix.EPERM, Posix.EINTR, Posix.EIO, Posix.EBADF, Posix.EAGAIN, Posix.EACCES,
            Posix.EEXIST, Posix.ENOTTY, Posix.EROFS, Posix.ENOSYS, Posix.EOPNOTSUPP,
        };
        String[] words = {
            "Operation not permitted", "Interrupted system call", "Input/output error",
            "Bad file descriptor", "Resource temporarily unavailable", "Permission denied",
            "File exists", "Inappropriate ioctl for device", "Read-only file system",
            "Function not implemented", "Operation not supported",
        };
        for (int i = 0; i < numbers.length; i++) {
            assertEquals(words[i], ErrnoException.describe(numbers[i]));
        }
    }
}
