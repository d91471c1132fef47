// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

/** The smallest and the largest of some numbers. Thread: the owner's. */
final class Extent {
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    private double minAboveZero = Double.POSITIVE_INFINITY;

    /** Takes numbers in; what is not finite does not count. */
    void add(double... values) {
        for (double value : values) {
            if (Double.isFinite(value)) {
                min = Math.min(min, value);
                max = Math.max(max, value);
                minAboveZero = value > 0 ? Math.min(minAboveZero, value) : minAboveZero;
            }
        }
    }

    boolean isEmpty() {
        return min > max;
    }

    double min() {
        return min;
    }

    double max() {
        return max;
    }

    /** An axis for values from 0 on, by ratio if they are far apart. */
    Axis fitting(Unit unit) {
        return minAboveZero < max
                ? Axis.fitting(minAboveZero, max, unit)
                : Axis.fromZero(max, unit);
    }
}
