// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import org.HdrHistogram.Histogram;

/** All latencies of a side, or of one of its forks, together. Thread: any. */
final class Percentiles {
    private static final long LONGEST_NS = 100_000_000_000L;
    private static final int SIGNIFICANT_DIGITS = 2;

    private final Histogram all = new Histogram(1, LONGEST_NS, SIGNIFICANT_DIGITS);

    private Percentiles() {}

    static Percentiles of(SliceTable table, Side side) {
        Percentiles percentiles = new Percentiles();
        for (int fork = 0; fork < table.forks(); fork++) {
            percentiles.add(table, side, fork);
        }
        return percentiles;
    }

    static Percentiles of(SliceTable table, Side side, int fork) {
        Percentiles percentiles = new Percentiles();
        percentiles.add(table, side, fork);
        return percentiles;
    }

    /** The latencies of one slice. */
    static Histogram of(Slice slice) {
        Percentiles percentiles = new Percentiles();
        percentiles.add(slice);
        return percentiles.all;
    }

    /** IOException in words for an operator if a slice's histogram is none. */
    static void check(Slice slice) throws IOException {
        slice.addTo(new Percentiles().all);
    }

    private void add(SliceTable table, Side side, int fork) {
        for (Slice slice : table.of(side, fork)) {
            if (slice != null) {
                add(slice);
            }
        }
    }

    private void add(Slice slice) {
        try {
            slice.addTo(all);
        } catch (IOException e) {
            throw new IllegalStateException("a worker's own histogram", e);
        }
    }

    /** Latency in nanoseconds that so many percent keep. */
    long at(double percentile) {
        return all.getValueAtPercentile(percentile);
    }

    long maxNs() {
        return all.getMaxValue();
    }

    long count() {
        return all.getTotalCount();
    }
}
