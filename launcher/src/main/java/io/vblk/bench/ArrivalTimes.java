// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.ArrivalRate;

/**
 * When requests of one direction are to start, at a rate in requests or in bytes. Thread: the
 * job's. Sums are exact, so a linear rate does not drift; nothing is allocated.
 */
final class ArrivalTimes {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long perSecond;
    private final boolean inBytes;
    private final boolean poisson;
    private final RandomStream random;
    private long dueNs;
    /** What {@link #dueNs} is short of, in parts of a nanosecond: {@code perSecond} of them. */
    private long remainder;
    /** Length of the requests so far: how many a backlog in bytes is. */
    private double bytesMean = 1;
    private long steps;

    /**
     * Starts at a rate.
     *
     * @param perSecond requests or bytes per second, at least 1
     * @param inBytes which of them
     */
    ArrivalTimes(long perSecond, boolean inBytes, ArrivalRate.Process process, long seed) {
        this.perSecond = perSecond;
        this.inBytes = inBytes;
        this.poisson = process == ArrivalRate.Process.POISSON;
        this.random = new RandomStream(seed);
    }

    /**
     * The first request is due now, or with a Poisson process after a first distance.
     *
     * @param lengthBytes length of that request, or of a usual one
     */
    void begin(long nowNs, int lengthBytes) {
        dueNs = nowNs;
        remainder = 0;
        if (poisson) {
            advance(inBytes ? lengthBytes : 1);
        }
        bytesMean = lengthBytes;
        steps = 0;
    }

    /** When the next request is to start, on the clock of {@link #begin}. */
    long dueNs() {
        return dueNs;
    }

    /** The next request has started: goes on to the one after it. */
    void step(int lengthBytes) {
        steps++;
        bytesMean += (lengthBytes - bytesMean) / steps;
        advance(inBytes ? lengthBytes : 1);
    }

    private void advance(long amount) {
        if (poisson) {
            double distance = -Math.log(random.unitAboveZero());
            dueNs += Math.round(distance * NANOS_PER_SECOND * amount / perSecond);
            return;
        }
        long parts = NANOS_PER_SECOND * amount;
        dueNs += parts / perSecond;
        remainder += parts % perSecond;
        if (remainder >= perSecond) {
            remainder -= perSecond;
            dueNs++;
        }
    }

    /** All that is to come starts so much later. */
    void delay(long ns) {
        dueNs += ns;
    }

    /** Requests that were due before a time and have not started; if not linear in IOPS, about. */
    long dueBefore(long timeNs) {
        long lateNs = timeNs - dueNs;
        double amount = inBytes ? bytesMean : 1;
        return lateNs <= 0
                ? 0
                : (long) ((lateNs - 1) * (double) perSecond / NANOS_PER_SECOND / amount) + 1;
    }
}
