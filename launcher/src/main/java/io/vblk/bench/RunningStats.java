// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Minimum, maximum, mean and deviation of a stream of values (Welford's method).
 * Thread: the owner's.
 */
final class RunningStats {
    private long count;
    private double min;
    private double max;
    private double mean;
    private double squares;

    void add(double value) {
        min = count == 0 ? value : Math.min(min, value);
        max = count == 0 ? value : Math.max(max, value);
        count++;
        double delta = value - mean;
        mean += delta / count;
        squares += delta * (value - mean);
    }

    /**
     * Puts another stream beside this one, as fio does with the rates of a group's jobs: what they
     * do at a time adds up. The deviation is that of streams that know nothing of each other.
     */
    void addBeside(RunningStats other) {
        min += other.min;
        max += other.max;
        mean += other.mean;
        double variance = variance() + other.variance();
        count += other.count;
        squares = variance * Math.max(0, count - 1);
    }

    /** Goes on with a stream that came after this one (Chan's way to add up). */
    void addLater(RunningStats later) {
        if (later.count == 0) {
            return;
        }
        min = count == 0 ? later.min : Math.min(min, later.min);
        max = count == 0 ? later.max : Math.max(max, later.max);
        double delta = later.mean - mean;
        long both = count + later.count;
        squares += later.squares + delta * delta * count * later.count / both;
        mean += delta * later.count / both;
        count = both;
    }

    private double variance() {
        return count < 2 ? 0 : squares / (count - 1);
    }

    long count() {
        return count;
    }

    double min() {
        return min;
    }

    double max() {
        return max;
    }

    double mean() {
        return mean;
    }

    double deviation() {
        return Math.sqrt(variance());
    }
}
