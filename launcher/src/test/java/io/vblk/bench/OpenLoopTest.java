// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.NanoClock;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A job at a rate, on a clock that goes on a little with each look at it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class OpenLoopTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Goes on by 10 ns a look, and once by much more, as if the host had stood still. */
    private static final class SteppedClock implements NanoClock {
        private static final long LOOK_NS = 10;

        private final long stallAtNs;
        private final long stallNs;
        private long nowNs;
        private boolean stalled;

        SteppedClock(long stallAtNs, long stallNs) {
            this.stallAtNs = stallAtNs;
            this.stallNs = stallNs;
        }

        @Override
        public long nanoTime() {
            nowNs += LOOK_NS;
            if (!stalled && nowNs >= stallAtNs) {
                stalled = true;
                nowNs += stallNs;
            }
            return nowNs;
        }
    }

    private static JobStats run(ReadWrite rw, int depth, String rate, WaitMode wait,
            NanoClock clock) throws IOException {
        return run(rw, depth, rate, wait, 0, clock);
    }

    private static JobStats run(ReadWrite rw, int depth, String rate, WaitMode wait, long rampNs,
            NanoClock clock) throws IOException {
        Timing timing = Timing.of(50 * MS, rampNs)
                .withRate(ArrivalRate.parse(rate, ArrivalRate.Process.LINEAR));
        return Jobs.run(Jobs.blocks(rw, 16, depth, timing, wait), clock);
    }

    private static long longerThan(Histogram histogram, long ns) {
        return histogram.getCountBetweenValues(ns, histogram.highestEquivalentValue(
                histogram.getMaxValue()));
    }

    @Test
    void theRateDecidesHowManyRequestsStart() throws IOException {
        JobStats stats = run(ReadWrite.RANDREAD, 4, "1000", WaitMode.POLL,
                new SteppedClock(Long.MAX_VALUE, 0));

        assertEquals(50, stats.read.ios + stats.backlog);
        assertTrue(stats.read.ios >= 49, "the last one may be due as the time is over");
    }

    @Test
    void readsAndWritesKeepTheirRates() throws IOException {
        JobStats stats = run(ReadWrite.RANDRW, 4, "2000,1000", WaitMode.POLL,
                new SteppedClock(Long.MAX_VALUE, 0));

        assertEquals(100, stats.read.ios, 1);
        assertEquals(50, stats.write.ios, 1);
    }

    @Test
    void whatWasDueDuringAStallCountsFromWhenItWasDue() throws IOException {
        JobStats stats = run(ReadWrite.RANDREAD, 1, "1000", WaitMode.POLL,
                new SteppedClock(20 * MS, 20 * MS));

        assertEquals(50, stats.read.ios + stats.backlog, "all of them start, if late");
        assertTrue(longerThan(stats.read.lat, 10 * MS) >= 9, "those due in its first half");
        assertTrue(longerThan(stats.read.lat, MS) >= 18, "nearly all that were due in it");
        assertTrue(longerThan(stats.read.slat, MS) >= 18, "which is waiting, not the device");
    }

    @Test
    void whatTheRampWasTooSlowForIsNotMeasured() throws IOException {
        JobStats stats = run(ReadWrite.RANDREAD, 1, "1000", WaitMode.POLL, 100_002 * MS,
                new SteppedClock(MS, 100_000 * MS));

        assertEquals(50, stats.read.ios + stats.backlog, 1);
        assertTrue(longerThan(stats.read.lat, 10 * MS) <= 3, "behind 100000 of the ramp");
    }

    @Test
    void whatNeverStartedIsCounted() throws IOException {
        JobStats stats = run(ReadWrite.RANDREAD, 1, "1000", WaitMode.POLL,
                new SteppedClock(30 * MS, 1000 * MS));

        assertTrue(stats.backlog >= 18, "due and never started: " + stats.backlog);
        assertEquals(50, stats.read.ios + stats.backlog);
    }

    @Test
    void aGuestThatSleepsKeepsTheRateToo() throws IOException {
        JobStats stats = run(ReadWrite.RANDREAD, 4, "1000", WaitMode.EVENT, NanoClock.MONOTONIC);

        assertEquals(50, stats.read.ios + stats.backlog, 1);
    }
}
