// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.ManualClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a device notes of the way of a sampled request, on a clock that the test moves. */
class RequestTraceTest {
    private static final long START = 1_000;
    private static final int NO_INTERRUPT = 1;

    private final ManualClock clock = new ManualClock(START);
    private final long[] record = new long[RequestTrace.FIELDS];
    private HandMadeGuest guest;
    private RequestTrace trace;

    @BeforeEach
    void start() throws Exception {
        guest = HandMadeGuest.coalescing(
                CallCoalescing.OFF, clock, HandMadeGuest.FEATURE_EVENT_IDX);
        trace(1);
    }

    @AfterEach
    void close() {
        guest.watch.room(Integer.MAX_VALUE);
        guest.run();
        while (guest.disk.underWay() > 0) {
            guest.complete(guest.disk.underWay());
        }
        guest.close();
    }

    private void trace(int interval) {
        trace = new RequestTrace(new RequestSampling(interval), HandMadeGuest.QUEUE_SIZE, 0);
        guest.device.traceRequests(0, trace);
    }

    private void assertStamps(long number, long noticed, long popped, long submitted,
            long completed, long published, long called) {
        assertTrue(trace.read(number, record), "record of request " + number);
        assertEquals(noticed, record[RequestTrace.NOTICED], "noticed");
        assertEquals(popped, record[RequestTrace.POPPED], "popped");
        assertEquals(submitted, record[RequestTrace.SUBMITTED], "submitted");
        assertEquals(completed, record[RequestTrace.COMPLETED], "completed");
        assertEquals(published, record[RequestTrace.PUBLISHED], "published");
        assertEquals(called, record[RequestTrace.CALLED], "called");
    }

    private int together() {
        return RequestTrace.together(record[RequestTrace.INFO]);
    }

    private int ahead() {
        return RequestTrace.ahead(record[RequestTrace.INFO]);
    }

    private PollState pollState() {
        return RequestTrace.pollState(record[RequestTrace.INFO]);
    }

    @Test
    void eachStageHasItsTime() {
        guest.sendRead(0);
        guest.watch.onSubmit(() -> clock.advance(10));
        guest.serve();
        assertFalse(trace.read(0, record), "it is not back");
        clock.advance(100);
        guest.complete(1);
        long end = START + 110;
        // What is queued begins when the batch is set off.
        assertStamps(0, START, START, START + 10, end, end, end);
        assertTrue(RequestTrace.isQueued(record[RequestTrace.INFO]));
        assertEquals(1, together());
        assertEquals(PollState.MISSED, pollState(), "a kick, and the loop did not sleep");
    }

    @Test
    void aGuestThatWantsNoCallHasNoneNoted() {
        guest.ram.putAvailFlags(guest.queue, NO_INTERRUPT);
        guest.sendRead(0);
        guest.serve();
        guest.complete(1);
        assertStamps(0, START, START, START, START, START, 0);
    }

    @Test
    void whatTheBackendHasNoRoomForIsSubmittedWhenItTakesIt() {
        guest.watch.room(1);
        guest.sendRead(0);
        guest.sendRead(1);
        guest.serve();
        clock.advance(50);
        guest.complete(1);
        clock.advance(5);
        guest.complete(1);
        assertStamps(1, START, START, START + 50, START + 55, START + 55, START + 55);
        assertEquals(1, ahead(), "taken after the other one");
    }

    @Test
    void anAnswerWithoutTheDiskSpendsNoTimeThere() {
        guest.header(HandMadeGuest.GET_ID, 0);
        guest.send(HandMadeGuest.readable(HandMadeGuest.HEADER, 16),
                HandMadeGuest.writable(HandMadeGuest.DATA, 20),
                HandMadeGuest.writable(HandMadeGuest.STATUS, 1));
        guest.serve();
        assertStamps(0, START, START, START, START, START, START);
        assertFalse(RequestTrace.isQueued(record[RequestTrace.INFO]));
    }

    @Test
    void chainsThatAreNoRequestsCount() {
        trace(3);
        for (int i = 0; i < 3; i++) {
            guest.sendAs(0, HandMadeGuest.readable(HandMadeGuest.HEADER, 1));
            guest.serve();
        }
        clock.advance(7);
        guest.sendRead(1);
        guest.serve();
        guest.complete(1);
        long at = START + 7;
        assertTrue(trace.read(0, record), "one of those that are no requests");
        assertStamps(3, at, at, at, at, at, at);
    }

    @Test
    void countsOnOverAStopOfTheQueue() throws Exception {
        trace(2);
        guest.sendRead(0);
        guest.serve();
        guest.complete(1);
        int base = guest.device.stopQueue(0);
        guest.start(base);
        guest.sendRead(1);
        guest.sendRead(2);
        guest.serve();
        guest.complete(2);
        assertTrue(trace.read(2, record));
        assertFalse(trace.read(1, record));
        assertEquals(2, together());
    }

    @Test
    void aRequestThatOthersOvertookKeepsItsRecordAndTheNewOneHasNone() {
        trace(1);
        guest.sendRead(0);
        guest.serve();
        int capacity = 256;
        for (int i = 1; i <= capacity; i++) {
            guest.sendRead(1 + i % 8);
            guest.serve();
            guest.loop.context().execute("disk",
                    () -> guest.disk.completeAt(guest.disk.underWay() - 1));
            guest.run();
        }
        assertFalse(trace.read(capacity, record), "its place is taken");
        clock.advance(9);
        guest.complete(1);
        assertStamps(0, START, START, START, START + 9, START + 9, START + 9);
    }

    @Test
    void offIsOff() {
        guest.device.traceRequests(0, null);
        guest.sendRead(0);
        guest.serve();
        guest.complete(1);
        assertFalse(trace.read(0, record));
    }
}
