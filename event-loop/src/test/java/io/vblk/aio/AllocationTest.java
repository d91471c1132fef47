// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.posix.ErrnoException;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An iteration of a warm loop allocates nothing. Each measurement is repeated and the least counts:
 * what an iteration allocates, it allocates in every one.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AllocationTest {
    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int ITERATIONS = 2_000;
    private static final int REPEATS = 10;

    private static void assertAllocatesNothing(Runnable iteration) {
        long leastBytes = Long.MAX_VALUE;
        for (int repeat = 0; repeat < REPEATS && leastBytes > 0; repeat++) {
            long beforeBytes = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < ITERATIONS; i++) {
                iteration.run();
            }
            leastBytes = Math.min(
                    leastBytes, THREADS.getCurrentThreadAllocatedBytes() - beforeBytes);
        }
        assertEquals(0, leastBytes, "bytes in " + ITERATIONS + " iterations");
    }

    private static AioContext context(PollingOptions polling, FdMonitorKind kind)
            throws ErrnoException {
        return AioContext.create(new AioOptions(polling, kind, 64, NanoClock.MONOTONIC));
    }

    @Test
    void theMeasurementSeesAnAllocation() {
        Object[] sink = new Object[1];
        long beforeBytes = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1_000; i++) {
            sink[0] = new byte[100];
        }
        assertTrue(THREADS.getCurrentThreadAllocatedBytes() - beforeBytes >= 100_000);
        assertTrue(sink[0] instanceof byte[]);
    }

    @Test
    void anIterationThatFindsWorkByPolling() throws ErrnoException {
        try (AioContext context = context(PollingOptions.DEFAULT, FdMonitorKind.AUTO)) {
            Counting memory = new Counting(null);
            context.addHandler(-1, AioHandler.POLL, memory);
            assertAllocatesNothing(() -> context.poll(true));
            assertTrue(memory.found >= ITERATIONS);
        }
    }

    @Test
    void anIterationThatWaitsWithPpoll() throws ErrnoException {
        waits(PollingOptions.OFF, FdMonitorKind.PPOLL);
    }

    @Test
    void anIterationThatWaitsWithEpoll() throws ErrnoException {
        waits(PollingOptions.OFF, FdMonitorKind.EPOLL);
    }

    @Test
    void anIterationThatPollsInVainAndThenWaits() throws ErrnoException {
        waits(PollingOptions.classic(1_000, 0, 0), FdMonitorKind.PPOLL);
        waits(PollingOptions.classic(1_000, 0, 0), FdMonitorKind.EPOLL);
        waits(new PollingOptions(1_000, 0, 0, 3, PollingPolicyKind.WEIGHTED),
                FdMonitorKind.PPOLL);
    }

    private static void waits(PollingOptions polling, FdMonitorKind kind) throws ErrnoException {
        try (AioContext context = context(polling, kind);
                EventNotifier event = EventNotifier.create()) {
            Counting kicked = new Counting(event);
            context.addHandler(event.fd(), AioHandler.READ | AioHandler.POLL, kicked);
            AioTimer[] timer = new AioTimer[1];
            timer[0] = context.timer("tick", () -> timer[0].modify(context.nanoTime() + 50_000));
            timer[0].modify(context.nanoTime());
            BottomHalf bottomHalf = context.bottomHalf("own", Recorder.NOTHING);
            DeferredCall deferred = new DeferredCall() {
                @Override
                protected void runDeferred() { }
            };
            assertAllocatesNothing(() -> {
                event.set();
                context.poll(true);
                bottomHalf.schedule();
                context.poll(true);
                context.defer(deferred);
                context.poll(false);
            });
            assertTrue(kicked.found >= ITERATIONS / 2);
            assertTrue(context.stats().waits() > 0);
        }
    }

    @Test
    void aLoopWokenByABottomHalfOfAnotherThread() throws Exception {
        for (FdMonitorKind kind : new FdMonitorKind[] {FdMonitorKind.PPOLL, FdMonitorKind.EPOLL}) {
            AioOptions options =
                    new AioOptions(PollingOptions.OFF, kind, 64, NanoClock.MONOTONIC);
            try (IoThread loop = IoThread.start("loop", options)) {
                long leastBytes = Long.MAX_VALUE;
                for (int repeat = 0; repeat < REPEATS && leastBytes > 0; repeat++) {
                    leastBytes = Math.min(leastBytes, bytesOfWakeups(loop));
                }
                assertEquals(0, leastBytes, kind + ": bytes in " + ITERATIONS + " wake-ups");
            }
        }
    }

    /** What the loop's thread allocates between its first and its last of many wake-ups. */
    private static long bytesOfWakeups(IoThread loop) throws InterruptedException {
        Spin ran = new Spin();
        AtomicLong bytes = new AtomicLong();
        int[] left = {ITERATIONS};
        BottomHalf bottomHalf = loop.context().bottomHalf("from another", () -> {
            long now = THREADS.getCurrentThreadAllocatedBytes();
            if (left[0] == ITERATIONS) {
                bytes.set(-now);
            }
            if (--left[0] == 0) {
                bytes.addAndGet(now);
            }
            ran.count++;
        });
        for (int i = 1; i <= ITERATIONS; i++) {
            bottomHalf.schedule();
            while (ran.count < i) {
                Thread.yield();
            }
        }
        return bytes.get();
    }

    private static final class Spin {
        volatile int count;
    }

    /** Clears its event and counts; found by polling always if it has none. */
    private static final class Counting implements FdCallbacks {
        private final EventNotifier event;
        long found;

        Counting(EventNotifier event) {
            this.event = event;
        }

        @Override
        public void onReadable() {
            event.testAndClear();
            found++;
        }

        @Override
        public boolean poll() {
            return event == null;
        }

        @Override
        public void pollReady() {
            found++;
        }
    }
}
