// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import java.util.function.IntConsumer;
import jnr.constants.platform.Signal;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/** Requests to end the process: SIGINT and SIGTERM (signal(7)). Thread: any. */
public final class Signals {
    private Signals() {}

    /**
     * Calls the handler with the signal's number, on a thread of its own, instead of ending the
     * process.
     */
    public static void onTermination(IntConsumer handler) {
        POSIX posix = POSIXFactory.getNativePOSIX();
        posix.signal(Signal.SIGINT, handler::accept);
        posix.signal(Signal.SIGTERM, handler::accept);
    }
}
