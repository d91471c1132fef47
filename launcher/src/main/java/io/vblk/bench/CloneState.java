// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import java.util.List;

/**
 * How far a clone is.
 *
 * @param letter fio's letter for what it does
 * @param share how much of its work is done, 0 to 1; negative if that cannot be known
 * @param elapsedNs time since its start
 */
record CloneState(char letter, double share, long elapsedNs) {
    static final char WAITING = 'P';
    static final char RAMP = '/';
    static final char VERIFYING = 'V';
    static final char FLUSHING = 'F';
    /** Ended, and others of its phase have not. */
    static final char DONE = 'E';
    static final char GONE = '_';
    private static final double UNKNOWN = -1;

    /** fio's letter for a running job. */
    static char letter(ReadWrite rw) {
        char small = rw.reads() && rw.writes() ? 'm' : rw.reads() ? 'r' : rw.writes() ? 'w' : 'd';
        return rw.random() ? small : Character.toUpperCase(small);
    }

    /** The state of a clone that began so long ago, by what its figures say now. */
    static CloneState of(char letter, long elapsedNs, LoadGenerator generator, Region region) {
        if (letter == GONE || letter == DONE || letter == FLUSHING) {
            return new CloneState(letter, 1, elapsedNs);
        }
        if (letter == WAITING) {
            return new CloneState(letter, 0, 0);
        }
        if (letter == VERIFYING) {
            return new CloneState(letter, UNKNOWN, elapsedNs);
        }
        JobSpec spec = generator.spec();
        Timing timing = spec.timing();
        double share = Math.max(timeShare(timing, elapsedNs),
                workShare(spec, generator.stats(), region));
        boolean ramps = elapsedNs < timing.startDelayNs() + timing.rampNs();
        return new CloneState(ramps ? RAMP : letter, Math.min(1, share), elapsedNs);
    }

    private static double timeShare(Timing timing, long elapsedNs) {
        return timing.runtimeNs() == 0 || timing.runtimeNs() == Timing.FOR_EVER_NS ? UNKNOWN
                : (double) elapsedNs / lengthNs(timing);
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

    /** Time that it still needs, in nanoseconds; negative if that cannot be known. */
    private double leftNs() {
        return share <= 0 ? UNKNOWN : elapsedNs * (1 - share) / share;
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
            for (Clone clone : phase) {
                CloneState state = clone.state(nowNs);
                double left = state.letter == WAITING ? clone.plannedNs(bytesPerNs)
                        : state.leftNs();
                if (left < 0) {
                    return -1;
                }
                longest = Math.max(longest, left);
            }
            sum += longest;
        }
        return (long) sum;
    }

    /** Time of a clone that has not begun, in nanoseconds; negative if that cannot be known. */
    static double plannedNs(JobSpec spec, Region region, double bytesPerNs) {
        Timing timing = spec.timing();
        double longest = timing.runtimeNs() == 0 || timing.runtimeNs() == Timing.FOR_EVER_NS
                ? UNKNOWN : lengthNs(timing);
        if (timing.timeBased() || bytesPerNs <= 0) {
            return longest;
        }
        double bytes = RequestPlan.bytesMost(spec.extent(), region);
        double working = timing.startDelayNs() + timing.rampNs() + bytes / bytesPerNs;
        return longest < 0 ? working : Math.min(longest, working);
    }
}
