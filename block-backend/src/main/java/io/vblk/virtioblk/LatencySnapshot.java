// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

/** Times counted up to one moment. Immutable. Thread: any. */
public final class LatencySnapshot {
    /** Nothing counted. */
    public static final LatencySnapshot NONE = new LatencyHistogram().snapshot();

    private static final double PERCENT = 100;

    private final long[] counts;
    private final long count;
    private final long sumNs;
    private final long maxNs;

    LatencySnapshot(long[] counts, long sumNs, long maxNs) {
        this.counts = counts;
        this.sumNs = sumNs;
        this.maxNs = maxNs;
        long all = 0;
        for (long each : counts) {
            all += each;
        }
        this.count = all;
    }

    /** Number of times counted. */
    public long count() {
        return count;
    }

    /** Their mean in nanoseconds, 0 for none. */
    public double meanNs() {
        return count == 0 ? 0 : (double) sumNs / count;
    }

    /** The longest in nanoseconds; after {@link #since} no more exact than a percentile. */
    public long maxNs() {
        return maxNs;
    }

    /**
     * A time in nanoseconds that so many percent do not exceed, up to 1/32 too long; 0 for none.
     */
    public long percentileNs(double percent) {
        long rank = Math.max(1, (long) Math.ceil(percent / PERCENT * count));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return Math.min(maxNs, LatencyHistogram.highest(i));
            }
        }
        return maxNs;
    }

    /** Both together. */
    public LatencySnapshot plus(LatencySnapshot other) {
        long[] sums = counts.clone();
        for (int i = 0; i < sums.length; i++) {
            sums[i] += other.counts[i];
        }
        return new LatencySnapshot(
                sums, sumNs + other.sumNs, Math.max(maxNs, other.maxNs));
    }

    /** What was counted after an earlier snapshot of the same. */
    public LatencySnapshot since(LatencySnapshot earlier) {
        long[] gained = counts.clone();
        int last = -1;
        for (int i = 0; i < gained.length; i++) {
            gained[i] -= earlier.counts[i];
            last = gained[i] > 0 ? i : last;
        }
        // Which of the times was the longest is not kept, only its class.
        long longestNs = last < 0 ? 0 : Math.min(maxNs, LatencyHistogram.highest(last));
        return new LatencySnapshot(gained, sumNs - earlier.sumNs, longestNs);
    }
}
