// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockLimits;
import java.util.ArrayList;
import java.util.List;

/**
 * A slow disk.
 *
 * @param text the operator's words
 * @param times how long requests wait, by the number of their kind
 * @param probability share of the requests that wait, above 0 and up to 1
 * @param seed from which all that is drawn follows
 * @param spin whether the event loop is kept busy meanwhile, which adds exactly that time, and
 *     holds up all other requests, as slow code would
 */
public record DelaySpec(String text, List<DelayTime> times, double probability, long seed,
        boolean spin) implements FilterSpec {
    /** Longest time that an event loop is kept busy for one request. */
    public static final long SPIN_NS_MAX = 1_000_000;

    /** Checks what goes together. */
    public DelaySpec {
        if (times.size() != OpKind.COUNT) {
            throw new IllegalArgumentException("a time for each kind of request");
        }
        checkProbability(probability);
        List<DelayTime> kept = new ArrayList<>();
        boolean none = true;
        for (DelayTime time : times) {
            // Of an exponential distribution only the end is cut off.
            long longestNs = time.meanNs() > 0 ? time.meanNs() : time.maxNs();
            if (spin && longestNs > SPIN_NS_MAX) {
                throw new IllegalArgumentException("with spin=1 a delay is at most "
                        + SPIN_NS_MAX / 1_000 + " us: it holds up the event loop");
            }
            kept.add(spin ? time.upTo(SPIN_NS_MAX) : time);
            none &= time.isNone();
        }
        if (none) {
            throw new IllegalArgumentException(
                    "no request is delayed: give a time to one of read, write, flush, discard,"
                            + " all");
        }
        times = List.copyOf(kept);
    }

    static void checkProbability(double probability) {
        if (!(probability > 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability must be above 0 and at most 1");
        }
    }

    /** All kinds of requests wait for a time from a range. */
    public static DelaySpec all(String text, long minNs, long maxNs, long seed) {
        DelayTime time = DelayTime.between(minNs, maxNs);
        return new DelaySpec(text, List.of(time, time, time, time), 1, seed, false);
    }

    @Override
    public DiskFilter open(BlockLimits limits) {
        return new DelayedDisk(this);
    }
}
