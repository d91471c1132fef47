// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.aio.ManualClock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a device says of the time that its requests took. */
class LatencyTest {
    private static final long TOOK_NS = 1_000;
    private static final int UNKNOWN = 99;

    private final ManualClock clock = new ManualClock(1);
    private HandMadeGuest guest;

    @BeforeEach
    void start() throws Exception {
        guest = HandMadeGuest.coalescing(CallCoalescing.OFF, clock, 0);
    }

    @AfterEach
    void close() {
        while (guest.disk.underWay() > 0) {
            guest.complete(guest.disk.underWay());
        }
        guest.close();
    }

    private void readTakes(int number, long ns) {
        guest.sendRead(number);
        guest.serve();
        clock.advance(ns);
        guest.complete(1);
    }

    private void send(int type) {
        guest.header(type, 0);
        guest.send(HandMadeGuest.readable(HandMadeGuest.HEADER, 16),
                HandMadeGuest.writable(HandMadeGuest.STATUS, 1));
    }

    private QueueLatency measured() {
        List<QueueLatency> queues = guest.device.latency();
        assertEquals(1, queues.size(), "only queues that have run");
        assertEquals(0, queues.get(0).queue());
        return queues.get(0);
    }

    @Test
    void countsNothingUnlessToldTo() {
        readTakes(0, TOOK_NS);
        assertEquals(0, measured().read().count());
    }

    @Test
    void countsFromPopToUsed() {
        guest.device.measureLatency(true);
        readTakes(0, TOOK_NS);
        readTakes(1, 3 * TOOK_NS);
        assertEquals(2, measured().read().count());
        assertEquals(2.0 * TOOK_NS, measured().read().meanNs());
        assertEquals(3 * TOOK_NS, measured().read().maxNs());
        assertEquals(0, measured().write().count() + measured().flush().count()
                + measured().other().count());
    }

    @Test
    void aRequestUnderWayWhenSwitchedOnIsNotMeasured() {
        guest.sendRead(0);
        guest.serve();
        guest.device.measureLatency(true);
        clock.advance(TOOK_NS);
        guest.complete(1);
        readTakes(1, TOOK_NS);
        assertEquals(1, measured().read().count());
    }

    @Test
    void whatIsUnderWayWhenSwitchedOffIsStillMeasured() {
        guest.device.measureLatency(true);
        guest.sendRead(0);
        guest.serve();
        guest.device.measureLatency(false);
        clock.advance(TOOK_NS);
        guest.complete(1);
        readTakes(1, TOOK_NS);
        assertEquals(1, measured().read().count());
    }

    @Test
    void keepsTheKindsApart() {
        guest.device.measureLatency(true);
        send(HandMadeGuest.FLUSH);
        guest.serve();
        clock.advance(TOOK_NS);
        guest.complete(1);
        send(UNKNOWN);
        guest.serve();
        assertEquals(1, measured().flush().count());
        assertEquals(TOOK_NS, measured().flush().maxNs());
        assertEquals(1, measured().other().count());
        assertEquals(0, measured().read().count());
    }
}
