// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.ArrivalRate;

/**
 * When requests of one direction are to start, at a rate. Thread: the job's. Sums are exact, so a
 * linear rate does not drift; nothing is allocated.
 */
final class Arrivals {
    /** The lower bits of a random number that a double holds. */
    private static final double UNIT = 0x1.0p-53;
    private static final int BITS_BELOW_UNIT = 11;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long perSecond;
    private final boolean poisson;
    private long state;
    private long dueNs;
    /** What {@link #dueNs} is short of, in parts of a nanosecond: {@code perSecond} of them. */
    private long remainder;

    /**
     * Starts at a rate.
     *
     * @param perSecond requests per second, at least 1
     */
    Arrivals(long perSecond, ArrivalRate.Process process, long seed) {
        this.perSecond = perSecond;
        this.poisson = process == ArrivalRate.Process.POISSON;
        this.state = seed;
    }

    /** The first request is due now, or with a Poisson process after a first distance. */
    void begin(long nowNs) {
        dueNs = nowNs;
        remainder = 0;
        if (poisson) {
            step();
        }
    }

    /** When the next request is to start, on the clock of {@link #begin}. */
    long dueNs() {
        return dueNs;
    }

    /** Goes on to the request after the next one. */
    void step() {
        if (poisson) {
            dueNs += Math.round(exponential() * NANOS_PER_SECOND / perSecond);
            return;
        }
        dueNs += NANOS_PER_SECOND / perSecond;
        remainder += NANOS_PER_SECOND % perSecond;
        if (remainder >= perSecond) {
            remainder -= perSecond;
            dueNs++;
        }
    }

    /** What was due before a time and has not started never does; the next request is due then. */
    void skipTo(long timeNs) {
        if (timeNs - dueNs > 0) {
            dueNs = timeNs;
        }
    }

    /** Distance with mean 1 between events that know nothing of each other. */
    private double exponential() {
        state += 0x9E3779B97F4A7C15L;
        double uniform = (AccessPattern.scramble(state) >>> BITS_BELOW_UNIT) * UNIT;
        return -Math.log(1 - uniform);
    }

    /** Requests that were due before a time and have not started; of a Poisson process, about. */
    long dueBefore(long timeNs) {
        long lateNs = timeNs - dueNs;
        return lateNs <= 0
                ? 0
                : (long) ((lateNs - 1) * (double) perSecond / NANOS_PER_SECOND) + 1;
    }
}
