// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.List;

/**
 * What is reported of a job. Thread: any.
 *
 * @param group whether the clones of the job, and the jobs of its group, are reported as one
 * @param percentiles percentiles that are shown, ascending
 * @param slatPercentiles whether of submission latencies
 * @param clatPercentiles whether of completion latencies
 * @param latPercentiles whether of total latencies
 * @param logs files with figures over time
 */
public record Reporting(boolean group, List<Double> percentiles, boolean slatPercentiles,
        boolean clatPercentiles, boolean latPercentiles, Logs logs) {
    /** fio's own list. */
    public static final List<Double> PERCENTILES_DEFAULT = List.of(1.0, 5.0, 10.0, 20.0, 30.0,
            40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99);
    /** Most percentiles that are shown, as in fio. */
    public static final int PERCENTILES_MAX = 20;
    /** As fio does by default. */
    public static final Reporting DEFAULT =
            new Reporting(false, PERCENTILES_DEFAULT, false, true, false, Logs.NONE);

    /** The same, a group as one. */
    public Reporting grouped() {
        return new Reporting(
                true, percentiles, slatPercentiles, clatPercentiles, latPercentiles, logs);
    }

    /** Copies the list. */
    public Reporting {
        percentiles = List.copyOf(percentiles);
        if (percentiles.size() > PERCENTILES_MAX
                || percentiles.stream().anyMatch(p -> !(p >= 0 && p <= 100))) {
            throw new IllegalArgumentException("percentile_list takes up to " + PERCENTILES_MAX
                    + " numbers from 0 to 100");
        }
    }
}
