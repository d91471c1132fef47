// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Arrays;

/** Whether what was drawn fits what was to be drawn. */
final class Statistics {
    /** So many standard deviations beyond the mean: 1 seed in 10 million. */
    private static final double SIGMAS = 5.2;

    private Statistics() {}

    /** Pearson's statistic against equal shares. */
    static double chiSquare(long[] seen) {
        double[] shares = new double[seen.length];
        Arrays.fill(shares, 1.0 / seen.length);
        return chiSquare(seen, shares);
    }

    /** Pearson's statistic against shares that add up to 1. */
    static double chiSquare(long[] seen, double[] shares) {
        long count = Arrays.stream(seen).sum();
        double sum = 0;
        for (int i = 0; i < seen.length; i++) {
            double expected = count * shares[i];
            sum += (seen[i] - expected) * (seen[i] - expected) / expected;
        }
        return sum;
    }

    /** What the statistic stays below, by Wilson and Hilferty's approximation. */
    static double chiSquareLimit(int degrees) {
        double part = 2.0 / (9 * degrees);
        return degrees * Math.pow(1 - part + SIGMAS * Math.sqrt(part), 3);
    }
}
