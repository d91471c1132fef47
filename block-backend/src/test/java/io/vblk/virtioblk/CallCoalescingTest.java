// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.FEATURE_EVENT_IDX;
import static io.vblk.virtioblk.HandMadeGuest.QUEUE_SIZE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.ManualClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls that are held back: how many there are, when they go out, and that none is lost. */
class CallCoalescingTest {
    private static final long DELAY_NS = 100_000;
    private static final int BATCH_MAX = 4;
    private static final CallCoalescing ON = new CallCoalescing(DELAY_NS, BATCH_MAX);
    private static final int NO_INTERRUPT = 1;

    private final ManualClock clock = new ManualClock(1);
    private HandMadeGuest guest;

    /** Has so many requests under way. */
    private void start(CallCoalescing coalescing, long leftOut, int requests) throws Exception {
        guest = HandMadeGuest.coalescing(coalescing, clock, leftOut);
        send(0, requests);
        assertEquals(requests, guest.disk.underWay());
    }

    private void startHolding(int requests) throws Exception {
        start(ON, FEATURE_EVENT_IDX, requests);
    }

    private void send(int from, int requests) {
        for (int i = 0; i < requests; i++) {
            guest.sendRead(from + i);
        }
        guest.serve();
    }

    @AfterEach
    void close() {
        while (guest.disk.underWay() > 0) {
            guest.complete(guest.disk.underWay());
        }
        guest.close();
    }

    /** Ends so many requests in one iteration; the driver is shown them at once. */
    private void complete(int requests) {
        assertEquals(requests, guest.complete(requests).size(), "shown at once");
    }

    private void assertCalls(int calls) {
        assertEquals(calls, guest.device.stats().calls());
    }

    /** The delay less a nanosecond brings no call, the last nanosecond brings it. */
    private void assertTimerCalls(int calls) {
        clock.advance(DELAY_NS - 1);
        guest.run();
        assertCalls(calls - 1);
        clock.advance(1);
        guest.run();
        assertCalls(calls);
    }

    @Test
    void aCallAtTheLimitStartsTheDelayAnew() throws Exception {
        startHolding(10);
        complete(1);
        clock.advance(DELAY_NS - 1);
        complete(3);
        assertCalls(1);
        complete(1);
        assertTimerCalls(2);
    }

    @Test
    void oneCallServesAsManyCompletionsAsTheLimitSays() throws Exception {
        startHolding(10);
        int[] callsAfter = {0, 0, 0, 1, 1, 1, 1, 2, 2};
        for (int calls : callsAfter) {
            complete(1);
            assertCalls(calls);
        }
        assertTrue(guest.call.testAndClear());
    }

    @Test
    void moreAtOnceThanTheLimitAreOneCall() throws Exception {
        startHolding(8);
        complete(6);
        assertCalls(1);
        complete(1);
        assertCalls(1);
    }

    @Test
    void aBatchCountsWithEachOfItsCompletions() throws Exception {
        startHolding(9);
        complete(3);
        assertCalls(0);
        complete(2);
        assertCalls(1);
        complete(3);
        assertCalls(1);
    }

    @Test
    void theCallGoesOutWhenTheOldestHasWaitedLongEnough() throws Exception {
        startHolding(8);
        complete(1);
        clock.advance(DELAY_NS / 2);
        complete(1);
        clock.advance(DELAY_NS / 2 - 1);
        guest.run();
        assertCalls(0);
        clock.advance(1);
        guest.run();
        assertCalls(1);
        clock.advance(10 * DELAY_NS);
        guest.run();
        assertCalls(1);
        complete(1);
        assertTimerCalls(2);
    }

    @Test
    void withNothingLeftUnderWayThereIsNothingToWaitFor() throws Exception {
        startHolding(3);
        complete(1);
        complete(1);
        assertCalls(0);
        complete(1);
        assertCalls(1);
        send(3, 1);
        complete(1);
        assertCalls(2);
    }

    @Test
    void whatIsHeldIsCalledForOnceAndNotAgainByItsTimer() throws Exception {
        startHolding(2);
        complete(1);
        complete(1);
        assertCalls(1);
        clock.advance(2 * DELAY_NS);
        guest.run();
        assertCalls(1);
    }

