// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import java.util.function.IntConsumer;
import jnr.constants.platform.Signal;
import jnr.posix.util.SunMiscSignal;

/** Requests to this process from outside (signal(7)). Thread: any. */
public final class Signals {
    private Signals() {}

    /**
     * Calls the handler with the signal's number, on a thread of its own, instead of ending the
     * process: for SIGINT, SIGTERM, and SIGHUP, which a terminal that is closed sends and which
     * nohup(1) keeps away.
     *
     * <p>Through the JVM's own dispatcher, never through the native {@code POSIX.signal}: that one
     * enters Java inside the signal handler, on whatever thread the kernel chose. When that was a
     * thread about to be born, the JVM waited for it, and it for a lock of the JVM, for ever.
     */
    public static void onTermination(IntConsumer handler) {
        SunMiscSignal.signal(Signal.SIGINT, handler::accept);
        SunMiscSignal.signal(Signal.SIGTERM, handler::accept);
        SunMiscSignal.signal(Signal.SIGHUP, handler::accept);
    }

    /** Calls the handler at each SIGUSR1; see above. */
    public static void onUser1(Runnable handler) {
        SunMiscSignal.signal(Signal.SIGUSR1, number -> handler.run());
    }
}
