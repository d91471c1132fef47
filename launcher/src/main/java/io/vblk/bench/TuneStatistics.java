// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * What the slices of settings say about each other. Settings are compared within rounds, where the
 * machine did the same to all of them, by the logarithm of the ratio of a cost. How sure a median
 * is, is seen by drawing the rounds again with repetition, in blocks of neighbours since these are
 * alike (moving block bootstrap, circular). Thread: control.
 */
final class TuneStatistics {
    /** Ratios nearer to 1 than this make no difference to anybody. */
    static final double ALIKE = Math.log(1.02);

    private static final double FAR = Math.log(1.1);
    private static final double LEVEL = 0.99;
    private static final int RESAMPLES = 1000;
    /** A chance this small that a coin says the same as often is none. */
    private static final double COIN = 0.01;

    private final TuneGoal goal;
    private final Random random;

    /** Two ends. */
    record Interval(double low, double high) {}

    TuneStatistics(TuneGoal goal, long seed) {
        this.goal = goal;
        this.random = new Random(seed);
    }

    /** Logarithms of cost ratios in the rounds that both have from one round on, in order. */
    static double[] ratios(TuneGoal goal, TuneEntry of, TuneEntry to, int fromRound) {
        List<Double> found = new ArrayList<>();
        of.slices.tailMap(fromRound).forEach((round, slice) -> {
            TuneSlice other = to.slices.get(round);
            double ratio = other == null ? Double.NaN
                    : Math.log(goal.cost(slice) / goal.cost(other));
            if (Double.isFinite(ratio)) {
                found.add(ratio);
            }
        });
        return found.stream().mapToDouble(Double::doubleValue).toArray();
    }

    double[] ratios(TuneEntry of, TuneEntry to, int fromRound) {
        return ratios(goal, of, to, fromRound);
    }

    /** The median; not a number of nothing. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return quantile(sorted, 0.5);
    }

    private static double quantile(double[] sorted, double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        double at = share * (sorted.length - 1);
        int low = (int) at;
        int high = Math.min(low + 1, sorted.length - 1);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }

    private static int blockOf(int rounds) {
        return (int) Math.max(1, Math.round(Math.cbrt(rounds)));
    }

    /** Indices of rounds, drawn with repetition in blocks of neighbours. */
    private int[] draw(int rounds) {
        int block = blockOf(rounds);
        int[] drawn = new int[rounds];
        for (int i = 0; i < rounds; i += block) {
            int start = random.nextInt(rounds);
            for (int j = i; j < Math.min(rounds, i + block); j++) {
                drawn[j] = (start + j - i) % rounds;
            }
        }
        return drawn;
    }

    /** Where the median of some values lies, at a level such as 0.95. */
    Interval interval(double[] values, double level) {
        if (values.length == 0) {
            return new Interval(Double.NaN, Double.NaN);
        }
        double[] medians = new double[RESAMPLES];
        double[] again = new double[values.length];
        for (int i = 0; i < RESAMPLES; i++) {
            int[] drawn = draw(values.length);
            for (int j = 0; j < drawn.length; j++) {
                again[j] = values[drawn[j]];
            }
            medians[i] = median(again);
        }
        Arrays.sort(medians);
        return new Interval(
                quantile(medians, (1 - level) / 2), quantile(medians, (1 + level) / 2));
    }

    /**
     * Whether one cost is above another, of which these are the ratios: by more than matters, and
     * hardly a round says the contrary (sign test).
     */
    boolean isSurelyWorse(double[] ratios) {
        long above = Arrays.stream(ratios).filter(ratio -> ratio > 0).count();
        return median(ratios) > ALIKE && interval(ratios, LEVEL).low > 0
                && chance(ratios.length, above) <= COIN;
    }

    /** The same, or that each of some rounds says it is far above. */
    boolean isClearlyWorse(double[] ratios) {
        return Arrays.stream(ratios).allMatch(ratio -> ratio > FAR) || isSurelyWorse(ratios);
    }

    /** The chance that so many of n coins or more show heads. */
    static double chance(int n, long heads) {
        double term = Math.pow(0.5, n);
        double sum = 0;
        for (int i = 0; i <= n; i++) {
            sum += i >= heads ? term : 0;
            term = term * (n - i) / (i + 1);
        }
        return sum;
    }

    /**
     * How often a setting is the best one, or within what makes no difference, if the rounds are
     * drawn again.
     *
     * @param among the settings that it could lose to, itself included
     * @param reference has a slice in every round
     */
    double confidence(TuneEntry chosen, List<TuneEntry> among, TuneEntry reference) {
        List<Integer> rounds = List.copyOf(reference.slices.keySet());
        if (rounds.isEmpty()) {
            return 0;
        }
        List<TreeMap<Integer, Double>> costs = new ArrayList<>();
        for (TuneEntry entry : among) {
            TreeMap<Integer, Double> byRound = new TreeMap<>();
            entry.slices.forEach((round, slice) -> {
                TuneSlice other = reference.slices.get(round);
                if (other != null) {
                    byRound.put(round, Math.log(goal.cost(slice) / goal.cost(other)));
                }
            });
            costs.add(byRound);
        }
        int good = 0;
        for (int i = 0; i < RESAMPLES; i++) {
            int[] drawn = draw(rounds.size());
            double best = Double.POSITIVE_INFINITY;
            double own = Double.NaN;
            for (int k = 0; k < costs.size(); k++) {
                TreeMap<Integer, Double> byRound = costs.get(k);
                double middle = median(Arrays.stream(drawn)
                        .mapToObj(round -> byRound.get(rounds.get(round)))
                        .filter(cost -> cost != null && Double.isFinite(cost))
                        .mapToDouble(Double::doubleValue).toArray());
                best = middle < best ? middle : best;
                own = among.get(k) == chosen ? middle : own;
            }
            good += own <= best + ALIKE ? 1 : 0;
        }
        return (double) good / RESAMPLES;
    }
}
