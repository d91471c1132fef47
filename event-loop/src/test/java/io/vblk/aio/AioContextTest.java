// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One iteration, wake-ups, deferred calls and misuse; polling is off. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AioContextTest {
    private static final int READ = AioHandler.READ;
    private static final int WAKEUPS = 20_000;

    private final List<String> log = new ArrayList<>();
    private AioContext context;
    private EventNotifier event;

    @BeforeEach
    void create() throws ErrnoException {
        context = AioContext.create(AioOptions.of(PollingOptions.OFF));
        event = EventNotifier.create();
    }

    @AfterEach
    void close() {
        context.close();
        event.close();
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    /** Takes the wake-ups that registration has left, so that the next wait is a wait. */
    private void settle() {
        assertFalse(context.poll(false));
    }

    private void armIn(long ns, Runnable callback) {
        context.timer("timer", callback).modify(context.nanoTime() + ns);
    }

    // ------------------------------------------------------------------ order

    @Test
    void bottomHalvesRunBeforeDescriptorsBeforeTimers() throws ErrnoException {
        armIn(0, () -> log.add("timer"));
        event.set();
        context.addHandler(event.fd(), READ, new Recorder("fd", log));
        context.execute("bottom half", () -> log.add("bottom half"));
        assertTrue(context.poll(false));
        assertEquals(List.of("bottom half", "fd read", "timer"), taken());
    }

    @Test
    void whatACallbackSchedulesOrArmsRunsInTheNextIteration() {
        armIn(0, () -> {
            log.add("timer");
            context.execute("bottom half", () -> log.add("bottom half"));
            armIn(0, () -> log.add("second timer"));
        });
        assertTrue(context.poll(true));
        assertEquals(List.of("timer"), taken());
        assertTrue(context.poll(true));
        assertEquals(List.of("bottom half", "second timer"), taken());
    }

    @Test
    void aBlockingPollEndsAtTheSoonestDeadlineNotBefore() {
        settle();
        long startNs = System.nanoTime();
        armIn(5_000_000_000L, () -> log.add("late"));
        armIn(3_000_000, () -> log.add("soon"));
        assertTrue(context.poll(true));
        assertTrue(System.nanoTime() - startNs >= 3_000_000);
        assertEquals(List.of("soon"), taken());
        // None at all if this thread was held up for longer than the timer.
        assertTrue(context.stats().waits() <= 1);
    }

    @Test
    void endlesslyScheduledBottomHalvesDoNotStarveDescriptors() throws ErrnoException {
        ManualClock clock = new ManualClock(0);
        clock.stepOnRead(1_000);
        event.set();
        try (AioContext other = AioContext.create(
                new AioOptions(PollingOptions.OFF, FdMonitorKind.AUTO, 64, clock))) {
            other.addHandler(event.fd(), READ, new Recorder("fd", log));
            BottomHalf[] again = new BottomHalf[1];
            again[0] = other.bottomHalf("again", () -> again[0].schedule());
            again[0].schedule();
            for (int i = 0; i <= Poller.FD_LOOK_NS / 1_000; i++) {
                assertTrue(other.poll(true));
            }
            assertTrue(log.contains("fd read"));
        }
    }

    // ------------------------------------------------------------------ wake-ups

    @Test
    void aWakeupGivenBeforeTheWaitKeepsItFromSleeping() {
        context.wakeup();
        assertFalse(context.poll(true));
        AioStats stats = context.stats();
        assertEquals(0, stats.waits());
        assertEquals(0, stats.wakeupsSent());
        assertEquals(1, stats.wakeupsElided());
        armIn(1_000_000, () -> log.add("timer"));
        assertTrue(context.poll(true));
        assertEquals(List.of("timer"), taken());
    }

    @Test
    void aWakeupEndsAWait() throws Exception {
        Thread waker = new Thread(() -> {
            while (context.stats().waits() == 0) {
                Thread.yield();
            }
            context.wakeup();
        });
        waker.start();
        assertFalse(context.poll(true));
        waker.join();
        AioStats stats = context.stats();
        assertEquals(1, stats.waits());
        assertEquals(1, stats.wakeupsSent());
        assertEquals(0, stats.wakeupsElided());
    }

    @Test
    void aBottomHalfOfTheHomeThreadWakesNobody() {
        settle();
        context.execute("own", () -> log.add("own"));
        assertTrue(context.poll(true));
        assertEquals(List.of("own"), taken());
        assertEquals(0, context.stats().wakeupsElided() + context.stats().wakeupsSent());
    }

    @Test
    void noWakeupOfASleepingLoopIsLost() throws Exception {
        Semaphore ran = new Semaphore(0);
        AioStats stats;
        try (IoThread loop = IoThread.start("loop", AioOptions.of(PollingOptions.OFF))) {
            BottomHalf answer = loop.context().bottomHalf("answer", ran::release);
            for (int i = 0; i < WAKEUPS; i++) {
                answer.schedule();
                assertTrue(ran.tryAcquire(60, TimeUnit.SECONDS), "wake-up " + i + " was lost");
            }
            stats = loop.context().stats();
        }
        assertTrue(stats.wakeupsSent() + stats.wakeupsElided() >= WAKEUPS);
        assertTrue(stats.wakeupsSent() > 0, stats.toString());
    }

    @Test
    void changesFromAnotherThreadReachASleepingLoop() throws Exception {
        event.set();
        try (IoThread loop = IoThread.start("loop", AioOptions.of(PollingOptions.OFF))) {
            for (int i = 0; i < 500; i++) {
                CountDownLatch called = new CountDownLatch(1);
                awaitSleep(loop);
                boolean later = i % 2 == 0;
                AioHandler handler = loop.context().addHandler(
                        event.fd(), later ? 0 : READ, called::countDown);
                if (later) {
                    awaitSleep(loop);
                    loop.context().setInterest(handler, READ);
                }
                assertTrue(called.await(60, TimeUnit.SECONDS), "change " + i + " was lost");
                loop.context().removeHandler(handler);
            }
        }
    }

    /** Returns when the loop has gone to sleep after this call. */
    static void awaitSleep(IoThread loop) {
        long waits = loop.context().stats().waits();
        loop.call(Recorder.NOTHING);
        while (loop.context().stats().waits() == waits) {
            Thread.yield();
        }
    }

    @Test
    void aHandlerRemovedByAnotherThreadNoLongerKeepsTheLoopAwake() throws Exception {
        event.set();
        try (IoThread loop = IoThread.start("loop", AioOptions.of(PollingOptions.OFF))) {
            AioHandler handler =
                    loop.context().addHandler(event.fd(), READ, new Recorder("fd", log));
            loop.context().removeHandler(handler);
            awaitSleep(loop);
            long iterations = loop.context().stats().iterations();
            awaitSleep(loop);
            assertTrue(loop.context().stats().iterations() - iterations <= 4);
        }
    }

    // ------------------------------------------------------------------ deferred calls

    private final class LoggedCall extends DeferredCall {
        private final String name;

        LoggedCall(String name) {
            this.name = name;
        }

        @Override
        protected void runDeferred() {
            log.add(name);
        }
    }

    @Test
    void deferredCallsRunOnceAfterEachBatch() throws ErrnoException {
        DeferredCall submit = new LoggedCall("submit");
        DeferredCall notify = new LoggedCall("notify");
        EventNotifier second = EventNotifier.create();
        for (int i = 0; i < 3; i++) {
            context.execute("bottom half", () -> {
                log.add("bottom half");
                context.defer(submit);
                context.defer(notify);
            });
            armIn(0, () -> {
                log.add("timer");
                context.defer(notify);
            });
        }
        for (EventNotifier each : List.of(event, second)) {
            each.set();
            Recorder fd = new Recorder("fd", log);
            fd.onRead = () -> context.defer(submit);
            context.addHandler(each.fd(), READ, fd);
        }
        assertTrue(context.poll(false));
        assertEquals(List.of("bottom half", "bottom half", "bottom half", "submit", "notify",
                "fd read", "fd read", "submit", "timer", "timer", "timer", "notify"), taken());
        second.close();
    }

    @Test
    void aDeferredCallMayDeferAgainAndOthers() {
        DeferredCall second = new LoggedCall("second");
        DeferredCall first = new DeferredCall() {
            private int left = 2;

            @Override
            protected void runDeferred() {
                log.add("first");
                context.defer(second);
                if (--left > 0) {
                    context.defer(this);
                }
            }
        };
        context.execute("bottom half", () -> context.defer(first));
        assertTrue(context.poll(true));
        assertEquals(List.of("first", "second", "first", "second"), taken());
    }

    @Test
    void aCallDeferredOutsideACallbackRunsBeforeTheLoopSleeps() {
        settle();
        context.defer(new DeferredCall() {
            @Override
            protected void runDeferred() {
                context.execute("woken", () -> log.add("woken"));
            }
        });
        assertTrue(context.poll(true));
        assertEquals(List.of("woken"), taken());
        assertEquals(0, context.stats().waits());
    }

    // ------------------------------------------------------------------ misuse

    @Test
    void aNestedPollIsRefusedAndHarmsNothing() {
        context.execute("nested", () -> {
            assertThrows(IllegalStateException.class, () -> context.poll(false));
            assertThrows(IllegalStateException.class, context::close);
            log.add("refused");
        });
        assertTrue(context.poll(true));
        context.execute("next", () -> log.add("next"));
        assertTrue(context.poll(true));
        assertEquals(List.of("refused", "next"), taken());
    }

    @Test
    void aPollFromAForeignThreadIsRefused() throws Exception {
        assertTrue(context.inHomeThread());
        settle();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread foreign = new Thread(() -> {
            try {
                assertFalse(context.inHomeThread());
                context.poll(false);
            } catch (Throwable t) {
                thrown.set(t);
            }
        });
        foreign.start();
        foreign.join();
        assertEquals(IllegalStateException.class, thrown.get().getClass());
        settle();
    }

    @Test
    void aClosedContextRefusesWhatWouldTouchFreedMemory() throws ErrnoException {
        for (FdMonitorKind kind : FdMonitorKind.values()) {
            AioContext closed = AioContext.create(
                    new AioOptions(PollingOptions.OFF, kind, 64, NanoClock.MONOTONIC));
            AioHandler handler = closed.addHandler(event.fd(), READ, new Recorder("fd", log));
            closed.poll(false);
            closed.close();
            closed.close();
            assertThrows(IllegalStateException.class, () -> closed.poll(false));
            assertThrows(IllegalStateException.class,
                    () -> closed.addHandler(event.fd(), READ, new Recorder("fd", log)));
            closed.setInterest(handler, 0);
            closed.removeHandler(handler);
            closed.wakeup();
            closed.execute("late", () -> log.add("late"));
        }
        assertEquals(List.of(), taken());
    }

    @Test
    void aCallbackThatThrowsLeavesTheLoopUsable() throws ErrnoException {
        context.execute("bad", () -> {
            throw new IllegalStateException("bad");
        });
        assertThrows(IllegalStateException.class, () -> context.poll(true));
        event.set();
        context.addHandler(event.fd(), READ, new Recorder("fd", log));
        assertTrue(context.poll(false));
        assertEquals(List.of("fd read"), taken());
    }

    @Test
    void statsTellWhatWasGainedSince() {
        context.execute("one", Recorder.NOTHING);
        context.poll(false);
        AioStats before = context.stats();
        context.execute("two", Recorder.NOTHING);
        context.poll(false);
        context.poll(false);
        AioStats gained = context.stats().since(before);
        assertEquals(2, gained.iterations());
        assertEquals(1, gained.bottomHalves());
        assertEquals(0, gained.waits());
        assertEquals(0, gained.dispatches());
    }
}
