// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

/**
 * A point of a line.
 *
 * @param x where it is on the lower side: a percentile from 0 to 100, or a time
 * @param y its value; NaN leaves a gap
 */
public record Point(double x, double y) {
    boolean isGap() {
        return !Double.isFinite(x) || !Double.isFinite(y);
    }
}
