// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.Arrays;

/** Quantiles of samples, between two of them in proportion (R's type 7). Thread: any. */
final class Quantiles {
    private static final double QUARTER = 0.25;
    private static final double HALF = 0.5;

    private Quantiles() {}

    /** A quantile, 0 to 1; NaN of no samples. */
    static double of(double[] samples, double quantile) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return ofSorted(sorted, quantile);
    }

    /** The same of samples in order. */
    static double ofSorted(double[] sorted, double quantile) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        double place = quantile * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    static double lowerQuartile(double[] samples) {
        return of(samples, QUARTER);
    }

    static double median(double[] samples) {
        return of(samples, HALF);
    }
}
