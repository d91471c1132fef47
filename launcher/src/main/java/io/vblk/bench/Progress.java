// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;

/**
 * How far a run is.
 *
 * @param elapsedNs since its start, the ramp included, in nanoseconds
 * @param intervalNs since the progress before this
 * @param totals what all jobs have done
 * @param before what they had done at the progress before this
 * @param states fio's letter for what each clone does, in their order: P waits, / warms up, R W M D
 *     read, write, mix and trim in order (small: at random), V checks, F flushes, E has ended, _ is
 *     gone
 * @param leftNs until the end, in nanoseconds; negative if that cannot be known
 */
public record Progress(long elapsedNs, long intervalNs, Totals totals, Totals before,
        String states, long leftNs) {
    static final Progress START = new Progress(0, 0, Totals.ZERO, Totals.ZERO, "", -1);
    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * Sums over all jobs.
     *
     * @param reads reads
     * @param writes writes
     * @param trims trims
     */
    public record Totals(Count reads, Count writes, Count trims) {
        static final Totals ZERO = new Totals(Count.ZERO, Count.ZERO, Count.ZERO);

        Totals plus(JobStats stats) {
            return new Totals(reads.plus(stats.read), writes.plus(stats.write),
                    trims.plus(stats.trim));
        }

        /** Of one kind. */
        Count of(Direction direction) {
            return switch (direction) {
                case READ -> reads;
                case WRITE -> writes;
                case TRIM -> trims;
                case SYNC -> Count.ZERO;
            };
        }

        /** Bytes of all kinds. */
        long bytes() {
            return reads.bytes + writes.bytes + trims.bytes;
        }

        /** Requests of all kinds. */
        public long ios() {
            return reads.ios + writes.ios + trims.ios;
        }
    }

    /**
     * Requests of one kind.
     *
     * @param ios requests completed
     * @param bytes bytes that they were about
     */
    public record Count(long ios, long bytes) {
        static final Count ZERO = new Count(0, 0);

        Count plus(DirectionStats stats) {
            return new Count(ios + stats.ios, bytes + stats.bytes);
        }

        /** Difference to earlier ones per second. */
        Count perSecond(Count earlier, long intervalNs) {
            double seconds = Math.max(1, intervalNs) / NANOS_PER_SECOND;
            return new Count((long) ((ios - earlier.ios) / seconds),
                    (long) ((bytes - earlier.bytes) / seconds));
        }
    }

    Progress next(long nowNs, Totals now, String nowStates, long left) {
        return new Progress(nowNs, nowNs - elapsedNs, now, totals, nowStates, left);
    }

    /** Clones that have begun and not ended. */
    public int running() {
        return (int) states.chars().filter(letter -> "PE_".indexOf(letter) < 0).count();
    }

    /** How much of the time is over, 0 to 1; negative if that cannot be known. */
    public double doneShare() {
        return leftNs < 0 ? -1 : (double) elapsedNs / Math.max(1, elapsedNs + leftNs);
    }

    /** Requests of a kind per second over the last interval. */
    public Count rate(Direction direction) {
        return totals.of(direction).perSecond(before.of(direction), intervalNs);
    }
}
