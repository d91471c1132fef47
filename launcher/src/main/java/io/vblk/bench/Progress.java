// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * How far a run is.
 *
 * @param elapsedNs since its start, the ramp included, in nanoseconds
 * @param intervalNs since the progress before this
 * @param read totals of reads
 * @param write totals of writes
 * @param readBefore totals of reads at the progress before this
 * @param writeBefore totals of writes at the progress before this
 * @param running jobs that have not ended
 */
public record Progress(
        long elapsedNs,
        long intervalNs,
        Totals read,
        Totals write,
        Totals readBefore,
        Totals writeBefore,
        int running) {

    /**
     * Sums over all jobs.
     *
     * @param ios requests completed
     * @param bytes bytes moved
     */
    public record Totals(long ios, long bytes) {
        /** Difference to earlier totals per second. */
        Totals perSecond(Totals earlier, long intervalNs) {
            double seconds = Math.max(1, intervalNs) / 1e9;
            return new Totals((long) ((ios - earlier.ios) / seconds),
                    (long) ((bytes - earlier.bytes) / seconds));
        }
    }

    private static final Totals ZERO = new Totals(0, 0);

    static final Progress START = new Progress(0, 0, ZERO, ZERO, ZERO, ZERO, 0);

    Progress next(long nowNs, Totals nowRead, Totals nowWrite, int nowRunning) {
        return new Progress(
                nowNs, nowNs - elapsedNs, nowRead, nowWrite, read, write, nowRunning);
    }

    /** Reads per second over the last interval. */
    public Totals readRate() {
        return read.perSecond(readBefore, intervalNs);
    }

    /** Writes per second over the last interval. */
    public Totals writeRate() {
        return write.perSecond(writeBefore, intervalNs);
    }
}
