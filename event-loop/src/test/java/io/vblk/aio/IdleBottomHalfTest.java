// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bottom halves scheduled as idle, on a clock that a test moves where nothing else is said. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class IdleBottomHalfTest {
    private static final long IDLE_NS = BottomHalfQueue.IDLE_NS;
    private static final int RACE_ROUNDS = 2_000;

    private final List<String> ran = new ArrayList<>();
    private final ManualClock clock = new ManualClock(0);
    private AioContext context;

    @BeforeEach
    void create() throws ErrnoException {
        context = AioContext.create(
                new AioOptions(PollingOptions.OFF, FdMonitorKind.PPOLL, 64, clock));
    }

    @AfterEach
    void close() {
        context.close();
    }

    private BottomHalf bottomHalf(String name) {
        return context.bottomHalf(name, () -> ran.add(name));
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(ran);
        ran.clear();
        return copy;
    }

    /** Lets the loop notice what is idle, then makes it due. */
    private void idleRound() {
        context.poll(false);
        clock.advance(IDLE_NS);
        context.poll(false);
    }

    // ------------------------------------------------------------------ when

    @Test
    void runsExactlyWhenDueAndIsNoProgress() {
        bottomHalf("idle").scheduleIdle();
        assertFalse(context.poll(false));
        clock.advance(IDLE_NS - 1);
        assertFalse(context.poll(false));
        assertEquals(List.of(), taken());
        clock.advance(1);
        assertFalse(context.poll(false));
        assertEquals(List.of("idle"), taken());
        assertEquals(0, context.stats().bottomHalves());
        assertEquals(1, context.stats().idleBottomHalves());
        clock.advance(IDLE_NS);
        assertFalse(context.poll(false));
        assertEquals(List.of(), taken());
    }

    @Test
    void oneThatComesLaterJoinsTheRoundThatIsDueNext() {
        bottomHalf("a").scheduleIdle();
        context.poll(false);
        clock.advance(IDLE_NS - 1);
        bottomHalf("b").scheduleIdle();
        context.poll(false);
        clock.advance(1);
        context.poll(false);
        assertEquals(List.of("a", "b"), taken());
    }

    @Test
    void runsAlsoWhileOthersKeepTheLoopBusy() {
        BottomHalf[] busy = new BottomHalf[1];
        busy[0] = context.bottomHalf("busy", () -> busy[0].schedule());
        busy[0].schedule();
        bottomHalf("idle").scheduleIdle();
        long startNs = clock.nanoTime();
        while (taken().isEmpty()) {
            assertTrue(context.poll(true));
            clock.advance(1_000_000);
            assertTrue(clock.nanoTime() - startNs <= IDLE_NS + 2_000_000);
        }
    }

    @Test
    void oneThatSchedulesItselfRunsTenTimesInTenRounds() {
        BottomHalf[] self = new BottomHalf[1];
        self[0] = context.bottomHalf("self", () -> {
            ran.add("self");
            self[0].scheduleIdle();
        });
        self[0].scheduleIdle();
        for (int i = 0; i < 1_000; i++) {
            assertFalse(context.poll(false));
            clock.advance(10 * IDLE_NS / 1_000);
        }
        assertTrue(ran.size() >= 8 && ran.size() <= 12, ran.size() + " times");
    }

    @Test
    void blockingPollsSleepBetweenTheRounds() throws ErrnoException {
        int rounds = 5;
        for (FdMonitorKind kind : FdMonitorKind.values()) {
            try (AioContext real = AioContext.create(
                    new AioOptions(PollingOptions.OFF, kind, 64, NanoClock.MONOTONIC))) {
                int[] runs = new int[1];
                BottomHalf[] self = new BottomHalf[1];
                self[0] = real.bottomHalf("self", () -> {
                    runs[0]++;
                    self[0].scheduleIdle();
                });
                long startNs = System.nanoTime();
                self[0].scheduleIdle();
                while (runs[0] < rounds) {
                    assertFalse(real.poll(true));
                }
                long tookNs = System.nanoTime() - startNs;
                AioStats stats = real.stats();
                assertTrue(tookNs >= rounds * IDLE_NS, kind + ": " + tookNs);
                assertTrue(stats.iterations() <= 6 * rounds, kind + ": " + stats);
                // Held up for longer than a round, the loop need not sleep before it.
                assertTrue(stats.waits() <= 3 * rounds, kind + ": " + stats);
                assertEquals(rounds, stats.idleBottomHalves());
                self[0].close();
            }
        }
    }

    @Test
    void runInTheOrderOfScheduling() {
        BottomHalf a = bottomHalf("a");
        BottomHalf b = bottomHalf("b");
        BottomHalf c = bottomHalf("c");
        c.scheduleIdle();
        a.scheduleIdle();
        context.poll(false);
        b.scheduleIdle();
        a.scheduleIdle();
        idleRound();
        assertEquals(List.of("c", "a", "b"), taken());
    }

    @Test
    void manyRunInTheOrderOfScheduling() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            bottomHalf("b" + i).scheduleIdle();
            expected.add("b" + i);
        }
        idleRound();
        assertEquals(expected, taken());
    }

    // ------------------------------------------------------------------ mixed with normal ones

    @Test
    void scheduledAfterAllRunsAtOnceAndIsProgress() {
        BottomHalf idle = bottomHalf("idle");
        BottomHalf other = bottomHalf("other");
        idle.scheduleIdle();
        idle.schedule();
        assertTrue(context.poll(true));
        assertEquals(List.of("idle"), taken());
        other.scheduleIdle();
        idle.scheduleIdle();
        context.poll(false);
        idle.schedule();
        assertTrue(context.poll(true));
        assertEquals(List.of("idle"), taken());
        assertEquals(2, context.stats().bottomHalves());
        clock.advance(IDLE_NS);
        assertFalse(context.poll(false));
        assertEquals(List.of("other"), taken());
    }

    @Test
    void scheduledNormallyStaysSoWhenAlsoScheduledAsIdle() {
        BottomHalf a = bottomHalf("a");
        a.schedule();
        a.scheduleIdle();
        assertTrue(context.poll(true));
        assertEquals(List.of("a"), taken());
        idleRound();
        assertEquals(List.of(), taken());
    }

    @Test
    void oneThatIsPutAsideAndThenSchedulesItselfRunsOncePerIteration() {
        BottomHalf[] self = new BottomHalf[1];
        self[0] = context.bottomHalf("self", () -> {
            ran.add("self");
            self[0].schedule();
        });
        self[0].scheduleIdle();
        context.poll(false);
        self[0].schedule();
        for (int i = 0; i < 3; i++) {
            assertTrue(context.poll(false));
            assertEquals(List.of("self"), taken(), "iteration " + i);
        }
    }

    @Test
    void whatOneThatWasPutAsideSchedulesRunsInTheNextIteration() {
        BottomHalf second = bottomHalf("second");
        BottomHalf first = context.bottomHalf("first", second::schedule);
        first.scheduleIdle();
        context.poll(false);
        first.schedule();
        assertTrue(context.poll(false));
        assertEquals(List.of(), taken());
        assertTrue(context.poll(false));
        assertEquals(List.of("second"), taken());
    }

    @Test
    void anIdleCallbackMaySwitchToNormalAndBack() {
        BottomHalf[] self = new BottomHalf[1];
        self[0] = context.bottomHalf("self", () -> {
            ran.add("self");
            if (ran.size() == 1) {
                self[0].schedule();
            } else {
                self[0].scheduleIdle();
            }
        });
        self[0].scheduleIdle();
        idleRound();
        assertEquals(1, ran.size());
        assertTrue(context.poll(true));
        assertEquals(2, ran.size());
        assertFalse(context.poll(false));
        assertEquals(2, ran.size());
        idleRound();
        assertEquals(3, ran.size());
    }

    // ------------------------------------------------------------------ not after all

    @Test
    void cancelForgetsItBeforeAndAfterItWasPutAside() {
        BottomHalf a = bottomHalf("a");
        BottomHalf b = bottomHalf("b");
        a.scheduleIdle();
        b.scheduleIdle();
        a.cancel();
        context.poll(false);
        b.cancel();
        idleRound();
        assertEquals(List.of(), taken());
        a.scheduleIdle();
        b.schedule();
        assertTrue(context.poll(false));
        assertEquals(List.of("b"), taken());
        idleRound();
        assertEquals(List.of("a"), taken());
    }

    @Test
    void cancelledWhileAsideItCanBeScheduledEitherWay() {
        BottomHalf a = bottomHalf("a");
        for (int i = 0; i < 3; i++) {
            a.scheduleIdle();
            context.poll(false);
            a.cancel();
            a.schedule();
            assertTrue(context.poll(true));
            assertEquals(List.of("a"), taken());
            a.scheduleIdle();
            context.poll(false);
            a.cancel();
            a.scheduleIdle();
            idleRound();
            assertEquals(List.of("a"), taken());
        }
    }

    @Test
    void mayCloseItselfAndOthersInItsCallback() {
        BottomHalf[] all = new BottomHalf[3];
        for (int i = 0; i < 3; i++) {
            String name = "b" + i;
            all[i] = context.bottomHalf(name, () -> {
                ran.add(name);
                all[0].scheduleIdle();
                all[0].close();
                all[1].close();
            });
            all[i].scheduleIdle();
        }
        idleRound();
        assertEquals(List.of("b0", "b2"), taken());
        idleRound();
        assertEquals(List.of(), taken());
    }

    @Test
    void oneThatThrowsCostsTheOthersNothing() {
        BottomHalf bad = context.bottomHalf("bad", () -> {
            throw new IllegalStateException("bad");
        });
        bottomHalf("before").scheduleIdle();
        bad.scheduleIdle();
        bottomHalf("after").scheduleIdle();
        bottomHalf("last").scheduleIdle();
        context.poll(false);
        clock.advance(IDLE_NS);
        assertThrows(IllegalStateException.class, () -> context.poll(false));
        idleRound();
        assertEquals(List.of("before", "after", "last"), taken());
        bad.schedule();
        bottomHalf("normal").schedule();
        assertThrows(IllegalStateException.class, () -> context.poll(false));
        assertTrue(context.poll(false));
        assertEquals(List.of("normal"), taken());
    }

    @Test
    void oneThatWasPutAsideAndThrowsWhenScheduledCostsTheOthersNothing() {
        BottomHalf bad = context.bottomHalf("bad", () -> {
            throw new IllegalStateException("bad");
        });
        BottomHalf aside = bottomHalf("aside");
        BottomHalf idle = bottomHalf("idle");
        bad.scheduleIdle();
        aside.scheduleIdle();
        idle.scheduleIdle();
        context.poll(false);
        bad.schedule();
        aside.schedule();
        bottomHalf("normal").schedule();
        assertThrows(IllegalStateException.class, () -> context.poll(false));
        assertTrue(context.poll(false));
        assertEquals(List.of("aside", "normal"), taken());
        clock.advance(IDLE_NS);
        context.poll(false);
        assertEquals(List.of("idle"), taken());
    }

    // ------------------------------------------------------------------ other threads

    @Test
    void oneOfAnotherThreadWakesASleepingLoopAndRuns() throws Exception {
        AioOptions options = AioOptions.of(PollingOptions.OFF);
        try (IoThread loop = IoThread.start("loop", options)) {
            for (int i = 0; i < 10; i++) {
                AioContextTest.awaitSleep(loop);
                CountDownLatch done = new CountDownLatch(1);
                BottomHalf idle = loop.context().bottomHalf("idle", done::countDown);
                idle.scheduleIdle();
                assertTrue(done.await(60, TimeUnit.SECONDS), "round " + i);
                idle.close();
            }
        }
    }

    @Test
    void aLastScheduleAlwaysRunsWhateverWasBefore() throws Exception {
        long seed = Long.getLong("fuzz.seed", System.nanoTime());
        System.out.println("IdleBottomHalfTest: -Dfuzz.seed=" + seed);
        Random random = new Random(seed);
        AioOptions options = AioOptions.of(PollingOptions.OFF);
        try (IoThread loop = IoThread.start("loop", options)) {
            Semaphore done = new Semaphore(0);
            int[] wanted = new int[1];
            int[] answered = new int[1];
            Object lock = new Object();
            BottomHalf racing = loop.context().bottomHalf("racing", () -> {
                synchronized (lock) {
                    if (answered[0] != wanted[0]) {
                        answered[0] = wanted[0];
                        done.release();
                    }
                }
            });
            for (int round = 1; round <= RACE_ROUNDS; round++) {
                for (int i = random.nextInt(50); i > 0; i--) {
                    switch (random.nextInt(3)) {
                        case 0 -> racing.schedule();
                        case 1 -> racing.scheduleIdle();
                        default -> racing.cancel();
                    }
                }
                synchronized (lock) {
                    wanted[0] = round;
                }
                racing.schedule();
                assertTrue(done.tryAcquire(60, TimeUnit.SECONDS),
                        "round " + round + " -Dfuzz.seed=" + seed);
            }
        }
    }
}
