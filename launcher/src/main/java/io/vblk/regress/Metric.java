// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What is compared between builds, and how far apart two builds have to be. Thread: any. */
enum Metric {
    /** Median latency. */
    P50("p50", "ns", Kind.LATENCY, 5, Slice::p50Ns),
    /** Latency that 90 % keep; gated where there are too few samples for p99. */
    P90("p90", "ns", Kind.LATENCY, 15, Slice::p90Ns),
    /** Latency that 99 % keep. */
    P99("p99", "ns", Kind.LATENCY, 15, Slice::p99Ns),
    /** Requests per second. */
    IOPS("iops", "1/s", Kind.RATE, 5, Slice::iops),
    /** Processor time per request. */
    CPU("cpu", "ns", Kind.COST, 10, Slice::cpuNs),
    /** Share of the event loops' looks for work that polling answered. */
    POLL_HITS("poll-hits", "", Kind.SHARE, 10, Slice::pollHitRate),
    /** From the start of the process to its first answer. */
    FIRST("first", "ns", Kind.LATENCY, 10, Slice::firstNs),
    /** From the start of the process to the last of the first answers. */
    START("start", "ns", Kind.LATENCY, 10, Slice::startNs);

    /** How costs are compared, and how a threshold follows from equal builds. */
    private enum Kind {
        /** A ratio, less is better. */
        LATENCY(2),
        /** A ratio, less is better. */
        COST(3),
        /** A ratio, more is better. */
        RATE(3),
        /** A difference, more is better. */
        SHARE(3);

        final double factor;

        Kind(double factor) {
            this.factor = factor;
        }
    }

    private static final double PERCENT = 100;

    private final String label;
    private final String unit;
    private final Kind kind;
    private final double percent;
    private final ToDoubleFunction<Slice> value;

    Metric(String label, String unit, Kind kind, double percent,
            ToDoubleFunction<Slice> value) {
        this.label = label;
        this.unit = unit;
        this.kind = kind;
        this.percent = percent;
        this.value = value;
    }

    /** The metric of a name; IllegalArgumentException for no such. */
    static Metric of(String name) {
        return Arrays.stream(values()).filter(metric -> metric.label.equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "'" + name + "' is none of " + Arrays.toString(values())));
    }

    /** The value of a slice, in its unit. */
    double value(Slice slice) {
        return value.applyAsDouble(slice);
    }

    String unit() {
        return unit;
    }

    /** What the value costs: the more the worse, and what is added to it can be compared. */
    double cost(double measured) {
        return switch (kind) {
            case LATENCY, COST -> Math.log(Math.max(measured, Double.MIN_NORMAL));
            case RATE -> -Math.log(Math.max(measured, Double.MIN_NORMAL));
            case SHARE -> -measured;
        };
    }

    /** An effect in percent of the first side's value, or in points of a share; its own sign. */
    double percent(double effect) {
        return switch (kind) {
            case LATENCY, COST -> PERCENT * Math.expm1(effect);
            case RATE -> PERCENT * Math.expm1(-effect);
            case SHARE -> -PERCENT * effect;
        };
    }

    /** The effect that so many percent, or points, of a change to the worse are. */
    double effect(double percentWorse) {
        return kind == Kind.SHARE ? percentWorse / PERCENT : Math.log1p(percentWorse / PERCENT);
    }

    /** The threshold in percent, or points, if nobody names another. */
    double percentDefault() {
        return percent;
    }

    /** By how much a threshold is above the largest effect between equal forks. */
    double factor() {
        return kind.factor;
    }

    /** Whether the threshold is fixed, so that equal builds that differ forbid an answer. */
    boolean isFixed() {
        return kind == Kind.LATENCY;
    }

    /** A value for people. */
    String show(double measured) {
        if (Double.isNaN(measured)) {
            return "-";
        }
        return switch (unit) {
            case "ns" -> Units.time(measured);
            case "1/s" -> Units.count(measured);
            default -> String.format(Locale.ROOT, "%.1f%%", PERCENT * measured);
        };
    }

    @Override
    public String toString() {
        return label;
    }
}
