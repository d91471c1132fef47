// SPDX-License-Identifier: Apache-2.0
package io.vblk.uring;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;

/**
 * Whether this host lets us use io_uring, by setting up a small ring as all others are, and closing
 * it again (io_uring_setup(2), io_uring_register(2)). Thread: any.
 *
 * @param available whether a ring could be made
 * @param reason why not, in words for an operator; empty when available
 * @param errno what the kernel said, 0 when available
 * @param features IORING_FEAT bits of the kernel
 */
public record UringProbe(boolean available, String reason, int errno, int features) {
    private static final int ENTRIES = 2;

    /** Asks the kernel. */
    public static UringProbe run() {
        return run(ENTRIES);
    }

    /** Asks the kernel for a ring of that size, which may be more than it grants. */
    public static UringProbe run(int entries) {
        try (Uring ring = Uring.create(entries)) {
            ring.enable();
            return new UringProbe(true, "", 0, ring.features());
        } catch (ErrnoException e) {
            return new UringProbe(false, reasonFor(e), e.errno(), 0);
        }
    }

    private static String reasonFor(ErrnoException refused) {
        if (refused.errno() == Posix.ENOSYS) {
            return "the kernel has no io_uring (before 5.6, or built without it)";
        }
        if (refused.errno() == Posix.EPERM) {
            return "not permitted: kernel.io_uring_disabled, seccomp or a container forbids it";
        }
        if (refused.errno() == Posix.ENOMEM) {
            return "the host has no memory for a ring, or locks no more (ulimit -l)";
        }
        return refused.getMessage();
    }
}
