// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The slices of a scenario by side, fork and round. Thread: control. */
final class SliceTable {
    /** A slice with fewer samples says nothing, and neither does its partner then. */
    static final int SAMPLES_MIN = 200;
    /** Fewer samples tell no p99. */
    static final int P99_SAMPLES_MIN = 1_000;
    /** So far above the quiet slices a slice is another mode of the machine. */
    private static final double SLOW_FACTOR = 2.5;

    private final Map<Side, List<List<Slice>>> slices = new EnumMap<>(Side.class);
    private final int forks;

    SliceTable(int forks) {
        this.forks = forks;
    }

    int forks() {
        return forks;
    }

    /** Adds the next slice of a fork; null for one that came to nothing. */
    void add(Side side, int fork, Slice slice) {
        List<List<Slice>> ofSide = slices.computeIfAbsent(side, s -> {
            List<List<Slice>> lists = new ArrayList<>();
            for (int i = 0; i < forks; i++) {
                lists.add(new ArrayList<>());
            }
            return lists;
        });
        ofSide.get(fork).add(slice);
    }

    boolean has(Side side) {
        return slices.containsKey(side);
    }

    /** The slices of a fork by round. */
    List<Slice> of(Side side, int fork) {
        return slices.get(side).get(fork);
    }

    /** Rounds that all forks of the baseline have been through. */
    int rounds() {
        return has(Side.A)
                ? slices.get(Side.A).stream().mapToInt(List::size).min().orElse(0) : 0;
    }

    private static boolean counts(Slice slice, Metric metric) {
        return slice != null && (slice.samples() >= SAMPLES_MIN || isStart(metric));
    }

    private static boolean isStart(Metric metric) {
        return metric == Metric.FIRST || metric == Metric.START;
    }

    /** What a metric cost by fork and round, NaN where a slice does not count. */
    double[][] costs(Side side, Metric metric) {
        double[][] costs = new double[forks][];
        for (int fork = 0; fork < forks; fork++) {
            costs[fork] = of(side, fork).stream().mapToDouble(slice -> counts(slice, metric)
                    ? metric.cost(metric.value(slice)) : Double.NaN).toArray();
        }
        return costs;
    }

    /** All values of a metric that count, in its unit. */
    double[] values(Side side, Metric metric) {
        return slices.get(side).stream().flatMap(List::stream)
                .filter(slice -> counts(slice, metric)).mapToDouble(metric::value).toArray();
    }

    /** The median of a metric over all slices that count. */
    double median(Side side, Metric metric) {
        return Quantiles.median(values(side, metric));
    }

    /** Samples of a slice, the median of the side that has fewer. */
    double samples() {
        return Math.min(samples(Side.A), samples(Side.B));
    }

    private double samples(Side side) {
        return Quantiles.median(slices.get(side).stream().flatMap(List::stream)
                .filter(slice -> slice != null).mapToDouble(Slice::samples).toArray());
    }

    /** Share of slices whose median is far above the quiet ones', 0 to 1. */
    double slowShare(Side side) {
        double[] all = values(side, Metric.P50);
        double limit = SLOW_FACTOR * Quantiles.lowerQuartile(all);
        int slow = 0;
        for (double value : all) {
            slow += value > limit ? 1 : 0;
        }
        return all.length == 0 ? 0 : (double) slow / all.length;
    }
}
