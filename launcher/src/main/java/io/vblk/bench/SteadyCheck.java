// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Goals.SteadyState;
import java.util.Locale;

/**
 * Whether a figure of a run has settled: fio's steadystate. Looks at the samples of the last
 * {@code ss_dur}: at the largest deviation from their mean, or at the slope of the line that fits
 * them best. Holds no clock. Thread: one at a time.
 */
final class SteadyCheck {
    /** Most samples of a window: more than a day of seconds. */
    static final int SAMPLES_MAX = 100_000;
    private static final int SAMPLES_MIN = 2;
    private static final double PERCENT = 100;
    private static final double KIB = 1024;

    private final SteadyState spec;
    private final double limit;
    private final double[] iops;
    private final double[] bytesPerSecond;
    private final double[] latencyNs;
    private final double[] figures;
    private int count;
    /** Where the next sample goes: the oldest, once there are enough. */
    private int at;
    private boolean attained;
    private double slope;
    private double maxDeviation;
    private double criterion;

    /**
     * A check, before its first sample.
     *
     * @param spec says which figure; a limit of a slope is per sample
     * @throws IllegalArgumentException in words for an operator, if the times do not fit
     */
    SteadyCheck(SteadyState spec) {
        if (spec.intervalNs() <= 0) {
            throw new IllegalArgumentException("ss_interval must be above 0");
        }
        long samples = spec.durationNs() / spec.intervalNs();
        if (samples < SAMPLES_MIN || samples > SAMPLES_MAX) {
            throw new IllegalArgumentException("ss_dur must be " + SAMPLES_MIN + " to "
                    + SAMPLES_MAX + " times ss_interval: " + samples);
        }
        this.spec = spec;
        this.limit = spec.isPercent() || !isBandwidth() ? spec.limit() : spec.limit() * KIB;
        this.iops = new double[(int) samples];
        this.bytesPerSecond = new double[(int) samples];
        this.latencyNs = new double[(int) samples];
        this.figures = switch (spec.kind()) {
            case IOPS, IOPS_SLOPE -> iops;
            case BW, BW_SLOPE -> bytesPerSecond;
            case LAT, LAT_SLOPE -> latencyNs;
        };
    }

    /**
     * A sample of one interval, after {@code ss_ramp_time}. None is taken once the state is
     * attained.
     *
     * @return whether the state is attained
     */
    boolean add(double requestsPerSecond, double bytesEachSecond, double meanLatencyNs) {
        if (attained) {
            return true;
        }
        iops[at] = requestsPerSecond;
        bytesPerSecond[at] = bytesEachSecond;
        latencyNs[at] = meanLatencyNs;
        at = (at + 1) % figures.length;
        count = Math.min(count + 1, figures.length);
        if (count == figures.length) {
            look();
        }
        return attained;
    }

    private void look() {
        double mean = mean(figures);
        double value = isSlope() ? lookAtSlope(mean) : lookAtDeviation(mean);
        if (spec.isPercent() && mean == 0) {
            criterion = 0;
            return;
        }
        criterion = spec.isPercent() ? PERCENT * value / mean : value;
        attained = Math.abs(criterion) < limit;
    }

    private double lookAtSlope(double mean) {
        double middle = (figures.length - 1) / 2.0;
        double products = 0;
        double squares = 0;
        for (int i = 0; i < figures.length; i++) {
            double x = i - middle;
            products += x * (sample(figures, i) - mean);
            squares += x * x;
        }
        slope = products / squares;
        return slope;
    }

    private double lookAtDeviation(double mean) {
        maxDeviation = 0;
        for (double figure : figures) {
            maxDeviation = Math.max(maxDeviation, Math.abs(figure - mean));
        }
        return maxDeviation;
    }

    boolean isSlope() {
        return switch (spec.kind()) {
            case IOPS_SLOPE, BW_SLOPE, LAT_SLOPE -> true;
            case IOPS, BW, LAT -> false;
        };
    }

    private boolean isBandwidth() {
        return spec.kind() == SteadyState.Kind.BW || spec.kind() == SteadyState.Kind.BW_SLOPE;
    }

    private double sample(double[] samples, int index) {
        return samples[count < samples.length ? index : (at + index) % samples.length];
    }

    private double mean(double[] samples) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += samples[i];
        }
        return count == 0 ? 0 : sum / count;
    }

    SteadyState spec() {
        return spec;
    }

    /** The goal in fio's words: {@code iops_slope:0.300000%}. */
    String fioText() {
        return String.format(Locale.ROOT, "%s:%f%s", spec.kind().name().toLowerCase(Locale.ROOT),
                spec.limit(), spec.isPercent() ? "%" : "");
    }

    /** Whether latencies are looked at, which fio cannot. */
    boolean isLatency() {
        return figures == latencyNs;
    }

    /** Whether the figure has settled. */
    boolean attained() {
        return attained;
    }

    /** Samples that there are, at most as many as {@code ss_dur} has intervals. */
    int count() {
        return count;
    }

    /** Requests per second in a sample, the oldest being 0. */
    double iops(int index) {
        return sample(iops, index);
    }

    /** Bytes per second in a sample. */
    double bytesPerSecond(int index) {
        return sample(bytesPerSecond, index);
    }

    /** Mean latency in a sample, in nanoseconds. */
    double latencyNs(int index) {
        return sample(latencyNs, index);
    }

    /** Mean of the samples, in requests per second. */
    double iopsMean() {
        return mean(iops);
    }

    /** Mean of the samples, in bytes per second. */
    double bytesPerSecondMean() {
        return mean(bytesPerSecond);
    }

    /** Mean of the samples, in nanoseconds. */
    double latencyNsMean() {
        return mean(latencyNs);
    }

    /** Change from one sample to the next; 0 if deviations are looked at, or too few samples. */
    double slope() {
        return slope;
    }

    /** Largest deviation from the mean; 0 if slopes are looked at, or too few samples. */
    double maxDeviation() {
        return maxDeviation;
    }

    /**
     * What was held against the limit: of the mean in percent, if the limit is; else in requests
     * per second, bytes per second or nanoseconds.
     */
    double criterion() {
        return criterion;
    }
}