    @Test
    void withoutDelayEachBatchIsACall() throws Exception {
        start(CallCoalescing.OFF, FEATURE_EVENT_IDX, 6);
        complete(1);
        complete(2);
        complete(1);
        assertCalls(3);
    }

    @Test
    void aLimitOfOneHoldsNothingBack() throws Exception {
        start(new CallCoalescing(DELAY_NS, 1), FEATURE_EVENT_IDX, 6);
        complete(1);
        complete(1);
        assertCalls(2);
    }

    @Test
    void aDriverThatWantsNoCallsGetsNoneByLimitTimerOrEnd() throws Exception {
        startHolding(8);
        guest.ram.putAvailFlags(guest.queue, NO_INTERRUPT);
        complete(5);
        complete(1);
        clock.advance(DELAY_NS);
        guest.run();
        complete(2);
        assertCalls(0);
        send(8, 2);
        guest.ram.putAvailFlags(guest.queue, 0);
        complete(1);
        assertTimerCalls(1);
    }

    @Test
    void theDriverIsAskedWhenTheCallIsDueAndNotBefore() throws Exception {
        startHolding(8);
        guest.ram.putAvailFlags(guest.queue, NO_INTERRUPT);
        complete(3);
        guest.ram.putAvailFlags(guest.queue, 0);
        complete(1);
        assertCalls(1);
    }

    @Test
    void anEventIndexAnywhereInWhatWasHeldIsACall() throws Exception {
        for (int event = 0; event < BATCH_MAX; event++) {
            start(ON, 0, 2 * BATCH_MAX + 1);
            // The first decision of a queue calls whatever the event index says.
            complete(BATCH_MAX);
            assertCalls(1);
            guest.ram.putUsedEvent(guest.queue, BATCH_MAX + event);
            for (int i = 0; i < BATCH_MAX; i++) {
                complete(1);
            }
            assertEquals(2, guest.device.stats().calls(), "event index " + event);
            if (event < BATCH_MAX - 1) {
                close();
            }
        }
    }

    @Test
    void anEventIndexBehindWhatWasHeldIsNone() throws Exception {
        start(ON, 0, 2 * BATCH_MAX + 1);
        complete(BATCH_MAX);
        guest.ram.putUsedEvent(guest.queue, 2 * BATCH_MAX);
        complete(BATCH_MAX);
        assertCalls(1);
    }

    @Test
    void aHeldCallGoesOutWhenTheQueueStops() throws Exception {
        startHolding(3);
        complete(2);
        assertCalls(0);
        guest.loop.context().execute("disk", guest.disk::completeAll);
        assertEquals(3, guest.device.stopQueue(0));
        assertCalls(1);
        assertTrue(guest.call.testAndClear());
        assertEquals(1, guest.run().size());
    }

    @Test
    void aQueueStoppedWhileATimerRunsIsNotCalledForLater() throws Exception {
        startHolding(3);
        complete(1);
        guest.loop.context().execute("disk", guest.disk::completeAll);
        int base = guest.device.stopQueue(0);
        clock.advance(2 * DELAY_NS);
        guest.run();
        assertCalls(1);
        guest.start(base);
        send(3, 2);
        complete(1);
        assertTimerCalls(2);
    }

    @Test
    void aHeldCallGoesOutWhenTheGuestBreaksTheRing() throws Exception {
        startHolding(3);
        complete(1);
        guest.ram.putAvailIdx(guest.queue, guest.ram.availIdx(guest.queue) + QUEUE_SIZE + 1);
        guest.serve();
        assertTrue(guest.device.isBroken(0));
        assertCalls(0);
        clock.advance(DELAY_NS);
        guest.run();
        assertCalls(1);
    }

    @Test
    void oddLimitsAreRefused() throws Exception {
        startHolding(0);
        assertThrows(IllegalArgumentException.class, () -> new CallCoalescing(-1, 1));
        assertThrows(IllegalArgumentException.class, () -> new CallCoalescing(1_000_000_001L, 1));
        assertThrows(IllegalArgumentException.class, () -> new CallCoalescing(0, 0));
        assertEquals(1_000_000_000L, new CallCoalescing(1_000_000_000L, 1).delayNs());
    }
}
