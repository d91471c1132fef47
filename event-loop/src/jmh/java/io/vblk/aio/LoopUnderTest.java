// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import org.HdrHistogram.Histogram;

/**
 * A loop on a thread of its own, and what another thread measures with it. Bottom halves and
 * wake-ups are sent one by one, each after the loop has answered the one before.
 * Thread: the one that measures.
 */
final class LoopUnderTest implements AutoCloseable {
    /** Longer than any pause of these measurements, so that the loop never sleeps. */
    private static final long POLL_ALWAYS_NS = 50_000_000;

    private final AioContext context;
    private final Thread thread;
    private volatile boolean stopping;
    /** When what is under way was sent; 0 if nothing is. */
    private volatile long sentNs;
    private volatile long answers;
    private volatile boolean answersWakeups;
    private long latencyNs;

    LoopUnderTest(PollingOptions polling, FdMonitorKind monitor) throws ErrnoException {
        context = AioContext.create(new AioOptions(polling, monitor,
                AioOptions.EPOLL_THRESHOLD_DEFAULT, NanoClock.MONOTONIC));
        thread = new Thread(this::run, "loop");
        thread.start();
    }

    /** Polling that never gives up within these measurements. */
    static PollingOptions always() {
        return PollingOptions.classic(POLL_ALWAYS_NS, 0, 0);
    }

    private void run() {
        while (!stopping) {
            context.poll(true);
            if (answersWakeups && sentNs != 0) {
                answer();
            }
        }
    }

    private void answer() {
        latencyNs = System.nanoTime() - sentNs;
        sentNs = 0;
        answers++;
    }

    AioContext context() {
        return context;
    }

    /** From the schedule of a bottom half on this thread to its callback on the loop's. */
    void measureBottomHalves(Histogram latencies, int count, long pauseNs) {
        try (BottomHalf bottomHalf = context.bottomHalf("measured", this::answer)) {
            send(bottomHalf::schedule, latencies, count, pauseNs);
        }
    }

    /** From setting an eventfd that nobody polls to its callback on the loop's thread. */
    void measurePlainDescriptor(Histogram latencies, int count, long pauseNs)
            throws ErrnoException {
        try (EventNotifier event = EventNotifier.create()) {
            AioHandler handler = context.addHandler(event.fd(), AioHandler.READ, () -> {
                event.testAndClear();
                answer();
            });
            send(event::set, latencies, count, pauseNs);
            context.removeAndAwait(handler);
        }
    }

    /** From a wake-up by this thread to the end of the iteration that it caused. */
    void measureWakeups(Histogram latencies, int count, long pauseNs) {
        answersWakeups = true;
        send(context::wakeup, latencies, count, pauseNs);
        answersWakeups = false;
    }

    private void send(Runnable what, Histogram latencies, int count, long pauseNs) {
        for (int i = 0; i < count; i++) {
            spinUntil(System.nanoTime() + pauseNs);
            long before = answers;
            sentNs = System.nanoTime();
            what.run();
            while (answers == before) {
                Thread.onSpinWait();
            }
            latencies.recordValue(latencyNs);
        }
    }

    /** Passes the time without giving up the processor: a pause that ends on time. */
    static void spinUntil(long deadlineNs) {
        while (System.nanoTime() - deadlineNs < 0) {
            Thread.onSpinWait();
        }
    }

    /** Ends the thread and frees the context. */
    @Override
    public void close() {
        stopping = true;
        context.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while the loop ends", e);
        }
        context.close();
    }
}
