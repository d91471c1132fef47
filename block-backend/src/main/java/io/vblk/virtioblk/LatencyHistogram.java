// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import java.util.Arrays;

/**
 * Counts times in classes that are at most 1/32 of a time wide, like HdrHistogram, and allocates
 * nothing after it was made. Thread: home writes, any reads what is there at the moment.
 *
 * <p>Below 32 ns each nanosecond is a class; each power of two above has 32 of them.
 */
final class LatencyHistogram {
    /** Longer times count as this: eighteen minutes. */
    static final long MAX_NS = (1L << 40) - 1;

    private static final int SUB_BITS = 5;
    private static final int SUBS = 1 << SUB_BITS;
    private static final int EXPONENT_MAX = 39;
    private static final int CLASSES = (EXPONENT_MAX - SUB_BITS + 2) * SUBS;

    private final long[] counts = new long[CLASSES];
    private long sumNs;
    private long maxNs;

    /** Counts a time. Thread: home. */
    void record(long ns) {
        long counted = Math.max(0, Math.min(ns, MAX_NS));
        counts[classOf(counted)]++;
        sumNs += counted;
        if (counted > maxNs) {
            maxNs = counted;
        }
    }

    /** What is counted at the moment. Thread: any. */
    LatencySnapshot snapshot() {
        return new LatencySnapshot(Arrays.copyOf(counts, CLASSES), sumNs, maxNs);
    }

    static int classOf(long ns) {
        if (ns < SUBS) {
            return (int) ns;
        }
        int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(ns);
        int shift = exponent - SUB_BITS;
        return shift * SUBS + (int) (ns >>> shift);
    }

    /** The longest time of a class. */
    static long highest(int number) {
        if (number < SUBS) {
            return number;
        }
        int shift = number / SUBS - 1;
        return (number - (long) shift * SUBS + 1 << shift) - 1;
    }
}
