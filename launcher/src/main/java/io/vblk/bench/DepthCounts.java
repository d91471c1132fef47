// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Arrays;

/** How often a depth or batch size occurred, in fio's classes. Thread: the owner's. */
final class DepthCounts {
    private final int[] limits;
    private final long[] counts;
    private final String[] names;

    private DepthCounts(int[] limits, String[] names) {
        this.limits = limits;
        this.names = names;
        this.counts = new long[names.length];
    }

    /** Classes of iodepth_level: each counts the depths from its name on. */
    static DepthCounts ofLevels() {
        return new DepthCounts(new int[] {1, 3, 7, 15, 31, 63},
                new String[] {"1", "2", "4", "8", "16", "32", ">=64"});
    }

    /** Classes of iodepth_submit and iodepth_complete: each counts the sizes up to its name. */
    static DepthCounts ofBatches() {
        return new DepthCounts(new int[] {0, 4, 8, 16, 32, 64},
                new String[] {"0", "4", "8", "16", "32", "64", ">=64"});
    }

    void count(int value, int times) {
        int i = 0;
        while (i < limits.length && value > limits[i]) {
            i++;
        }
        counts[i] += times;
    }

    void forget() {
        Arrays.fill(counts, 0);
    }

    void add(DepthCounts other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
    }

    int classes() {
        return names.length;
    }

    String name(int index) {
        return names[index];
    }

    /** Share of a class in percent. */
    double percent(int index) {
        long total = 0;
        for (long count : counts) {
            total += count;
        }
        return total == 0 ? 0 : 100.0 * counts[index] / total;
    }
}
