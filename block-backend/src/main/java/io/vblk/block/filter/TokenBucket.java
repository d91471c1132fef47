// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What a rate has saved up, kept as the time at which the bucket is full again: it holds what is
 * saved up in its burst time, less what comes in until then. Thread: any.
 *
 * <p>Who comes takes its part at once and is told when it may go: so those who wait go in the order
 * in which they came, whichever thread they wait on, and nobody starves. Who wants more than the
 * bucket holds goes when it is full, and the next ones wait for what is owed.
 */
final class TokenBucket {
    private static final double NANOS_PER_SECOND = 1e9;
    /**
     * Of one part: some hours, so that as many as there can be requests, 256 queues of 1024, do not
     * reach the end of the clock.
     */
    private static final double PART_NS_MAX = 1e13;

    private final double nsPerUnit;
    private final long burstNs;
    private final AtomicLong fullAtNs;

    /**
     * A full one.
     *
     * @param perSecond how much comes in
     * @param burstNs how long it takes to fill
     */
    TokenBucket(long perSecond, long burstNs, long nowNs) {
        this.nsPerUnit = NANOS_PER_SECOND / perSecond;
        this.burstNs = burstNs;
        this.fullAtNs = new AtomicLong(nowNs);
    }

    /** Takes so much out; returns when who took it may go. */
    long take(long units, long nowNs) {
        long partNs = partNs(units);
        long fullNs;
        long fromNs;
        do {
            fullNs = fullAtNs.get();
            fromNs = fullNs - nowNs > 0 ? fullNs : nowNs;
        } while (!fullAtNs.compareAndSet(fullNs, fromNs + partNs));
        return fromNs - burstNs + Math.min(partNs, burstNs);
    }

    /** Puts back what was taken and not used. */
    void putBack(long units) {
        fullAtNs.addAndGet(-partNs(units));
    }

    private long partNs(long units) {
        return Math.round(Math.min(PART_NS_MAX, units * nsPerUnit));
    }
}
