// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Spans of System.nanoTime, joined where they overlap, so that time is never counted twice.
 * Immutable; thread: any.
 */
final class Intervals {
    static final Intervals NONE = new Intervals(List.of());

    /**
     * One span.
     *
     * @param fromNs its start
     * @param toNs its end, not before the start
     */
    record Span(long fromNs, long toNs) {}

    private final long[] fromNs;
    private final long[] toNs;

    Intervals(List<Span> spans) {
        List<Span> joined = join(spans);
        fromNs = new long[joined.size()];
        toNs = new long[joined.size()];
        for (int i = 0; i < joined.size(); i++) {
            fromNs[i] = joined.get(i).fromNs();
            toNs[i] = joined.get(i).toNs();
        }
    }

    private static List<Span> join(List<Span> spans) {
        List<Span> sorted = new ArrayList<>(spans);
        sorted.sort(Comparator.comparingLong(Span::fromNs));
        List<Span> joined = new ArrayList<>();
        for (Span span : sorted) {
            Span last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && span.fromNs() <= last.toNs()) {
                joined.set(joined.size() - 1,
                        new Span(last.fromNs(), Math.max(last.toNs(), span.toNs())));
            } else {
                joined.add(span);
            }
        }
        return joined;
    }

    /** How much of the time from one moment to another these spans cover, in nanoseconds. */
    long overlapNs(long beganNs, long endedNs) {
        long sum = 0;
        for (int i = firstEndingAfter(beganNs); i < fromNs.length && fromNs[i] < endedNs; i++) {
            sum += Math.max(0, Math.min(endedNs, toNs[i]) - Math.max(beganNs, fromNs[i]));
        }
        return sum;
    }

    private int firstEndingAfter(long ns) {
        int low = 0;
        int high = toNs.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (toNs[middle] > ns) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
