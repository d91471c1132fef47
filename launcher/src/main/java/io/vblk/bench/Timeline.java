// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.chart.Point;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests over time. Immutable once made; thread: any.
 *
 * @param intervalNs length of an interval
 * @param endNs when the last request ended, from the beginning
 * @param requests of each interval
 * @param bytes of each interval
 * @param counts for each interval the requests of each class of latency; empty if not asked for
 */
record Timeline(long intervalNs, long endNs, long[] requests, long[] bytes, long[][] counts) {
    private static final double NANOS_PER_SECOND = 1e9;
    /** A shorter piece of an interval at the end says nothing about a rate. */
    private static final double SHORTEST = 0.3;

    /** Requests per second, at the middle of each interval. */
    List<Point> iops() {
        return rates(requests);
    }

    /** Bytes per second, at the middle of each interval. */
    List<Point> bandwidth() {
        return rates(bytes);
    }

    private List<Point> rates(long[] amounts) {
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < amounts.length; i++) {
            double spanNs = Math.min(intervalNs, endNs - i * intervalNs);
            boolean isWhole = i + 1 < amounts.length;
            if (isWhole || spanNs >= SHORTEST * intervalNs || i == 0 && spanNs > 0) {
                spanNs = isWhole ? intervalNs : spanNs;
                points.add(new Point((i * intervalNs + spanNs / 2) / NANOS_PER_SECOND,
                        amounts[i] / (spanNs / NANOS_PER_SECOND)));
            }
        }
        return points;
    }
}
