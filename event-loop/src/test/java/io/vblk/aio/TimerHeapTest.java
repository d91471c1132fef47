// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimerHeapTest {
    private final TimerHeap heap = new TimerHeap();
    private final List<String> fired = new ArrayList<>();

    private AioTimer timer(String name) {
        return timer(name, () -> { });
    }

    private AioTimer timer(String name, Runnable hook) {
        return new AioTimer(null, null, name, () -> {
            fired.add(name);
            hook.run();
        });
    }

    @Test
    void equalDeadlinesFireInTheOrderOfArming() {
        AioTimer[] timers = new AioTimer[20];
        List<String> names = new ArrayList<>();
        for (int i = 0; i < timers.length; i++) {
            timers[i] = timer("t" + i);
            heap.arm(timers[i], 100);
            names.add("t" + i);
        }
        heap.arm(timers[3], 100);
        names.remove("t3");
        names.add("t3");
        assertEquals(0, heap.runExpired(99));
        assertEquals(20, heap.runExpired(100));
        assertEquals(names, fired);
    }

    @Test
    void soonestIsNeverNegative() {
        heap.arm(timer("a"), 100);
        assertEquals(60, heap.soonestNs(40));
        assertEquals(0, heap.soonestNs(100));
        assertEquals(0, heap.soonestNs(1_000));
    }

    @Test
    void aTimerArmedAgainIntoThePastFiresInTheNextRun() {
        AioTimer[] self = new AioTimer[1];
        self[0] = timer("again", () -> heap.arm(self[0], 0));
        heap.arm(self[0], 10);
        for (int run = 1; run <= 3; run++) {
            assertEquals(1, heap.runExpired(10));
            assertEquals(run, fired.size());
            assertTrue(self[0].isArmed());
        }
    }

    @Test
    void anExpiredTimerThatIsCancelledBeforeItsTurnDoesNotFire() {
        AioTimer second = timer("second");
        AioTimer first = timer("first", () -> heap.disarm(second));
        AioTimer third = timer("third");
        heap.arm(first, 1);
        heap.arm(second, 2);
        heap.arm(third, 3);
        assertEquals(2, heap.runExpired(5));
        assertEquals(List.of("first", "third"), fired);
        assertFalse(second.isArmed());
        assertTrue(heap.isEmpty());
    }

    @Test
    void anExpiredTimerThatIsMovedBeforeItsTurnFiresAtItsNewTime() {
        AioTimer second = timer("second");
        AioTimer first = timer("first", () -> heap.arm(second, 50));
        heap.arm(first, 1);
        heap.arm(second, 2);
        assertEquals(1, heap.runExpired(5));
        assertEquals(45, heap.soonestNs(5));
        assertEquals(1, heap.runExpired(50));
        assertEquals(List.of("first", "second"), fired);
    }

    @Test
    void aCallbackThatThrowsCostsTheOthersNothing() {
        AioTimer cancelled = timer("cancelled");
        AioTimer bad = timer("bad", () -> {
            heap.disarm(cancelled);
            throw new IllegalStateException("bad");
        });
        heap.arm(bad, 1);
        heap.arm(cancelled, 2);
        heap.arm(timer("good"), 3);
        heap.arm(timer("better"), 4);
        assertThrows(IllegalStateException.class, () -> heap.runExpired(5));
        assertEquals(2, heap.runExpired(5));
        assertEquals(List.of("bad", "good", "better"), fired);
    }

    @Test
    void timersFireAcrossTheWrapOfTheClock() {
        heap.arm(timer("after"), Long.MIN_VALUE + 5);
        heap.arm(timer("before"), Long.MAX_VALUE - 5);
        assertEquals(15, heap.soonestNs(Long.MAX_VALUE - 20));
        assertEquals(1, heap.runExpired(Long.MAX_VALUE - 5));
        assertEquals(1, heap.runExpired(Long.MIN_VALUE + 5));
        assertEquals(List.of("before", "after"), fired);
    }

    @Test
    void behavesLikeASortedList() {
        long seed = Long.getLong("fuzz.seed", System.nanoTime());
        System.out.println("TimerHeapTest: -Dfuzz.seed=" + seed);
        new Model(seed).run(20_000);
    }

    /** The same operations on the heap and on a list that is sorted by deadline and arming. */
    private static final class Model {
        private record Entry(int id, long deadlineNs, int sequence) { }

        private static final int TIMERS = 40;
        private static final Comparator<Entry> ORDER =
                Comparator.comparingLong(Entry::deadlineNs).thenComparingInt(Entry::sequence);

        private final Random random;
        private final TimerHeap heap = new TimerHeap();
        private final AioTimer[] timers = new AioTimer[TIMERS];
        private final List<Entry> armed = new ArrayList<>();
        private final List<Entry> due = new ArrayList<>();
        private int sequence;
        private long nowNs;

        Model(long seed) {
            random = new Random(seed);
            for (int id = 0; id < TIMERS; id++) {
                int self = id;
                timers[id] = new AioTimer(null, null, "t" + id, () -> fires(self));
            }
        }

        void run(int steps) {
            for (int step = 0; step < steps; step++) {
                if (random.nextInt(4) == 0) {
                    nowNs += random.nextInt(20);
                    runExpired();
                } else {
                    change();
                }
                assertEquals(armed.isEmpty(), heap.isEmpty());
                if (!armed.isEmpty()) {
                    armed.sort(ORDER);
                    long soonestNs = Math.max(0, armed.get(0).deadlineNs() - nowNs);
                    assertEquals(soonestNs, heap.soonestNs(nowNs));
                }
            }
        }

        private void runExpired() {
            armed.sort(ORDER);
            while (!armed.isEmpty() && armed.get(0).deadlineNs() <= nowNs) {
                due.add(armed.remove(0));
            }
            heap.runExpired(nowNs);
            assertTrue(due.isEmpty(), "not fired: " + due);
        }

        private void fires(int id) {
            assertEquals(due.remove(0).id(), id);
            for (int i = random.nextInt(3); i > 0; i--) {
                change();
            }
        }

        private void change() {
            int id = random.nextInt(TIMERS);
            armed.removeIf(entry -> entry.id() == id);
            due.removeIf(entry -> entry.id() == id);
            if (random.nextInt(3) == 0) {
                heap.disarm(timers[id]);
            } else {
                long deadlineNs = nowNs - 5 + random.nextInt(40);
                heap.arm(timers[id], deadlineNs);
                armed.add(new Entry(id, deadlineNs, sequence++));
            }
            boolean isArmed = armed.stream().anyMatch(entry -> entry.id() == id);
            assertEquals(isArmed, timers[id].isArmed());
        }
    }
}
