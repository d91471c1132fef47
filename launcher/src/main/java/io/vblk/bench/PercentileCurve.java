// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.chart.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.HdrHistogram.Histogram;

/** A histogram as a curve with as many points for each further nine of a percentile. */
final class PercentileCurve {
    /** Points for each power of ten of 1/(1-q). */
    private static final int POINTS_PER_NINE = 16;
    /** Percentiles that people name have points of their own. */
    private static final double[] NAMED = {50, 90, 99, 99.9, 99.99, 99.999, 99.9999};

    private PercentileCurve() {}

    /** From percentile 0 to the last that so many values can say, and the maximum at 100. */
    static List<Point> of(Histogram histogram) {
        long count = histogram.getTotalCount();
        List<Point> points = new ArrayList<>();
        if (count == 0) {
            return points;
        }
        TreeSet<Double> percentiles = new TreeSet<>();
        percentiles.add(0.0);
        double last = 100 - 100.0 / count;
        for (int i = 0; Math.pow(10, (double) i / POINTS_PER_NINE) < count; i++) {
            percentiles.add(100 - 100 / Math.pow(10, (double) i / POINTS_PER_NINE));
        }
        for (double named : NAMED) {
            if (named <= last) {
                percentiles.add(named);
            }
        }
        for (double percentile : percentiles) {
            points.add(new Point(percentile, histogram.getValueAtPercentile(percentile)));
        }
        points.add(new Point(100, histogram.getMaxValue()));
        return points;
    }
}
