// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No notification is lost, whatever callbacks do to the loop or throw at it, and when. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopRecoveryTest {
    private static final int READ = AioHandler.READ;
    private static final int POLL = AioHandler.POLL;
    private static final int EXTERNAL = AioHandler.EXTERNAL;

    private final List<String> log = new ArrayList<>();
    private final ManualClock clock = new ManualClock(0);
    private final Recorder a = new Recorder("a", log);
    private final Recorder b = new Recorder("b", log);
    private AioContext context;
    private EventNotifier first;
    private EventNotifier second;

    @BeforeEach
    void create() throws ErrnoException {
        clock.stepOnRead(1_000);
        context = AioContext.create(new AioOptions(
                PollingOptions.classic(1_000_000, 0, 0), FdMonitorKind.PPOLL, 64, clock));
        first = EventNotifier.create();
        second = EventNotifier.create();
        a.onRead = first::testAndClear;
        b.onRead = second::testAndClear;
    }

    @AfterEach
    void close() {
        context.close();
        first.close();
        second.close();
    }

    private void beginPollMode() {
        a.look = () -> true;
        assertTrue(context.poll(true));
        a.look = () -> false;
        log.clear();
    }

    private void pollSomeTimes() {
        for (int i = 0; i < 10; i++) {
            context.poll(false);
        }
    }

    private static void throwPlanted() {
        throw new IllegalStateException("planted");
    }

    @Test
    void whoIsPolledButNotWatchedIsNeverDroppedAsIdle() throws ErrnoException {
        context.addHandler(first.fd(), POLL, a);
        context.poll(false);
        clock.advance(PollSet.IDLE_NS + 2_000_000_000L);
        AioTimer timer = context.timer("timer", Recorder.NOTHING);
        for (int i = 0; i < 5; i++) {
            timer.modify(clock.nanoTime() + 500_000);
            context.poll(true);
        }
        a.look = () -> true;
        assertTrue(context.poll(true));
        assertTrue(log.contains("a ready"), log.toString());
    }

    @Test
    void whoIsDisabledWhilePollModeEndsIsLookedAtAfterEnabling() throws ErrnoException {
        context.addHandler(first.fd(), READ | POLL, a);
        context.addHandler(second.fd(), READ | POLL | EXTERNAL, b);
        context.poll(false);
        beginPollMode();
        a.onEnd = context::disableExternal;
        b.onEnd = () -> b.look = () -> true;
        context.setPolling(PollingOptions.OFF);
        context.poll(false);
        assertEquals(List.of("a end", "b end"), log);
        context.enableExternal();
        context.poll(false);
        assertTrue(log.contains("b ready"), log.toString());
    }

    @Test
    void whoIsAddedWhilePollModeEndsInABarrierIsPolled() throws ErrnoException {
        context.addHandler(first.fd(), READ | POLL | EXTERNAL, a);
        AioHandler plain = context.addHandler(second.fd(), READ, new Recorder("plain", log));
        context.poll(false);
        beginPollMode();
        a.onEnd = () -> {
            try {
                context.addHandler(-1, POLL, b);
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            }
            context.removeAndAwait(plain);
        };
        context.execute("drain", context::disableExternal);
        context.poll(true);
        pollSomeTimes();
        assertTrue(b.looks > 0);
    }

    @Test
    void aDueLookThatThrowsKeepsNobodyOutOfThePollSet() throws ErrnoException {
        context.addHandler(first.fd(), READ | POLL | EXTERNAL, a);
        context.poll(false);
        beginPollMode();
        context.disableExternal();
        context.addHandler(-1, POLL, b);
        a.look = () -> {
            throwPlanted();
            return false;
        };
        context.enableExternal();
        assertThrows(IllegalStateException.class, () -> context.poll(false));
        a.look = () -> false;
        int looks = a.looks;
        pollSomeTimes();
        assertTrue(a.looks > looks && b.looks > 0);
    }

    @Test
    void aPollEndThatThrowsKeepsNobodyInPollMode() throws ErrnoException {
        context.addHandler(first.fd(), READ | POLL, a);
        context.addHandler(second.fd(), READ | POLL, b);
        context.poll(false);
        beginPollMode();
        a.onEnd = LoopRecoveryTest::throwPlanted;
        b.onEnd = () -> b.look = () -> true;
        context.setPolling(PollingOptions.OFF);
        assertThrows(IllegalStateException.class, () -> context.poll(false));
        assertEquals(List.of("a end", "b end"), log);
        context.poll(false);
        assertTrue(log.contains("b ready"), log.toString());
    }

    @Test
    void theLoopLeavesPollModeAlsoIfATimerIsPutOffAtTheLastMoment() throws ErrnoException {
        context.addHandler(first.fd(), READ | POLL, a);
        context.poll(false);
        beginPollMode();
        AioTimer timer = context.timer("timer", Recorder.NOTHING);
        // Due when the loop looks, and not any more when it has run what was deferred.
        timer.modify(clock.nanoTime());
        context.defer(new DeferredCall() {
            @Override
            protected void runDeferred() {
                timer.modify(clock.nanoTime() + 20_000_000);
            }
        });
        context.poll(true);
        if (context.stats().waits() > 0) {
            assertTrue(log.contains("a end"), "asleep in poll mode: " + log);
        }
        timer.cancel();
    }

    @Test
    void aBarrierEndsAlsoIfACallbackThrowsInIt() throws Exception {
        context.addHandler(first.fd(), READ | POLL | EXTERNAL, a);
        context.poll(false);
        beginPollMode();
        a.onEnd = LoopRecoveryTest::throwPlanted;
        AtomicBoolean through = new AtomicBoolean();
        Thread drainer = new Thread(() -> {
            context.disableExternal();
            through.set(true);
        });
        context.execute("start", () -> {
            drainer.start();
            while (drainer.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        });
        boolean thrown = false;
        for (int i = 0; i < 10; i++) {
            try {
                context.poll(false);
            } catch (IllegalStateException e) {
                thrown = true;
            }
        }
        drainer.join(TimeUnit.SECONDS.toMillis(20));
        assertTrue(thrown && through.get());
    }

    @Test
    void anIdleRoundIsNotDueBecauseOfOneThatWasPutAsideBefore() {
        clock.stepOnRead(0);
        int[] ran = new int[1];
        try (BottomHalf idle = context.bottomHalf("idle", () -> ran[0]++)) {
            idle.scheduleIdle();
            context.poll(false);
            idle.schedule();
            context.poll(false);
            assertEquals(1, ran[0]);
            clock.advance(2 * BottomHalfQueue.IDLE_NS);
            idle.scheduleIdle();
            context.poll(false);
            assertEquals(1, ran[0]);
            clock.advance(BottomHalfQueue.IDLE_NS);
            context.poll(false);
            assertEquals(2, ran[0]);
        }
    }

    @Test
    void aLoopThatCannotBePinnedToAProcessorLeavesNoThread() {
        Thread.currentThread().interrupt();
        try {
            IoThread.startOnCpu("pinned-loop", AioOptions.of(PollingOptions.OFF), 0).close();
        } catch (IllegalStateException | ErrnoException e) {
            // Interrupted while it waited for the thread; what counts is what is left.
        }
        Thread.interrupted();
        assertFalse(Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("pinned-loop")));
    }

    @Test
    void aClosedContextCannotBeHosted() throws ErrnoException {
        AioContext closed = AioContext.create(AioOptions.of(PollingOptions.OFF));
        closed.close();
        assertThrows(IllegalStateException.class, closed::source);
    }
}
