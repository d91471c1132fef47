// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.chart.Point;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests over time: nothing is lost, whatever their latency and however long a run is. */
final class LatencyTimelineTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int BLOCK = 4096;

    private static LatencyTimeline steady(long fromNs, long requests, long distanceNs) {
        LatencyTimeline timeline = new LatencyTimeline(LatencyTimeline.COLUMNS_MAX);
        for (long i = 1; i <= requests; i++) {
            timeline.record(fromNs + i * distanceNs - 1000, fromNs + i * distanceNs, BLOCK);
        }
        return timeline;
    }

    private static Timeline sum(LatencyTimeline... timelines) {
        List<LatencyTimeline> all = List.of(timelines);
        return LatencyTimeline.sum(all, LatencyTimeline.grid(all), true);
    }

    private static long requests(Timeline timeline) {
        return Arrays.stream(timeline.requests()).sum();
    }

    @Test
    void eachLatencyLiesWithinTheBoundsOfItsClass() {
        double[] bounds = LatencyTimeline.bounds();
        assertEquals(LatencyTimeline.CLASSES + 1, bounds.length);
        for (int i = 1; i < bounds.length; i++) {
            assertTrue(bounds[i] > bounds[i - 1], "bounds rise at " + i);
        }
        Random random = new Random(11);
        for (int i = 0; i < 100_000; i++) {
            long ns = random.nextLong() >>> 28 + random.nextInt(28);
            int latencyClass = LatencyTimeline.classOf(ns);
            assertTrue(ns < bounds[latencyClass + 1] || latencyClass + 2 == bounds.length,
                    ns + " in " + latencyClass);
            assertTrue(ns >= bounds[latencyClass] || latencyClass == 0,
                    ns + " in " + latencyClass);
        }
        assertEquals(0, LatencyTimeline.classOf(-5));
        assertEquals(LatencyTimeline.CLASSES - 1, LatencyTimeline.classOf(Long.MAX_VALUE));
        assertTrue(bounds[bounds.length - 1] > DirectionStats.LATENCY_MAX_NS);
    }

    @Test
    void intervalsDoubleAndNothingIsLost() {
        for (long seconds : new long[] {1, 59, 61, 3_600, 1_000_000}) {
            LatencyTimeline timeline = steady(-7, 10_000, seconds * SECOND / 10_000);
            Timeline all = sum(timeline);

            assertEquals(10_000, requests(all), seconds + " s");
            assertEquals(10_000L * BLOCK, Arrays.stream(all.bytes()).sum());
            assertTrue(all.requests().length <= LatencyTimeline.COLUMNS_MAX);
            assertTrue(seconds < 4 || all.requests().length > LatencyTimeline.COLUMNS_MAX / 3,
                    all.requests().length + " intervals of " + seconds + " s");
            assertEquals(10_000, Arrays.stream(all.counts())
                    .mapToLong(classes -> classes[LatencyTimeline.classOf(1000)]).sum());
        }
    }

    @Test
    void joiningKeepsRequestsInTheirTime() {
        LatencyTimeline timeline = new LatencyTimeline(60);
        for (int tenth = 0; tenth < 240; tenth++) {
            for (int i = 0; i <= tenth; i++) {
                timeline.record(tenth * SECOND / 10, tenth * SECOND / 10 + i, BLOCK);
            }
        }
        Timeline all = sum(timeline);

        assertEquals(4 * SECOND / 10, all.intervalNs());
        for (int i = 0; i < 60; i++) {
            assertEquals(4 * (4 * i) + 10, all.requests()[i], "interval " + i);
        }
    }

    @Test
    void ratesAreThoseOfTheLoad() {
        Timeline all = sum(steady(5, 12_345, 1_000_000));

        for (Point point : all.iops()) {
            assertEquals(1000, point.y(), 30, "at " + point.x());
        }
        for (Point point : all.bandwidth()) {
            assertEquals(1000 * BLOCK, point.y(), 30 * BLOCK);
        }
    }

    @Test
    void oneRequestIsAPointOfItsOwn() {
        LatencyTimeline timeline = new LatencyTimeline(60);
        timeline.record(100, 2_100, 512);

        assertEquals(1, sum(timeline).iops().size());
        assertEquals(1, requests(sum(timeline)));
    }

    @Test
    void jobsThatBeganApartAndJoinedTheirIntervalsAddUp() {
        LatencyTimeline early = steady(0, 1_000, SECOND / 10);
        LatencyTimeline late = steady(200 * SECOND, 500, SECOND / 100);
        Timeline both = sum(early, late, new LatencyTimeline(60));

        assertEquals(1_500, requests(both));
        assertTrue(both.endNs() > 204 * SECOND, both.endNs() + " ns");
        int at = (int) (202 * SECOND / both.intervalNs());
        assertTrue(both.requests()[at] > 0 && both.requests()[at / 4 * 3] == 0);
    }

    @Test
    void withoutRequestsThereIsNoTime() {
        assertNull(LatencyTimeline.grid(List.of(new LatencyTimeline(60))));
    }

    @Test
    void manyJobsFitIntoAFewMegabytes() {
        assertEquals(LatencyTimeline.COLUMNS_MAX, LatencyTimeline.columnsFor(3));
        assertEquals(LatencyTimeline.COLUMNS_MIN, LatencyTimeline.columnsFor(64 * 3));
        assertEquals(0, LatencyTimeline.columnsFor(30) % 2);
    }
}
