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

    /** Adds another stream's values (Chan's formula). */
    void add(RunningStats other) {
        if (other.count == 0) {
            return;
        }
        min = count == 0 ? other.min : Math.min(min, other.min);
        max = count == 0 ? other.max : Math.max(max, other.max);
        long sum = count + other.count;
        double delta = other.mean - mean;
        squares += other.squares + delta * delta * count * other.count / sum;
        mean += delta * other.count / sum;
        count = sum;
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
        return count < 2 ? 0 : Math.sqrt(squares / (count - 1));
    }
}
