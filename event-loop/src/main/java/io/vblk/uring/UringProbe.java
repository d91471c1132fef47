// SPDX-License-Identifier: Apache-2.0
package io.vblk.uring;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * Whether this host lets us use io_uring, by setting up a small ring and closing it again
 * (io_uring_setup(2)). Thread: any.
 *
 * @param available whether a ring could be made
 * @param reason why not, in words for an operator; empty when available
 * @param features IORING_FEAT bits of the kernel
 */
public record UringProbe(boolean available, String reason, int features) {
    private static final long SYS_IO_URING_SETUP = 425;
    private static final int ENTRIES = 2;
    /** Size of {@code struct io_uring_params}. */
    private static final int PARAMS_BYTES = 120;
    private static final int FEATURES_OFFSET = 20;

    /** Asks the kernel. */
    public static UringProbe run() {
        try (MappedMemory params = MappedMemory.anonymous(PARAMS_BYTES)) {
            long fd = Posix.syscall(SYS_IO_URING_SETUP, ENTRIES, params.address(), 0, 0);
            if (fd < 0) {
                return new UringProbe(false, reasonFor((int) -fd), 0);
            }
            Posix.close((int) fd);
            int features = NativeMemory.getInt(params.address() + FEATURES_OFFSET);
            return new UringProbe(true, "", features);
        } catch (ErrnoException e) {
            return new UringProbe(false, e.getMessage(), 0);
        }
    }

    private static String reasonFor(int errno) {
        if (errno == Posix.ENOSYS) {
            return "the kernel has no io_uring (before 5.1, or built without it)";
        }
        if (errno == Posix.EPERM) {
            return "not permitted: kernel.io_uring_disabled, seccomp or a container forbids it";
        }
        return "io_uring_setup: " + ErrnoException.describe(errno);
    }
}
