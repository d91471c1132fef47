// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * What the slices of one target measured: a few figures of each, and all of them as one. The
 * histograms of each would be too much to keep. Thread: one at a time.
 */
final class ComparedTarget {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_US = 1e3;
    private static final double P50 = 50;
    private static final double P99 = 99;

    /** What is compared, of reads, writes or trims. */
    enum Figure {
        /** Requests per second. */
        IOPS("iops", "", (kind, job) -> kind.ios / (job.elapsedNs / NANOS_PER_SECOND)),
        /** Median of clat in microseconds. */
        P50_US("clat p50", "us", (kind, job) -> percentile(kind, P50)),
        /** 99th percentile of clat in microseconds. */
        P99_US("clat p99", "us", (kind, job) -> percentile(kind, P99));

        final String label;
        final String unit;
        private final Of of;

        Figure(String label, String unit, Of of) {
            this.label = label;
            this.unit = unit;
            this.of = of;
        }

        private interface Of {
            double value(DirectionStats kind, JobStats job);
        }
    }

    private final String name;
    /** Of each slice the figures of each kind. */
    private final List<double[]> slices = new ArrayList<>();
    private final Set<String> failures = new LinkedHashSet<>();
    private JobReport whole;

    ComparedTarget(String name) {
        this.name = name;
    }

    private static double percentile(DirectionStats kind, double percent) {
        return kind.clat.getValueAtPercentile(percent) / NANOS_PER_US;
    }

    void add(JobReport slice) {
        JobStats total = slice.total();
        double[] figures = new double[DirectionStats.KINDS.size() * Figure.values().length];
        for (Direction kind : DirectionStats.KINDS) {
            for (Figure figure : Figure.values()) {
                figures[place(kind, figure)] = figure.of.value(total.of(kind), total);
            }
        }
        slices.add(figures);
        failures.addAll(slice.failures());
        whole = whole == null ? slice : whole.with(slice);
    }

    private static int place(Direction kind, Figure figure) {
        return kind.ordinal() * Figure.values().length + figure.ordinal();
    }

    String name() {
        return name;
    }

    /** Slices that there were. */
    int slices() {
        return slices.size();
    }

    /** A figure of each slice, in their order. */
    double[] values(Direction kind, Figure figure) {
        ToDoubleFunction<double[]> of = slice -> slice[place(kind, figure)];
        return slices.stream().mapToDouble(of).toArray();
    }

    /** What went wrong, a line each. */
    Set<String> failures() {
        return failures;
    }

    /** All slices as one; null if there was none. */
    JobReport whole() {
        return whole;
    }
}
