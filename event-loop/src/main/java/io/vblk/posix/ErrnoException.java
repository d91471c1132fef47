// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import java.io.IOException;
import jnr.constants.platform.Errno;

/** A failed system call: the call with its arguments, and the errno (see errno(3)). */
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * Names a failed call.
     *
     * @param call the call as an operator would want to read it, such as {@code open(disk.raw)}
     * @param errno a positive errno value
     */
    public ErrnoException(String call, int errno) {
        super(call + ": " + describe(errno));
        this.errno = errno;
    }

    /** The positive errno value. */
    public int errno() {
        return errno;
    }

    /** The system's words for a positive errno value, such as "No space left on device". */
    public static String describe(int errno) {
        for (Errno e : Errno.values()) {
            if (e.defined() && e.intValue() == errno) {
                return e.description();
            }
        }
        return "errno " + errno;
    }
}
