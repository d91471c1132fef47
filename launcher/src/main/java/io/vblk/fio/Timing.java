// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * When a job starts, what it waits for, and when it ends. Thread: any.
 *
 * @param runtimeNs longest run in nanoseconds, 0 for no limit
 * @param timeBased whether to go on from the start of the region until the runtime is over
 * @param rampNs time at the start that does not count, in nanoseconds
 * @param startDelayNs time before the start, in nanoseconds
 * @param think pauses
 * @param rate requests per second, or none for a closed loop
 */
public record Timing(long runtimeNs, boolean timeBased, long rampNs, long startDelayNs,
        ThinkTime think, ArrivalRate rate) {
    /** As long as it takes, as fast as it goes. */
    public static final Timing UNLIMITED =
            new Timing(0, false, 0, 0, ThinkTime.NONE, ArrivalRate.NONE);
    /** A runtime that no process sees the end of. */
    public static final long FOR_EVER_NS = Long.MAX_VALUE / 4;

    /**
     * Pauses of a job: fio's thinktime.
     *
     * @param ns length of a pause, 0 for none
     * @param spinNs the part of it that is spent with the processor busy
     * @param blocks requests between two pauses
     */
    public record ThinkTime(long ns, long spinNs, int blocks) {
        /** No pauses. */
        public static final ThinkTime NONE = new ThinkTime(0, 0, 1);

        /** Checks the range. */
        public ThinkTime {
            if (ns < 0 || spinNs < 0 || blocks < 1) {
                throw new IllegalArgumentException(
                        "thinktime must not be negative, thinktime_blocks at least 1");
            }
        }
    }

    /** Checks the range. */
    public Timing {
        if (runtimeNs < 0 || rampNs < 0 || startDelayNs < 0) {
            throw new IllegalArgumentException("times must not be negative");
        }
        if (timeBased && runtimeNs == 0) {
            throw new IllegalArgumentException("time_based needs a runtime");
        }
    }

    /** A run of that length, over and over, after a ramp. */
    public static Timing of(long runtimeNs, long rampNs) {
        return new Timing(runtimeNs, true, rampNs, 0, ThinkTime.NONE, ArrivalRate.NONE);
    }

    /** The same at a rate. */
    public Timing withRate(ArrivalRate other) {
        return new Timing(runtimeNs, timeBased, rampNs, startDelayNs, think, other);
    }

    /** The same, going on until stopped or until the runtime is over. */
    public Timing untilStopped() {
        return new Timing(runtimeNs == 0 ? FOR_EVER_NS : runtimeNs, true, rampNs, startDelayNs,
                think, rate);
    }
}
