// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * fio's latency bins (stat.h): one for each nanosecond up to 127, then 64 for each power of two,
 * 29 groups in all, up to 17 s; what is longer counts in the last. Our histograms are twice as
 * fine, and none of their bins lies across the border of two of fio's. Thread: any.
 */
final class FioBins {
    /** Number of bins. */
    static final int COUNT = 29 << 6;

    private static final int GROUP_BITS = 6;
    private static final int GROUP = 1 << GROUP_BITS;

    private FioBins() {}

    /** The bin of a latency. */
    static int index(long ns) {
        int highest = Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(1, ns));
        if (highest <= GROUP_BITS) {
            return (int) Math.max(0, ns);
        }
        int shift = highest - GROUP_BITS;
        long index = ((shift + 1L) << GROUP_BITS) + (ns >> shift & GROUP - 1);
        return (int) Math.min(index, COUNT - 1);
    }

    /** What stands for a bin: the middle of it, in nanoseconds. */
    static long valueNs(int index) {
        if (index < 2 * GROUP) {
            return index;
        }
        int shift = (index >> GROUP_BITS) - 1;
        long base = 1L << shift + GROUP_BITS;
        return base + ((long) (index & GROUP - 1) << shift) + (1L << shift - 1);
    }

    /** How many of a histogram's latencies are in each bin. */
    static long[] of(Histogram histogram) {
        long[] bins = new long[COUNT];
        for (HistogramIterationValue value : histogram.recordedValues()) {
            bins[index(histogram.lowestEquivalentValue(value.getValueIteratedTo()))] +=
                    value.getCountAtValueIteratedTo();
        }
        return bins;
    }
}
