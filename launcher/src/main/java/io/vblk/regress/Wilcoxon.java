// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.Arrays;

/**
 * The signed-rank test of paired differences (Wilcoxon, 1945): how likely so one-sided ones are if
 * nothing has changed. For information only, since it takes slices for independent, which they are
 * not. Thread: any.
 */
final class Wilcoxon {
    private Wilcoxon() {}

    /**
     * The two-sided probability, by the normal approximation with a correction for ties and for
     * continuity; differences of zero are left out. 1 if nothing is left.
     */
    static double probability(double[] differences) {
        double[] some = Arrays.stream(differences).filter(d -> d != 0).toArray();
        int n = some.length;
        if (n == 0) {
            return 1;
        }
        Double[] ordered = Arrays.stream(some).boxed().toArray(Double[]::new);
        Arrays.sort(ordered, (a, b) -> Double.compare(Math.abs(a), Math.abs(b)));
        double positive = 0;
        double ties = 0;
        int from = 0;
        while (from < n) {
            int to = from + 1;
            while (to < n && Math.abs(ordered[to]) == Math.abs(ordered[from])) {
                to++;
            }
            double rank = (from + 1 + to) / 2.0;
            double equal = to - from;
            ties += equal * equal * equal - equal;
            for (int i = from; i < to; i++) {
                positive += ordered[i] > 0 ? rank : 0;
            }
            from = to;
        }
        double mean = n * (n + 1) / 4.0;
        double variance = n * (n + 1) * (2.0 * n + 1) / 24 - ties / 48;
        double off = Math.max(0, Math.abs(positive - mean) - 0.5);
        return variance <= 0 ? 1 : Math.min(1, 2 * upperTail(off / Math.sqrt(variance)));
    }

    /** P(Z &gt; z) of the standard normal, z not negative (Abramowitz and Stegun 26.2.17). */
    private static double upperTail(double z) {
        double t = 1 / (1 + 0.2316419 * z);
        double sum = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937
                + t * (-1.821255978 + t * 1.330274429))));
        return sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    }
}
