// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Adaptive polling, on a clock that steps one microsecond on each read. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AioContextPollingTest {
    private static final int READ = AioHandler.READ;
    private static final int POLL = AioHandler.POLL;
    private static final long STEP_NS = 1_000;
    private static final PollingOptions POLLING = PollingOptions.classic(1_000_000, 0, 0);
    /** Iterations within which a starved descriptor has to be served on that clock. */
    private static final long ITERATIONS_MAX = 2 * Poller.FD_LOOK_NS / STEP_NS;

    private final List<String> log = new ArrayList<>();
    private final ManualClock clock = new ManualClock(0);
    private final Recorder queue = new Recorder("queue", log);
    private final Recorder plain = new Recorder("plain", log);
    private AioContext context;
    private EventNotifier kick;
    private EventNotifier event;
    private AioHandler queueHandler;

    @BeforeEach
    void create() throws ErrnoException {
        clock.stepOnRead(STEP_NS);
        context = AioContext.create(new AioOptions(POLLING, FdMonitorKind.AUTO, 64, clock));
        kick = EventNotifier.create();
        event = EventNotifier.create();
        queue.onRead = kick::testAndClear;
        plain.onRead = event::testAndClear;
        queueHandler = context.addHandler(kick.fd(), READ | POLL, queue);
    }

    @AfterEach
    void close() {
        context.close();
        kick.close();
        event.close();
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    /** A kick that is there at once: the wait is short, so the polling time grows. */
    private void startPolling() {
        context.poll(false);
        kick.set();
        assertTrue(context.poll(true));
        assertEquals(List.of("queue read"), taken());
        assertTrue(context.stats().pollTimeNs() > 0);
    }

    /** Work that the queue's next look but so many finds. */
    private void workAfter(int looks) {
        int at = queue.looks + looks;
        queue.look = () -> queue.looks > at;
    }

    private void noWork() {
        queue.look = () -> false;
    }

    @Test
    void startsAfterTheFirstShortWait() {
        startPolling();
        assertEquals(4_000, context.stats().pollTimeNs());
        assertEquals(4_000, context.stats().pollTimePeakNs());
        assertEquals(1, context.stats().waits());
    }

    @Test
    void pollModeBeginsOnceAndEndsBeforeTheLoopSleeps() {
        startPolling();
        for (int i = 0; i < 3; i++) {
            workAfter(2);
            assertTrue(context.poll(true));
            noWork();
        }
        assertEquals(List.of("queue begin", "queue ready", "queue ready", "queue ready"), taken());
        assertEquals(1, context.stats().waits());
        queue.onEnd = kick::set;
        assertTrue(context.poll(true));
        assertEquals(List.of("queue end", "queue read"), taken());
        assertEquals(2, context.stats().waits());
    }

    @Test
    void whatHappensWhilePollModeEndsIsFoundByOneMoreLook() {
        startPolling();
        queue.onEnd = () -> queue.look = () -> true;
        assertTrue(context.poll(true));
        assertEquals(List.of("queue begin", "queue end", "queue ready"), taken());
        assertEquals(1, context.stats().waits());
    }

    @Test
    void whatAPollEndCallbackDefersOrSchedulesIsNotSleptOver() {
        startPolling();
        queue.onEnd = () -> context.defer(new DeferredCall() {
            @Override
            protected void runDeferred() {
                context.execute("deferred", () -> log.add("deferred"));
            }
        });
        assertTrue(context.poll(true));
        assertEquals(List.of("queue begin", "queue end", "deferred"), taken());
        assertEquals(1, context.stats().waits());
    }

    @Test
    void aTimerEndsBusyPollingWithoutLeavingPollMode() {
        startPolling();
        workAfter(2);
        assertTrue(context.poll(true));
        noWork();
        assertEquals(List.of("queue begin", "queue ready"), taken());
        AioStats before = context.stats();
        context.timer("timer", () -> log.add("timer")).modify(clock.nanoTime() + 4 * STEP_NS);
        assertTrue(context.poll(true));
        assertEquals(List.of("timer"), taken());
        AioStats gained = context.stats().since(before);
        assertEquals(1, gained.pollPhases());
        assertTrue(gained.pollNs() > 0 && gained.pollNs() < 4 * STEP_NS);
        assertEquals(0, gained.waits());
    }

    @Test
    void bottomHalvesThatKeepComingDoNotEndPollMode() {
        startPolling();
        workAfter(2);
        assertTrue(context.poll(true));
        noWork();
        assertEquals(List.of("queue begin", "queue ready"), taken());
        for (int i = 0; i < 100; i++) {
            context.execute("bottom half", Recorder.NOTHING);
            assertTrue(context.poll(true));
        }
        assertEquals(List.of(), taken());
    }

    @Test
    void aNonBlockingPollSeesEveryDescriptor() throws ErrnoException {
        context.addHandler(event.fd(), READ, plain);
        for (int i = 0; i < 1_000; i++) {
            kick.set();
            event.set();
            assertTrue(context.poll(false));
            assertEquals(2, taken().size());
            assertFalse(context.poll(false));
        }
        queue.look = () -> true;
        for (int i = 0; i < 100; i++) {
            event.set();
            assertTrue(context.poll(false));
            assertTrue(taken().contains("plain read"));
        }
    }

    @Test
    void aNonBlockingPollSeesTheDescriptorsOfQueuesThatHaveWork() {
        queue.look = () -> true;
        for (int i = 0; i < 100; i++) {
            kick.set();
            assertTrue(context.poll(false));
            assertEquals(List.of("queue ready", "queue read"), taken());
        }
    }

    @Test
    void switchedOffNobodyWithADescriptorIsPolled() throws ErrnoException {
        Recorder memory = new Recorder("memory", log);
        memory.look = () -> true;
        context.setPolling(PollingOptions.OFF);
        context.addHandler(-1, POLL, memory);
        queue.look = () -> true;
        for (int i = 0; i < 100; i++) {
            assertTrue(context.poll(i % 2 == 0));
        }
        assertEquals(100, log.size());
        assertTrue(log.stream().allMatch("memory ready"::equals));
        assertEquals(0, queue.looks);
        assertEquals(PollingOptions.OFF, context.polling());
    }

    @Test
    void switchedOffMemoryThatIsAlwaysReadyDoesNotStarveDescriptors() throws ErrnoException {
        Recorder memory = new Recorder("memory", log);
        memory.look = () -> true;
        context.setPolling(PollingOptions.OFF);
        context.addHandler(-1, POLL, memory);
        context.poll(true);
        kick.set();
        assertServedWithin(ITERATIONS_MAX, "queue read");
    }

    @Test
    void switchingOffEndsPollModeAndLooksOnceMore() {
        startPolling();
        workAfter(2);
        assertTrue(context.poll(true));
        assertEquals(List.of("queue begin", "queue ready"), taken());
        queue.onEnd = () -> queue.look = () -> true;
        noWork();
        context.setPolling(PollingOptions.OFF);
        assertTrue(context.poll(true));
        assertEquals(List.of("queue end", "queue ready"), taken());
        assertEquals(0, context.stats().pollTimeNs());
    }

    @Test
    void aLowerMaximumHoldsFromTheNextIterationOn() {
        context.setPolling(PollingOptions.classic(1_000_000, 200, 0));
        startPolling();
        kick.set();
        context.poll(true);
        assertEquals(800_000, context.stats().pollTimeNs());
        context.setPolling(PollingOptions.classic(1_500, 0, 0));
        context.poll(false);
        kick.set();
        int looks = queue.looks;
        assertTrue(context.poll(true));
        assertTrue(queue.looks - looks < 100, queue.looks - looks + " looks");
        assertTrue(context.stats().pollTimeNs() <= 1_500);
    }

    @Test
    void aWakeupEndsBusyPollingAtOnceWithoutASystemCall() throws Exception {
        startPolling();
        Thread waker = whileBusyPolling(() -> context.execute("woken", () -> log.add("woken")));
        assertTrue(context.poll(true));
        waker.join();
        assertEquals(List.of("queue begin", "woken"), taken());
        assertEquals(0, context.stats().wakeupsSent());
        assertEquals(1, context.stats().waits());
    }

    @Test
    void switchingOffEndsBusyPollingAtOnce() throws Exception {
        startPolling();
        Thread waker = whileBusyPolling(() -> context.setPolling(PollingOptions.OFF));
        assertFalse(context.poll(true));
        waker.join();
        assertEquals(List.of("queue begin"), taken());
    }

    /** Acts on another thread as soon as the loop polls; as the clock stands, it polls for ever. */
    private Thread whileBusyPolling(Runnable action) {
        clock.stepOnRead(0);
        CountDownLatch polling = new CountDownLatch(100);
        queue.look = () -> {
            polling.countDown();
            return false;
        };
        Thread thread = new Thread(() -> {
            try {
                polling.await();
                action.run();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void aPlainDescriptorIsServedBesideAQueueThatAlwaysHasWork() throws ErrnoException {
        context.addHandler(event.fd(), READ, plain);
        queue.look = () -> true;
        context.poll(true);
        event.set();
        assertServedWithin(ITERATIONS_MAX, "plain read");
    }

    @Test
    void aWritableDescriptorIsServedBesideAQueueThatAlwaysHasWork() throws ErrnoException {
        Recorder socket = new Recorder("socket", log);
        context.addHandler(event.fd(), READ | POLL | AioHandler.WRITE, socket);
        queue.look = () -> true;
        assertServedWithin(ITERATIONS_MAX, "socket write");
    }

    @Test
    void aPlainDescriptorIsServedWhileTheLoopBusyPolls() throws ErrnoException {
        context.addHandler(event.fd(), READ, plain);
        context.setPolling(PollingOptions.classic(1_000_000, 200, 0));
        startPolling();
        kick.set();
        context.poll(true);
        taken();
        // Set in the middle of a polling time of some hundred microseconds.
        int at = queue.looks + 100;
        queue.look = () -> {
            if (queue.looks == at) {
                event.set();
            }
            return false;
        };
        long waits = context.stats().waits();
        assertTrue(context.poll(true));
        assertTrue(taken().contains("plain read"));
        assertEquals(waits, context.stats().waits());
    }

    private void assertServedWithin(long iterations, String what) {
        for (int i = 0; i <= iterations && !log.contains(what); i++) {
            context.poll(true);
        }
        assertTrue(log.contains(what), what + " not within " + iterations);
    }

    @Test
    void onlyPolledQueuesCostNoLookAtTheClockOrAtDescriptorsEachTime() {
        context.poll(false);
        queue.look = () -> true;
        long beforeNs = clock.nanoTime();
        for (int i = 0; i < 640; i++) {
            context.poll(true);
        }
        long reads = (clock.nanoTime() - beforeNs) / STEP_NS - 1;
        assertEquals(10, reads);
    }

    @Test
    void timeSpentInHandlersDoesNotChangeThePollingTime() {
        startPolling();
        queue.onReady = () -> clock.advance(2_000_000);
        for (int i = 0; i < 5; i++) {
            workAfter(i);
            assertTrue(context.poll(true));
            assertEquals(4_000, context.stats().pollTimeNs());
        }
    }

    @Test
    void anIdleQueueLeavesAndItsKickBringsItBack() throws ErrnoException {
        context.addHandler(event.fd(), READ, plain);
        startPolling();
        clock.advance(PollSet.IDLE_NS + 2_000_000_000L);
        serveOneEvent();
        int looks = queue.looks;
        serveOneEvent();
        serveOneEvent();
        assertEquals(looks, queue.looks, "still polled");
        assertFalse(taken().contains("queue read"));
        kick.set();
        assertTrue(context.poll(true));
        assertTrue(taken().contains("queue read"));
        serveOneEvent();
        assertTrue(queue.looks > looks, "not polled again");
    }

    private void serveOneEvent() {
        event.set();
        while (!log.contains("plain read")) {
            context.poll(true);
        }
        log.remove("plain read");
    }

    @Test
    void anIdleQueueLeavesAlsoBesideOneThatAlwaysHasWork() throws ErrnoException {
        Recorder busy = new Recorder("busy", log);
        busy.look = () -> true;
        context.addHandler(event.fd(), READ | POLL, busy);
        context.poll(true);
        clock.advance(PollSet.IDLE_NS + 2_000_000_000L);
        for (int i = 0; i < 100; i++) {
            assertTrue(context.poll(true));
        }
        int looks = queue.looks;
        for (int i = 0; i < 100; i++) {
            assertTrue(context.poll(true));
        }
        assertEquals(looks, queue.looks);
        kick.set();
        assertServedWithin(ITERATIONS_MAX, "queue read");
    }

    @Test
    void anIdleQueueLeavesAlsoIfTheLoopNeverPollsLongEnough() throws ErrnoException {
        context.setPolling(PollingOptions.classic(1, 0, 0));
        context.addHandler(event.fd(), READ, plain);
        serveOneEvent();
        clock.advance(PollSet.IDLE_NS + 2_000_000_000L);
        serveOneEvent();
        int looks = queue.looks;
        serveOneEvent();
        assertEquals(looks, queue.looks);
        assertEquals(0, context.stats().pollPhases());
    }

    @Test
    void aQueueThatIsKickedNowAndThenIsNotIdle() {
        startPolling();
        for (int i = 0; i < 10; i++) {
            clock.advance(PollSet.IDLE_NS - 1_000_000_000L);
            kick.set();
            context.poll(true);
        }
        taken();
        int looks = queue.looks;
        kick.set();
        context.poll(true);
        assertTrue(queue.looks > looks);
    }

    @Test
    void pollModeEndsAndIsLookedAfterWhenInterestInPollingGoes() throws ErrnoException {
        startPolling();
        workAfter(2);
        assertTrue(context.poll(true));
        assertEquals(List.of("queue begin", "queue ready"), taken());
        noWork();
        queue.onEnd = () -> queue.look = () -> true;
        context.setInterest(queueHandler, READ);
        assertTrue(context.poll(true));
        assertEquals(List.of("queue end", "queue ready"), taken());
        int looks = queue.looks;
        kick.set();
        while (!context.poll(true)) {
            assertEquals(looks, queue.looks);
        }
        assertEquals(List.of("queue read"), taken());
        assertEquals(looks, queue.looks);
    }

    @Test
    void aQueueRemovedInPollModeIsNotCalledAnyMore() {
        startPolling();
        workAfter(2);
        queue.onReady = () -> context.removeHandler(queueHandler);
        assertTrue(context.poll(true));
        assertEquals(List.of("queue begin", "queue ready"), taken());
        int looks = queue.looks;
        kick.set();
        for (int i = 0; i < 10; i++) {
            context.execute("bottom half", Recorder.NOTHING);
            assertTrue(context.poll(true));
        }
        assertEquals(List.of(), taken());
        assertEquals(looks, queue.looks);
    }

    @Test
    void aQueueRemovedByAnotherInTheSamePassIsNotServed() throws ErrnoException {
        Recorder second = new Recorder("second", log);
        AioHandler secondHandler = context.addHandler(-1, POLL, second);
        queue.look = () -> true;
        second.look = () -> true;
        queue.onReady = () -> context.removeHandler(secondHandler);
        assertTrue(context.poll(true));
        assertTrue(context.poll(true));
        assertFalse(taken().contains("second ready"));
    }

    @Test
    void workThatIsFoundAtOnceBeginsPollModeBeforeAnyPollingTime() {
        context.poll(false);
        queue.look = () -> true;
        assertTrue(context.poll(true));
        assertEquals(List.of("queue begin", "queue ready"), taken());
        noWork();
        kick.set();
        assertTrue(context.poll(true));
        assertEquals(List.of("queue end", "queue read"), taken());
    }

    @Test
    void aQueueAddedInPollModeGetsItsOwnBegin() throws ErrnoException {
        startPolling();
        workAfter(2);
        assertTrue(context.poll(true));
        noWork();
        taken();
        Recorder late = new Recorder("late", log);
        context.addHandler(event.fd(), READ | POLL, late);
        late.onBegin = () -> workAfter(2);
        while (!context.poll(true)) {
            assertFalse(log.contains("late end"));
        }
        assertEquals(List.of("late begin", "queue ready"), taken());
    }
}
