// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.posix.Signals;

/**
 * SIGINT, SIGTERM and SIGHUP while a run is under way: the first ends it in order, the second at
 * once.
 * Thread: any.
 */
final class Termination {
    /** What shells add to a signal's number. */
    private static final int EXIT_SIGNAL = 128;

    private volatile Runnable stop = () -> { };
    private volatile int signal;

    private Termination() {}

    /** Takes over these signals for the rest of the process. */
    static Termination handle() {
        Termination termination = new Termination();
        Signals.onTermination(termination::received);
        return termination;
    }

    /** Sets what a signal stops; one that has come already stops it at once. */
    void stops(Runnable run) {
        stop = run;
        if (signal != 0) {
            run.run();
        }
    }

    private void received(int number) {
        if (signal != 0) {
            // The user does not want to wait for requests in flight.
            Runtime.getRuntime().halt(EXIT_SIGNAL + number);
        }
        signal = number;
        stop.run();
    }

    /** Whether a signal came. */
    boolean happened() {
        return signal != 0;
    }

    /** The code of a run that was to go on: a failure's own, else the signal's as shells say. */
    int exitCodeAfter(int code) {
        return code == 0 && signal != 0 ? EXIT_SIGNAL + signal : code;
    }
}
