// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Policy weighted in a loop, on a clock that steps one microsecond on each read. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WeightedPollingTest {
    private static final int INTEREST = AioHandler.READ | AioHandler.POLL;
    private static final long MAX_NS = 100_000;
    private static final long SLOW_NS = 10_000_000;

    private final List<String> log = new ArrayList<>();
    private final ManualClock clock = new ManualClock(0);
    private final Recorder fast = new Recorder("fast", log);
    private final Recorder slow = new Recorder("slow", log);
    private AioContext context;
    private EventNotifier fastEvent;
    private EventNotifier slowEvent;

    @BeforeEach
    void create() throws ErrnoException {
        clock.stepOnRead(1_000);
        fastEvent = EventNotifier.create();
        slowEvent = EventNotifier.create();
        open(PollingPolicyKind.WEIGHTED);
    }

    private void open(PollingPolicyKind policy) throws ErrnoException {
        PollingOptions options = new PollingOptions(
                MAX_NS, 0, 0, PollingOptions.POLL_WEIGHT_DEFAULT, policy);
        context = AioContext.create(new AioOptions(options, FdMonitorKind.PPOLL, 64, clock));
        for (Recorder each : List.of(fast, slow)) {
            EventNotifier event = each == fast ? fastEvent : slowEvent;
            each.onRead = event::testAndClear;
            each.onReady = event::testAndClear;
            context.addHandler(event.fd(), INTEREST, each);
        }
    }

    @AfterEach
    void close() {
        context.close();
        fastEvent.close();
        slowEvent.close();
    }

    /** Work for a handler that polling finds after a look at the clock, and its descriptor too. */
    private void fastWork(Recorder handler, EventNotifier event) {
        // Takes the wake-up that registration has left.
        context.poll(false);
        int at = handler.looks + 20;
        handler.look = () -> handler.looks > at;
        event.set();
        assertTrue(context.poll(true));
        handler.look = () -> false;
    }

    /** Work that only a long wait brings. */
    private void slowWork() {
        slowEvent.set();
        context.defer(new DeferredCall() {
            @Override
            protected void runDeferred() {
                clock.advance(SLOW_NS);
            }
        });
        assertTrue(context.poll(true));
    }

    private HandlerStats statsOf(EventNotifier event) {
        return context.handlerStats().stream()
                .filter(stats -> stats.fd() == event.fd()).findFirst().orElseThrow();
    }

    @Test
    void aSlowHandlerDoesNotSwitchPollingOffForAFastOne() {
        fastWork(fast, fastEvent);
        for (int i = 0; i < 50; i++) {
            slowWork();
            assertTrue(context.stats().pollTimeNs() > 0, "after slow wait " + i);
            assertEquals(0, statsOf(slowEvent).pollTimeNs());
            for (int j = 0; j < 3; j++) {
                fastWork(fast, fastEvent);
                long shareNs = statsOf(fastEvent).pollTimeNs();
                assertTrue(shareNs > 0 && shareNs < MAX_NS, "share " + shareNs);
                assertTrue(context.stats().pollTimeNs() >= shareNs / 2);
            }
        }
    }

    @Test
    void underPolicyClassicASlowHandlerDoes() throws ErrnoException {
        context.close();
        open(PollingPolicyKind.CLASSIC);
        fastWork(fast, fastEvent);
        assertTrue(context.stats().pollTimeNs() > 0);
        slowWork();
        assertEquals(0, context.stats().pollTimeNs());
        assertEquals(0, statsOf(fastEvent).pollTimeNs());
        assertEquals(0, statsOf(fastEvent).pollTimePeakNs());
    }

    @Test
    void onlySlowWorkEndsPollingByAndBy() {
        fastWork(fast, fastEvent);
        long lastNs = context.stats().pollTimeNs();
        assertTrue(lastNs > 0);
        for (int i = 0; i < 20; i++) {
            slowWork();
            lastNs = Math.max(1, lastNs / 2);
            assertEquals(lastNs, context.stats().pollTimeNs());
        }
        assertEquals(1, lastNs);
    }

    @Test
    void anIdleHandlersShareAgesAndFallsToNothing() {
        fastWork(slow, slowEvent);
        long lastNs = statsOf(slowEvent).pollTimeNs();
        assertTrue(lastNs > 0);
        int rounds = 0;
        while (statsOf(slowEvent).pollTimeNs() > 0) {
            assertTrue(statsOf(slowEvent).pollTimeNs() >= lastNs);
            lastNs = statsOf(slowEvent).pollTimeNs();
            fastWork(fast, fastEvent);
            assertTrue(++rounds <= MAX_NS / 1_000, "never");
        }
        assertTrue(rounds > 1);
        for (int i = 0; i < 10; i++) {
            fastWork(fast, fastEvent);
            assertEquals(0, statsOf(slowEvent).pollTimeNs());
        }
        assertEquals(lastNs, statsOf(slowEvent).pollTimePeakNs());
        assertTrue(statsOf(fastEvent).pollTimeNs() > 0);
    }

    @Test
    void handlerStatsTellHowEachWasFound() {
        fastWork(fast, fastEvent);
        HandlerStats first = statsOf(fastEvent);
        assertEquals("Recorder", first.name());
        assertEquals(1, first.fdReadies());
        assertEquals(0, first.pollHits());
        fastWork(fast, fastEvent);
        fastWork(fast, fastEvent);
        HandlerStats gained = statsOf(fastEvent).since(first);
        assertEquals(2, gained.pollHits());
        assertEquals(0, gained.fdReadies());
        assertEquals(statsOf(fastEvent).pollTimeNs(), gained.pollTimeNs());
        assertEquals(0, statsOf(slowEvent).pollHits() + statsOf(slowEvent).fdReadies());
        assertEquals(2, context.handlerStats().size());
    }
}
