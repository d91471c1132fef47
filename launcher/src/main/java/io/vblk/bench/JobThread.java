// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The thread of a clone: what the clone does, it does there, one piece of work after another, since
 * a way straight to a file belongs to its first thread. Thread: control.
 */
final class JobThread {
    private static final Runnable END = () -> { };

    private final BlockingQueue<Runnable> inbox = new ArrayBlockingQueue<>(1);
    private final Consumer<Throwable> onCrash;
    private final Thread thread;
    private volatile CountDownLatch ended = new CountDownLatch(0);
    private volatile boolean busy;

    /** Starts it; {@code onCrash} hears of what a piece of work throws, on the thread itself. */
    JobThread(String name, Consumer<Throwable> onCrash) {
        this.onCrash = onCrash;
        this.thread = new Thread(this::work, name);
        this.thread.setDaemon(true);
        this.thread.start();
    }

    /** Begins a piece of work; the one before must have ended. */
    void begin(Runnable work) {
        ended = new CountDownLatch(1);
        busy = true;
        inbox.add(work);
    }

    /** Whether the last piece of work goes on. */
    boolean isBusy() {
        return busy && thread.isAlive();
    }

    private void work() {
        try {
            Runnable work = inbox.take();
            while (work != END) {
                // Of this piece: once it is seen to be idle, the next one may have its own.
                CountDownLatch end = ended;
                try {
                    work.run();
                } catch (RuntimeException | Error e) {
                    onCrash.accept(e);
                }
                busy = false;
                end.countDown();
                work = inbox.take();
            }
        } catch (InterruptedException e) {
            onCrash.accept(e); // nobody does that
        }
    }

    /** Waits up to a time for the end of the piece of work; returns whether it has ended. */
    boolean awaitIdle(long ms) throws InterruptedException {
        return ended.await(ms, TimeUnit.MILLISECONDS) || !isBusy();
    }

    /** Ends the thread after the present piece of work, and waits for that. */
    void close() {
        boolean interrupted = false;
        boolean told = false;
        while (thread.isAlive()) {
            try {
                if (!told) {
                    inbox.put(END);
                    told = true;
                }
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
