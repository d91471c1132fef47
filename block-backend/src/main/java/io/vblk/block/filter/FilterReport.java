// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a filter has done up to one moment, in all views of its disk. Immutable. Thread: any.
 *
 * @param filter the operator's own words for it
 * @param counts what it counted
 * @param times how long requests took, by kind; empty of filters that do not measure
 */
public record FilterReport(String filter, List<Count> counts, List<Times> times) {
    private static final double NANOS_PER_US = 1e3;

    /** Immutable. */
    public FilterReport {
        counts = List.copyOf(counts);
        times = List.copyOf(times);
    }

    /**
     * A counter.
     *
     * @param name in words joined by hyphens; ends with the unit, if it has one
     * @param value how many so far
     */
    public record Count(String name, long value) {}

    /**
     * Requests of one kind.
     *
     * @param kind of the requests
     * @param requests how many have ended
     * @param errors how many of them failed
     * @param bytes how much those that succeeded moved, or named as a range
     * @param meanNs how long they took on average, in nanoseconds as all that follows
     * @param p50Ns what half of them did not exceed
     * @param p90Ns 90th percentile
     * @param p99Ns 99th percentile
     * @param p999Ns 99.9th percentile
     * @param maxNs the longest
     */
    public record Times(OpKind kind, long requests, long errors, long bytes, long meanNs,
            long p50Ns, long p90Ns, long p99Ns, long p999Ns, long maxNs) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%s: requests=%d, errors=%d, bytes=%d, usec: "
                            + "mean=%.1f, 50th=%.1f, 90th=%.1f, 99th=%.1f, 99.9th=%.1f, max=%.1f",
                    kind, requests, errors, bytes, us(meanNs), us(p50Ns), us(p90Ns), us(p99Ns),
                    us(p999Ns), us(maxNs));
        }

        private static double us(long ns) {
            return ns / NANOS_PER_US;
        }
    }

    /** The same in lines for people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (times.isEmpty()) {
            StringBuilder line = new StringBuilder(filter).append(':');
            for (Count count : counts) {
                line.append(line.length() == filter.length() + 1 ? " " : ", ")
                        .append(count.name()).append('=').append(count.value());
            }
            lines.add(line.toString());
        }
        for (Times each : times) {
            lines.add(filter + ": " + each);
        }
        return lines;
    }
}
