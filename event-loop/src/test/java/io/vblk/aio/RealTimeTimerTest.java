// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Timers that follow the calendar, alone and beside those that follow the context's clock. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RealTimeTimerTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long EPOCH_NS = 1_700_000_000L * SECOND_NS;

    private final List<String> log = new ArrayList<>();
    private final ManualClock clock = new ManualClock(5);
    private final ManualClock wallClock = new ManualClock(EPOCH_NS);
    private AioContext context;

    @BeforeEach
    void create() throws ErrnoException {
        context = AioContext.create(new AioOptions(PollingOptions.OFF, FdMonitorKind.PPOLL, 64,
                clock, wallClock, IoLimits.DEFAULT));
    }

    @AfterEach
    void close() {
        context.close();
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    private AioTimer wall(String name, long deadlineNs) {
        AioTimer timer = context.realTimeTimer(name, () -> log.add(name));
        timer.modify(deadlineNs);
        return timer;
    }

    private AioTimer monotonic(String name, long deadlineNs) {
        AioTimer timer = context.timer(name, () -> log.add(name));
        timer.modify(deadlineNs);
        return timer;
    }

    @Test
    void firesWhenTheCalendarSaysSoThoughTheOtherClockStands() {
        AioTimer timer = wall("wall", EPOCH_NS + 100);
        wallClock.advance(99);
        assertFalse(context.poll(false));
        assertTrue(timer.isArmed());
        wallClock.advance(1);
        assertTrue(context.poll(false));
        assertEquals(List.of("wall"), taken());
        assertFalse(timer.isArmed());
        assertEquals(1, context.stats().timers());
        assertFalse(context.poll(false));
    }

    @Test
    void doesNotFireWhenTheOtherClockRunsOn() {
        wall("wall", EPOCH_NS + 100);
        clock.advance(1_000_000 * SECOND_NS);
        assertFalse(context.poll(false));
        assertEquals(List.of(), taken());
    }

    @Test
    void aClockSetForwardIsNoticedWithinTheNextLook() throws Exception {
        wall("wall", EPOCH_NS + 3_600 * SECOND_NS);
        assertEquals(TimerGroup.WALL_LOOK_NS, context.timers.soonestNs());
        assertFalse(context.poll(false));
        long[] waitsWhenSet = new long[1];
        Thread setter = new Thread(() -> {
            while (context.stats().waits() == 0) {
                Thread.yield();
            }
            wallClock.advance(3_600 * SECOND_NS);
            waitsWhenSet[0] = context.stats().waits();
        });
        setter.start();
        while (taken().isEmpty()) {
            context.poll(true);
        }
        setter.join();
        // The wait under way, or one whose time-out was worked out before.
        assertTrue(context.stats().waits() - waitsWhenSet[0] <= 1, context.stats().toString());
    }

    @Test
    void theWaitIsNoLongerThanTheSoonestOfBothClocksAndTheLook() {
        TimerGroup timers = context.timers;
        assertEquals(TimerGroup.NONE, timers.soonestNs());
        AioTimer late = monotonic("late", 5 + 7 * SECOND_NS);
        assertEquals(7 * SECOND_NS, timers.soonestNs());
        AioTimer wall = wall("wall", EPOCH_NS + 300);
        assertEquals(300, timers.soonestNs());
        wallClock.advance(1_000);
        assertEquals(0, timers.soonestNs());
        wall.modify(EPOCH_NS + 1_000 + 2 * SECOND_NS);
        assertEquals(TimerGroup.WALL_LOOK_NS, timers.soonestNs());
        late.modify(5 + 20);
        assertEquals(20, timers.soonestNs());
        wall.cancel();
        late.cancel();
        assertEquals(TimerGroup.NONE, timers.soonestNs());
    }

    @Test
    void aClockSetBackDelays() {
        wall("wall", EPOCH_NS + 100);
        wallClock.advance(-3_600 * SECOND_NS);
        assertFalse(context.poll(false));
        wallClock.advance(200);
        assertFalse(context.poll(false));
        wallClock.advance(3_600 * SECOND_NS);
        assertTrue(context.poll(false));
        assertEquals(List.of("wall"), taken());
    }

    @Test
    void expireSoonestFirstAndEqualOnesInTheOrderOfArming() {
        wall("c", EPOCH_NS + 30);
        wall("a", EPOCH_NS + 10);
        wall("b1", EPOCH_NS + 20);
        wall("b2", EPOCH_NS + 20);
        AioTimer moved = wall("moved", EPOCH_NS);
        moved.modify(EPOCH_NS + 20);
        wall("cancelled", EPOCH_NS + 1).cancel();
        wallClock.advance(30);
        assertTrue(context.poll(false));
        assertEquals(List.of("a", "b1", "b2", "moved", "c"), taken());
        assertEquals(5, context.stats().timers());
    }

    @Test
    void bothClocksFireInOneIterationAndAreCountedTogether() {
        wall("wall", EPOCH_NS + 1);
        monotonic("monotonic", 6);
        clock.advance(1);
        wallClock.advance(1);
        assertTrue(context.poll(true));
        assertEquals(List.of("monotonic", "wall"), taken());
        assertEquals(2, context.stats().timers());
    }

    @Test
    void eachMayCancelAndArmTheOther() {
        AioTimer wall = context.realTimeTimer("wall", () -> log.add("wall"));
        AioTimer monotonic = context.timer("monotonic", () -> {
            log.add("monotonic");
            wall.cancel();
        });
        wall.modify(EPOCH_NS);
        monotonic.modify(5);
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of("monotonic"), taken());
        context.realTimeTimer("arming", () -> monotonic.modify(5)).modify(EPOCH_NS);
        assertTrue(context.poll(false));
        assertEquals(List.of(), taken());
        assertTrue(context.poll(false));
        assertEquals(List.of("monotonic"), taken());
    }

    @Test
    void followsTheHostsCalendarByDefault() throws ErrnoException {
        try (AioContext real = AioContext.create(AioOptions.of(PollingOptions.OFF))) {
            long nowNs = NanoClock.REALTIME.nanoTime();
            assertTrue(nowNs > EPOCH_NS);
            real.realTimeTimer("wall", () -> log.add("wall")).modify(nowNs + 2_000_000);
            while (log.isEmpty()) {
                real.poll(true);
            }
            assertEquals(List.of("wall"), taken());
            assertEquals(1, real.stats().timers());
        }
    }
}
