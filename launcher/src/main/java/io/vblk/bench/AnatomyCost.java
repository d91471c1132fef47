// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Arrays;
import java.util.List;

/**
 * What looking at requests costs: how much longer slices of requests with samples take than the
 * blank ones between them. Immutable; thread: any.
 *
 * @param slices blank slices that were compared, 0 if it cannot be told
 * @param percent of the time of a request, the median of all comparisons
 * @param lowPercent where this median lies with a confidence of 95 %, at least
 * @param highPercent at most
 * @param requestNs nanoseconds for each request
 */
record AnatomyCost(int slices, double percent, double lowPercent, double highPercent,
        double requestNs) {
    /** At a rate the time of a slice is that of the rate. */
    static final AnatomyCost UNKNOWN = new AnatomyCost(0, 0, 0, 0, 0);

    private static final int SLICES_MIN = 20;
    private static final double PERCENT = 100;
    /** Half the width of a median's interval in ranks, of 95 % and for a number: times its root. */
    private static final double RANKS = 0.98;

    /** Compares the slices of all jobs. */
    static AnatomyCost of(List<AnatomySamples> jobs) {
        if (jobs.stream().anyMatch(AnatomySamples::isOpenLoop)) {
            return UNKNOWN;
        }
        int blanks = 0;
        for (AnatomySamples job : jobs) {
            blanks += job.slices() / 2 + 1;
        }
        double[] ratios = new double[2 * blanks];
        double[] blankNs = new double[blanks];
        int count = 0;
        for (AnatomySamples job : jobs) {
            for (int i = 1; i + 1 < job.slices(); i++) {
                if (job.sliceNs(i) < 0 && job.sliceNs(i - 1) > 0 && job.sliceNs(i + 1) > 0) {
                    double blank = -job.sliceNs(i);
                    blankNs[count / 2] = blank;
                    // One by one: the mean of two has another median than one alone.
                    ratios[count++] = job.sliceNs(i - 1) / blank;
                    ratios[count++] = job.sliceNs(i + 1) / blank;
                }
            }
        }
        int slices = count / 2;
        if (slices < SLICES_MIN) {
            return UNKNOWN;
        }
        Arrays.sort(ratios, 0, count);
        Arrays.sort(blankNs, 0, slices);
        // The two of a blank slice are not independent: they count as one.
        double reach = RANKS / Math.sqrt(slices);
        double median = ratios[count / 2];
        return new AnatomyCost(slices, percent(median),
                percent(ratios[(int) Math.max(0, count * (0.5 - reach))]),
                percent(ratios[(int) Math.min(count - 1, count * (0.5 + reach))]),
                (median - 1) * blankNs[slices / 2]
                        / jobs.get(0).sampling().sliceRequests());
    }

    private static double percent(double ratio) {
        return (ratio - 1) * PERCENT;
    }

    boolean isKnown() {
        return slices > 0;
    }
}
