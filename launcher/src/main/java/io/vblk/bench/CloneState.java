// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import java.util.List;

/**
 * How far a clone is.
 *
 * @param letter fio's letter for what it does
 * @param leftNs time that it still needs, in nanoseconds; negative if that cannot be known
 */
record CloneState(char letter, double leftNs) {
    static final char WAITING = 'P';
    static final char RAMP = '/';
    static final char VERIFYING = 'V';
    static final char FLUSHING = 'F';
    /** Ended, and others of its phase have not. */
    static final char DONE = 'E';
    static final char GONE = '_';
    private static final double UNKNOWN = -1;
    private static final double NANOS_PER_SECOND = 1e9;

    /** fio's letter for a running job. */
    static char letter(ReadWrite rw) {
        char small = rw.reads() && rw.writes() ? 'm' : rw.reads() ? 'r' : rw.writes() ? 'w' : 'd';
        return rw.random() ? small : Character.toUpperCase(small);
    }

    /** The state of a clone that began so long ago, by what its figures say now. */
    static CloneState of(char letter, long elapsedNs, LoadGenerator generator, Region region) {
        if (letter == GONE || letter == DONE || letter == FLUSHING) {
            return new CloneState(letter, 0);
        }
        if (letter == WAITING || letter == VERIFYING) {
            return new CloneState(letter, UNKNOWN);
        }
        JobSpec spec = generator.spec();
        Timing timing = spec.timing();
        long workedNs = elapsedNs - timing.startDelayNs() - timing.rampNs();
        double share = workShare(spec, generator.stats(), region);
        double byWork = share <= 0 || workedNs <= 0 ? UNKNOWN
                : workedNs * Math.max(0, 1 - share) / share;
        double byTime = hasEnd(timing) ? Math.max(0, lengthNs(timing) - elapsedNs) : UNKNOWN;
        return new CloneState(workedNs < 0 ? RAMP : letter, first(byWork, byTime));
    }

    private static boolean hasEnd(Timing timing) {
        return timing.runtimeNs() != 0 && timing.runtimeNs() != Timing.FOR_EVER_NS;
    }

    /** What comes first of two times of which each may be unknown. */
    private static double first(double one, double other) {
        return one < 0 ? other : other < 0 ? one : Math.min(one, other);
    }

    private static double workShare(JobSpec spec, JobStats stats, Region region) {
        if (spec.timing().timeBased()) {
            return UNKNOWN;
        }
        boolean pairs = spec.rw().trims() && spec.rw().writes();
        long bytes = stats.read.bytes + stats.trim.bytes + (pairs ? 0 : stats.write.bytes);
        double share = (double) bytes / Math.max(1, RequestPlan.bytesMost(spec.extent(), region));
        return spec.extent().numberIos() == 0 ? share
                : Math.max(share, (double) stats.ios() / spec.extent().numberIos());
    }

    private static long lengthNs(Timing timing) {
        return timing.startDelayNs() + timing.rampNs() + timing.runtimeNs();
    }

    /**
     * Time until all phases have ended, in nanoseconds; negative if that cannot be known.
     *
     * @param bytesPerNs mean bandwidth up to now: what waits without a runtime is taken to be as
     *     fast
     */
    static long leftNs(List<List<Clone>> phases, long nowNs, double bytesPerNs) {
        double sum = 0;
        for (List<Clone> phase : phases) {
            double longest = 0;
            double shortest = Double.POSITIVE_INFINITY;
            for (Clone clone : phase) {
                CloneState state = clone.state(nowNs);
                double left = state.letter == WAITING ? clone.plannedNs(bytesPerNs)
                        : state.leftNs;
                if (left < 0) {
                    return -1;
                }
                longest = Math.max(longest, left);
                shortest = clone.endsGroup() ? Math.min(shortest, left) : shortest;
            }
            sum += Math.min(longest, shortest);
        }
        return (long) sum;
    }

    /** Time of a clone that has not begun, in nanoseconds; negative if that cannot be known. */
    static double plannedNs(JobSpec spec, Region region, double bytesPerNs) {
        Timing timing = spec.timing();
        double byTime = hasEnd(timing) ? lengthNs(timing) : UNKNOWN;
        double speed = spec.isOpenLoop() ? rate(spec) : bytesPerNs;
        if (timing.timeBased() || speed <= 0) {
            return byTime;
        }
        return first(byTime, timing.startDelayNs() + timing.rampNs()
                + RequestPlan.bytesMost(spec.extent(), region) / speed);
    }

    /** What a job with a rate starts, in bytes per nanosecond. */
    private static double rate(JobSpec spec) {
        double perSecond = 0;
        for (Direction kind : DirectionStats.KINDS) {
            boolean used = switch (kind) {
                case READ -> spec.rw().reads();
                case WRITE -> spec.rw().writes();
                default -> spec.rw().trims();
            };
            perSecond += used ? spec.timing().rate().of(kind) : 0;
        }
        return perSecond / NANOS_PER_SECOND * (spec.timing().rate().inBytes() ? 1
                : spec.access().sizes().maxBytes(spec.rw()));
    }
}
