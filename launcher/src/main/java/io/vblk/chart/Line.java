// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * A named line of a chart. Immutable; thread: any.
 *
 * @param name as the legend has it
 * @param points in the order of x
 * @param bands how sure the points are, in the order of x; empty if that is not known
 */
public record Line(String name, List<Point> points, List<Band> bands) {
    /**
     * Between which values a point would lie if it were measured again.
     *
     * @param x where it is on the lower side
     * @param low lower end
     * @param high upper end
     */
    public record Band(double x, double low, double high) {
        boolean isGap() {
            return !Double.isFinite(x) || !Double.isFinite(low) || !Double.isFinite(high);
        }
    }

    /** Copies the lists. */
    public Line {
        points = List.copyOf(points);
        bands = List.copyOf(bands);
    }

    /** A line without a band. */
    public Line(String name, List<Point> points) {
        this(name, points, List.of());
    }

    boolean isEmpty() {
        return points.stream().allMatch(Point::isGap);
    }

    /** The same with fewer points: of what falls together the lowest and the highest stay. */
    Line thinned(int pointsMax) {
        int size = points.size();
        if (size <= pointsMax) {
            return this;
        }
        int pieces = Math.max(1, pointsMax / 2);
        List<Point> kept = new ArrayList<>();
        for (int piece = 0; piece < pieces; piece++) {
            Point low = null;
            Point high = null;
            int end = (int) ((long) size * (piece + 1) / pieces);
            for (int i = (int) ((long) size * piece / pieces); i < end; i++) {
                Point point = points.get(i);
                if (!point.isGap()) {
                    low = low == null || point.y() < low.y() ? point : low;
                    high = high == null || point.y() >= high.y() ? point : high;
                }
            }
            if (low == null) {
                kept.add(new Point(0, Double.NaN));
            } else if (low == high) {
                kept.add(low);
            } else {
                kept.add(low.x() <= high.x() ? low : high);
                kept.add(low.x() <= high.x() ? high : low);
            }
        }
        return new Line(name, kept, bands);
    }
}
