// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/** The last few spans of time of one kind, each after the one before. Thread: the job's. */
final class RecentSpans {
    private static final int KEPT = 16;

    private final long[] fromNs = new long[KEPT];
    private final long[] toNs = new long[KEPT];
    private long added;

    void add(long beganNs, long endedNs) {
        int place = (int) (added++ % KEPT);
        fromNs[place] = beganNs;
        toNs[place] = endedNs;
    }

    /** How much of the time from one moment to another they cover, in nanoseconds. */
    long overlapNs(long beganNs, long endedNs) {
        long sum = 0;
        for (int i = 0; i < Math.min(added, KEPT); i++) {
            // Differences only: nanoTime may wrap.
            long from = fromNs[i] - beganNs < 0 ? beganNs : fromNs[i];
            long to = toNs[i] - endedNs > 0 ? endedNs : toNs[i];
            sum += Math.max(0, to - from);
        }
        return sum;
    }
}
