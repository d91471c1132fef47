// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import java.util.SplittableRandom;

/**
 * How long requests are delayed, in nanoseconds: always as long, drawn evenly from a range, or
 * drawn with an exponential distribution.
 *
 * @param minNs shortest
 * @param maxNs longest; 0 for no delay
 * @param meanNs mean of the exponential distribution, which is cut off at {@code maxNs}; 0 for
 *     another one
 */
public record DelayTime(long minNs, long maxNs, long meanNs) {
    /** Longest delay: a guest gives up on a disk that is silent for longer. */
    public static final long DELAY_NS_MAX = 60_000_000_000L;
    /** No delay. */
    public static final DelayTime NONE = new DelayTime(0, 0, 0);

    /** Checks the range. */
    public DelayTime {
        if (minNs < 0 || minNs > maxNs || maxNs > DELAY_NS_MAX || meanNs < 0 || meanNs > maxNs) {
            throw new IllegalArgumentException("a delay is at most " + DELAY_NS_MAX / 1_000_000_000
                    + " s, and of a range the shorter one comes first");
        }
    }

    /** Evenly drawn from a range, which may be one time. */
    public static DelayTime between(long minNs, long maxNs) {
        return new DelayTime(minNs, maxNs, 0);
    }

    /** Exponentially distributed. */
    public static DelayTime exponential(long meanNs) {
        return new DelayTime(0, meanNs == 0 ? 0 : DELAY_NS_MAX, meanNs);
    }

    boolean isNone() {
        return maxNs == 0;
    }

    /** The same, and nothing longer than this. */
    DelayTime upTo(long limitNs) {
        return new DelayTime(minNs, Math.min(maxNs, limitNs), meanNs);
    }

    long drawNs(SplittableRandom random) {
        if (meanNs > 0) {
            return Math.min(maxNs, Math.round(-meanNs * Math.log(1 - random.nextDouble())));
        }
        return minNs == maxNs ? minNs : random.nextLong(minNs, maxNs + 1);
    }
}
