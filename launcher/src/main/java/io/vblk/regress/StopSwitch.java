// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends a comparison from outside, with all processes that belong to it. Thread: any. */
public final class StopSwitch {
    /** A terminal interrupts the children too, who may be seen to end before this hears of it. */
    private static final long LATE_MS = 300;

    private final CountDownLatch requested = new CountDownLatch(1);
    private final Queue<Process> processes = new ConcurrentLinkedQueue<>();

    /** What a comparison that was stopped ends by. */
    public static final class StoppedException extends IOException {
        private static final long serialVersionUID = 1L;

        StoppedException() {
            super("interrupted");
        }
    }

    /** Ends all processes, and the comparison as soon as it notices. */
    public void request() {
        requested.countDown();
        processes.forEach(StopSwitch::kill);
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** A process that a stop is to end. */
    void add(Process process) {
        processes.add(process);
        if (requested.getCount() == 0) {
            kill(process);
        }
    }

    void remove(Process process) {
        processes.remove(process);
    }

    /** Throws if a stop was requested. */
    void check() throws StoppedException {
        if (requested.getCount() == 0) {
            throw new StoppedException();
        }
    }

    /** The same where something went wrong that may be the doing of a stop about to be heard of. */
    void checkSoon() throws StoppedException {
        try {
            if (requested.await(LATE_MS, TimeUnit.MILLISECONDS)) {
                throw new StoppedException();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException();
        }
    }
}
