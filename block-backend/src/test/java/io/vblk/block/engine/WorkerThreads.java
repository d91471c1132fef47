// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;

/** Makes workers as the engine does, and remembers them. Thread: any. */
final class WorkerThreads implements ThreadFactory {
    private static final long JOIN_MS = 20_000;

    private final List<Thread> made = new ArrayList<>();
    private volatile int startsMax = Integer.MAX_VALUE;

    /** From now on only so many more can be started: the host is out of threads. */
    void allowOnly(int starts) {
        startsMax = starts;
    }

    @Override
    public synchronized Thread newThread(Runnable work) {
        if (startsMax-- > 0) {
            Thread thread = ThreadsEngine.worker(work);
            made.add(thread);
            return thread;
        }
        return new Thread(work) {
            @Override
            public void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
    }

    synchronized List<Thread> made() {
        return new ArrayList<>(made);
    }

    /** Waits until all workers made so far have ended. */
    void awaitEnd() throws InterruptedException {
        for (Thread worker : made()) {
            worker.join(JOIN_MS);
            assertFalse(worker.isAlive(), worker + " does not end");
        }
    }

    /** Waits until so many have been made. */
    void awaitMade(int count) {
        awaitTrue(() -> made().size() == count);
    }

    /** Waits until so many wait for a request. */
    void awaitWaiting(int count) {
        awaitTrue(() -> made().stream()
                .filter(worker -> worker.getState() == Thread.State.TIMED_WAITING)
                .count() == count);
    }

    /** Waits until so many are alive. */
    void awaitAlive(int count) {
        awaitTrue(() -> made().stream().filter(Thread::isAlive).count() == count);
    }

    private void awaitTrue(BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + JOIN_MS * 1_000_000;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadlineNs, made() + " at the deadline");
            Thread.yield();
        }
    }
}
