// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.Arrays;

/**
 * The Hodges-Lehmann estimate of a paired effect: the median of the means of all pairs of
 * differences, each with itself included (Hodges and Lehmann, 1963). One slice in three may be wild
 * and it hardly moves. Thread: any.
 */
final class HodgesLehmann {
    /** Halvings of an interval until it is as narrow as a double can tell. */
    private static final int HALVINGS = 64;

    private HodgesLehmann() {}

    /** The estimate of so many differences; NaN of none. */
    static double of(double[] differences) {
        double[] sorted = differences.clone();
        Arrays.sort(sorted);
        long means = means(sorted);
        if (means == 0) {
            return Double.NaN;
        }
        double upper = smallest(sorted, means / 2 + 1, 0);
        return means % 2 == 1 ? upper : (smallest(sorted, means / 2, 0) + upper) / 2;
    }

    /** The same, off by as much as a tolerance; puts the differences in order. */
    static double about(double[] differences, double tolerance) {
        Arrays.sort(differences);
        long means = means(differences);
        return means == 0 ? Double.NaN : smallest(differences, (means + 1) / 2, tolerance);
    }

    private static long means(double[] differences) {
        return (long) differences.length * (differences.length + 1) / 2;
    }

    /**
     * The k-th smallest mean, from 1, without making them all: half the interval goes by counting
     * how many are not above its middle.
     */
    private static double smallest(double[] sorted, long k, double tolerance) {
        double low = sorted[0];
        double high = sorted[sorted.length - 1];
        if (notAbove(sorted, low) >= k) {
            return low;
        }
        for (int i = 0; i < HALVINGS && high - low > tolerance; i++) {
            double middle = low + (high - low) / 2;
            if (middle <= low || middle >= high) {
                break;
            }
            if (notAbove(sorted, middle) >= k) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return high;
    }

    /** Means of pairs (i, j) with i <= j that are not above a value. */
    private static long notAbove(double[] sorted, double value) {
        long count = 0;
        int j = sorted.length - 1;
        for (int i = 0; i <= j; i++) {
            while (j >= i && (sorted[i] + sorted[j]) / 2 > value) {
                j--;
            }
            count += Math.max(0, j - i + 1);
        }
        return count;
    }
}
