// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
    private static final double[] PERCENTS = {0, 1, 50, 90, 99, 99.9, 99.99, 100};

    /** Each class ends where the next begins, and none is wider than 1/32 of its times. */
    @Test
    void classesFollowEachOtherWithoutGapOrOverlap() {
        int last = LatencyHistogram.classOf(LatencyHistogram.MAX_NS);
        long from = 0;
        for (int i = 0; i <= last; i++) {
            long to = LatencyHistogram.highest(i);
            assertEquals(i, LatencyHistogram.classOf(from), "from " + from);
            assertEquals(i, LatencyHistogram.classOf(to), "to " + to);
            assertTrue((to - from) * 32 <= from, from + " to " + to);
            from = to + 1;
        }
        assertEquals(LatencyHistogram.MAX_NS + 1, from);
    }

    @Test
    void percentilesAreNeverTooShortAndOneClassTooLongAtMost() {
        long seed = Long.getLong("latency.seed", System.nanoTime());
        System.out.println("LatencyHistogramTest: -Dlatency.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 50; round++) {
            LatencyHistogram histogram = new LatencyHistogram();
            long[] times = new long[1 + random.nextInt(2_000)];
            for (int i = 0; i < times.length; i++) {
                times[i] = random.nextLong(1L << random.nextInt(1, 41));
                histogram.record(times[i]);
            }
            Arrays.sort(times);
            LatencySnapshot snapshot = histogram.snapshot();
            assertEquals(times.length, snapshot.count());
            assertEquals(times[times.length - 1], snapshot.maxNs());
            assertEquals(Arrays.stream(times).average().orElseThrow(), snapshot.meanNs(), 1e-3);
            for (double percent : PERCENTS) {
                int rank = Math.max(1, (int) Math.ceil(percent / 100 * times.length));
                long exact = times[rank - 1];
                long said = snapshot.percentileNs(percent);
                assertTrue(said >= exact && said <= exact + exact / 32,
                        percent + " %: " + said + " for " + exact);
            }
        }
    }

    @Test
    void timesOutsideTheRangeCountAsItsEnds() {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.record(-5);
        histogram.record(Long.MAX_VALUE);
        assertEquals(2, histogram.snapshot().count());
        assertEquals(0, histogram.snapshot().percentileNs(50));
        assertEquals(LatencyHistogram.MAX_NS, histogram.snapshot().maxNs());
    }

    @Test
    void nothingCountedIsZeroEverywhere() {
        assertEquals(0, LatencySnapshot.NONE.count());
        assertEquals(0, LatencySnapshot.NONE.percentileNs(99));
        assertEquals(0, LatencySnapshot.NONE.meanNs());
        assertEquals(0, LatencySnapshot.NONE.maxNs());
    }

    @Test
    void whatCameAfterAnEarlierMomentStandsAlone() {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.record(1_000_000);
        LatencySnapshot before = histogram.snapshot();
        histogram.record(10);
        histogram.record(20);
        LatencySnapshot since = histogram.snapshot().since(before);
        assertEquals(2, since.count());
        assertEquals(15, since.meanNs());
        assertEquals(20, since.maxNs());
        assertEquals(10, since.percentileNs(50));
        assertEquals(0, before.since(before).maxNs());
        LatencySnapshot both = before.plus(since);
        assertEquals(3, both.count());
        assertEquals(1_000_000, both.maxNs());
    }
}
