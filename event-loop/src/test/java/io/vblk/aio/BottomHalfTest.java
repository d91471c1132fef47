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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BottomHalfTest {
    private static final int THREADS = 4;
    private static final int SCHEDULES = 100_000;

    private AioContext context;
    private final List<String> ran = new ArrayList<>();

    @BeforeEach
    void create() throws ErrnoException {
        context = AioContext.create(AioOptions.of(PollingOptions.OFF));
    }

    @AfterEach
    void close() {
        context.close();
    }

    private BottomHalf bottomHalf(String name) {
        return context.bottomHalf(name, () -> ran.add(name));
    }

    @Test
    void runInTheOrderOfScheduling() {
        BottomHalf a = bottomHalf("a");
        BottomHalf b = bottomHalf("b");
        BottomHalf c = bottomHalf("c");
        c.schedule();
        a.schedule();
        b.schedule();
        assertTrue(context.poll(true));
        assertEquals(List.of("c", "a", "b"), ran);
        assertFalse(context.poll(false));
        assertEquals(3, context.stats().bottomHalves());
    }

    @Test
    void scheduledTwiceRunsOnce() {
        BottomHalf a = bottomHalf("a");
        a.schedule();
        a.schedule();
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of("a"), ran);
        a.schedule();
        assertTrue(context.poll(false));
        assertEquals(List.of("a", "a"), ran);
    }

    @Test
    void oneThatSchedulesItselfRunsOncePerIteration() {
        BottomHalf[] self = new BottomHalf[1];
        self[0] = context.bottomHalf("self", () -> {
            ran.add("self");
            self[0].schedule();
        });
        self[0].schedule();
        for (int iteration = 1; iteration <= 10; iteration++) {
            assertTrue(context.poll(true));
            assertEquals(iteration, ran.size());
        }
    }

    @Test
    void oneScheduledByAnotherRunsInTheNextIteration() {
        BottomHalf second = bottomHalf("second");
        context.execute("first", second::schedule);
        assertTrue(context.poll(true));
        assertEquals(List.of(), ran);
        assertTrue(context.poll(true));
        assertEquals(List.of("second"), ran);
    }

    @Test
    void cancelForgetsTheSchedule() {
        BottomHalf a = bottomHalf("a");
        BottomHalf b = bottomHalf("b");
        a.schedule();
        b.schedule();
        a.cancel();
        assertTrue(context.poll(false));
        assertEquals(List.of("b"), ran);
        a.schedule();
        a.cancel();
        a.schedule();
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of("b", "a"), ran);
    }

    @Test
    void cancelledAndScheduledAgainKeepsItsPlace() {
        BottomHalf a = bottomHalf("a");
        BottomHalf b = bottomHalf("b");
        BottomHalf c = bottomHalf("c");
        a.schedule();
        a.cancel();
        b.schedule();
        a.schedule();
        c.schedule();
        assertTrue(context.poll(false));
        assertEquals(List.of("a", "b", "c"), ran);
        assertFalse(context.poll(false));
    }

    @Test
    void cancelledByOneThatRunsBeforeItDoesNotRun() {
        BottomHalf second = bottomHalf("second");
        context.execute("first", second::cancel);
        second.schedule();
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of(), ran);
    }

    @Test
    void cancelledAloneMakesNoProgressAndDoesNotHoldTheLoop() {
        BottomHalf a = bottomHalf("a");
        a.schedule();
        a.cancel();
        assertFalse(context.poll(true));
        assertEquals(0, context.stats().bottomHalves());
    }

    @Test
    void closedNeverRunsAgain() {
        BottomHalf a = bottomHalf("a");
        a.schedule();
        a.close();
        assertFalse(context.poll(false));
        a.schedule();
        assertFalse(context.poll(false));
        assertEquals(List.of(), ran);
    }

    @Test
    void mayCloseItselfAndOthersInItsCallback() {
        BottomHalf[] all = new BottomHalf[3];
        for (int i = 0; i < 3; i++) {
            String name = "b" + i;
            all[i] = context.bottomHalf(name, () -> {
                ran.add(name);
                all[0].schedule();
                all[0].close();
                all[1].close();
            });
            all[i].schedule();
        }
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of("b0", "b2"), ran);
    }

    @Test
    void aCallbackThatThrowsCostsTheOthersNothing() {
        BottomHalf bad = context.bottomHalf("bad", () -> {
            throw new IllegalStateException("bad");
        });
        BottomHalf good = bottomHalf("good");
        BottomHalf better = bottomHalf("better");
        bad.schedule();
        good.schedule();
        better.schedule();
        assertThrows(IllegalStateException.class, () -> context.poll(false));
        assertTrue(context.poll(false));
        assertEquals(List.of("good", "better"), ran);
        good.schedule();
        assertTrue(context.poll(false));
        assertEquals(3, ran.size());
    }

    @Test
    void namesItself() {
        assertEquals("bottom half resume", bottomHalf("resume").toString());
    }

    @Test
    void oneShotsOfManyThreadsAllRunOnceAndInOrder() throws Exception {
        CountDownLatch done = new CountDownLatch(THREADS * SCHEDULES);
        int[] next = new int[THREADS];
        List<String> outOfOrder = new ArrayList<>();
        try (IoThread loop = IoThread.start("loop", AioOptions.of(PollingOptions.OFF))) {
            startAll(thread -> {
                for (int i = 0; i < SCHEDULES; i++) {
                    int mine = i;
                    loop.context().execute("one shot", () -> {
                        if (next[thread]++ != mine) {
                            outOfOrder.add("thread " + thread + " number " + mine);
                        }
                        done.countDown();
                    });
                }
            });
            assertTrue(done.await(60, TimeUnit.SECONDS), done.getCount() + " lost");
        }
        assertEquals(List.of(), outOfOrder);
        for (int count : next) {
            assertEquals(SCHEDULES, count);
        }
    }

    @Test
    void sharedOnesRunAfterTheLastScheduleOfEachThread() throws Exception {
        int shared = 3;
        AtomicIntegerArray posted = new AtomicIntegerArray(shared);
        int[] seen = new int[shared];
        CountDownLatch done = new CountDownLatch(shared);
        try (IoThread loop = IoThread.start("loop", AioOptions.of(PollingOptions.OFF))) {
            BottomHalf[] bottomHalves = new BottomHalf[shared];
            for (int i = 0; i < shared; i++) {
                int self = i;
                bottomHalves[i] = loop.context().bottomHalf("shared", () -> {
                    int now = posted.get(self);
                    if (now == THREADS * SCHEDULES && seen[self] != now) {
                        done.countDown();
                    }
                    seen[self] = now;
                });
            }
            startAll(thread -> {
                for (int i = 0; i < shared * SCHEDULES; i++) {
                    posted.incrementAndGet(i % shared);
                    bottomHalves[i % shared].schedule();
                }
            });
            // No call to the loop here: it would wake the loop and hide a lost wake-up.
            assertTrue(done.await(60, TimeUnit.SECONDS), done.getCount() + " not run at last");
        }
    }

    private interface Job {
        void run(int thread);
    }

    private static void startAll(Job job) {
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            new Thread(() -> job.run(thread), "scheduler " + i).start();
        }
    }
}
