// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import org.HdrHistogram.Histogram;

/**
 * Requests of one kind, counted and timed. Allocates nothing once it is made. Thread: home writes,
 * any reads what is there at the moment.
 */
final class KindStats {
    /** Longer times count as this: eighteen minutes. */
    private static final long LONGEST_NS = (1L << 40) - 1;
    private static final int DIGITS = 2;

    private final Histogram times = new Histogram(1, LONGEST_NS, DIGITS);
    private long errors;
    private long bytes;
    private long sumNs;
    private long maxNs;

    /** A request has ended. Thread: home. */
    void count(long ns, int errno, long lengthBytes) {
        long counted = Math.max(0, Math.min(ns, LONGEST_NS));
        times.recordValue(counted);
        sumNs += counted;
        maxNs = Math.max(maxNs, counted);
        if (errno != 0) {
            errors++;
        } else {
            bytes += lengthBytes;
        }
    }

    /** Adds what another has counted so far. Thread: any, but the other's. */
    void add(KindStats other) {
        times.add(other.times);
        errors += other.errors;
        bytes += other.bytes;
        sumNs += other.sumNs;
        maxNs = Math.max(maxNs, other.maxNs);
    }

    FilterReport.Times report(OpKind kind) {
        long requests = times.getTotalCount();
        return new FilterReport.Times(kind, requests, errors, bytes,
                requests == 0 ? 0 : sumNs / requests, percentileNs(50), percentileNs(90),
                percentileNs(99), percentileNs(99.9), maxNs);
    }

    private long percentileNs(double percent) {
        return Math.min(maxNs, times.getValueAtPercentile(percent));
    }
}
