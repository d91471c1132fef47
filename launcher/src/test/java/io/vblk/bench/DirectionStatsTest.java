// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is recorded of a request, and sums of jobs. */
final class DirectionStatsTest {
    private static final double PRECISION = 0.01;

    @Test
    void latencyIsSubmissionPlusCompletion() {
        DirectionStats stats = new DirectionStats();
        stats.record(1_000, 3_000, 10_000, 4096);

        assertEquals(1, stats.ios);
        assertEquals(4096, stats.bytes);
        assertEquals(2_000, stats.slat.getMean(), 2_000 * PRECISION);
        assertEquals(7_000, stats.clat.getMean(), 7_000 * PRECISION);
        assertEquals(9_000, stats.lat.getMean(), 9_000 * PRECISION);
    }

    @Test
    void latenciesOutOfRangeAreKeptAtItsEnds() {
        DirectionStats stats = new DirectionStats();
        stats.record(0, 0, DirectionStats.LATENCY_MAX_NS * 5, 512);
        stats.record(100, 50, 200, 512);

        assertEquals(2, stats.lat.getTotalCount());
        assertTrue(stats.lat.getMaxValue() >= DirectionStats.LATENCY_MAX_NS * (1 - PRECISION));
        assertEquals(0, stats.slat.getMinValue());
    }

    @Test
    void samplesAreOfTheTimeSinceTheLast() {
        DirectionStats stats = new DirectionStats();
        stats.record(0, 0, 1, 1024);
        stats.record(0, 0, 1, 1024);
        stats.sample(500_000_000L);
        stats.sample(500_000_000L);
        stats.record(0, 0, 1, 4096);
        stats.sample(1_000_000_000L);

        assertEquals(3, stats.iops.count());
        assertEquals(4, stats.iops.max());
        assertEquals(0, stats.iops.min());
        assertEquals(5.0 / 3, stats.iops.mean(), 1e-9);
        assertEquals(4, stats.bandwidth.max());
        assertEquals(8.0 / 3, stats.bandwidth.mean(), 1e-9);
    }

    @Test
    void sumOfJobsHasAllOfThem() {
        JobStats one = new JobStats();
        one.read.record(0, 10, 20, 512);
        one.elapsedNs = 5;
        one.verifiedBlocks = 3;
        JobStats two = new JobStats();
        two.read.record(0, 10, 30, 512);
        two.write.record(0, 10, 40, 1024);
        two.elapsedNs = 9;
        two.error = 5;
        two.errorText = "read failed";
        two.verifyErrors = 1;
        two.verifyFailures.add("block 7");
        JobStats sum = JobStats.sum(List.of(one, two));

        assertEquals(2, sum.jobs);
        assertEquals(2, sum.read.ios);
        assertEquals(1, sum.write.ios);
        assertEquals(1024, sum.read.bytes);
        assertEquals(2, sum.read.lat.getTotalCount());
        assertEquals(9, sum.elapsedNs);
        assertEquals(5, sum.error);
        assertEquals("read failed", sum.errorText);
        assertEquals(3, sum.verifiedBlocks);
        assertEquals(1, sum.verifyErrors);
        assertEquals(List.of("block 7"), sum.verifyFailures);
    }
}
