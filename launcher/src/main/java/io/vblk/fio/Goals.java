// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * What a run is looking for, and what ends it early. Thread: any.
 *
 * @param latency the deepest queue within a latency, or {@link LatencyTarget#NONE}
 * @param steady ends the run when figures have settled, or {@link SteadyState#NONE}
 * @param maxLatencyNs a slower request is an error; 0 for none
 * @param least rates below which the job fails, or {@link ArrivalRate#NONE}
 * @param endsGroup whether the first clone to end is the end of its group (exitall)
 * @param continueOnRead whether a failed read only counts
 * @param continueOnWrite whether a failed write or trim only counts
 * @param continueOnVerify whether a block that does not verify only counts
 */
public record Goals(LatencyTarget latency, SteadyState steady, long maxLatencyNs,
        ArrivalRate least, boolean endsGroup, boolean continueOnRead, boolean continueOnWrite,
        boolean continueOnVerify) {
    /** None. */
    public static final Goals NONE =
            new Goals(LatencyTarget.NONE, SteadyState.NONE, 0, ArrivalRate.NONE, false,
                    false, false, false);

    /** Whether some failures only count. */
    public boolean goesOnAfterErrors() {
        return continueOnRead || continueOnWrite || continueOnVerify;
    }

    /**
     * Looks for the largest number of requests in flight at which enough are fast enough.
     *
     * @param targetNs latency that is fast enough, 0 for no search
     * @param windowNs how long each depth is tried
     * @param percentile how many of the requests must be
     * @param runsOn whether to go on at the depth found
     */
    public record LatencyTarget(long targetNs, long windowNs, double percentile, boolean runsOn) {
        /** No search. */
        public static final LatencyTarget NONE = new LatencyTarget(0, 0, 100, false);
    }

    /**
     * Ends a run when a figure has not changed much for a while.
     *
     * @param kind which figure; null for none
     * @param limit largest deviation from the mean, or slope; of the mean in percent if
     *     {@code isPercent}, else IOPS, KiB/s or nanoseconds
     * @param isPercent whether the limit is a percentage
     * @param durationNs length of the while
     * @param rampNs time before the first look
     * @param intervalNs between two looks
     */
    public record SteadyState(Kind kind, double limit, boolean isPercent, long durationNs,
            long rampNs, long intervalNs) {
        /** No early end. */
        public static final SteadyState NONE = new SteadyState(null, 0, false, 0, 0, 0);

        /** Which figure, and whether its deviation or its slope. */
        public enum Kind {
            /** Requests per second, greatest deviation from the mean. */
            IOPS,
            /** Requests per second, slope of a line through them. */
            IOPS_SLOPE,
            /** Bandwidth, greatest deviation from the mean. */
            BW,
            /** Bandwidth, slope of a line through it. */
            BW_SLOPE,
            /** Latency, greatest deviation from the mean. */
            LAT,
            /** Latency, slope of a line through it. */
            LAT_SLOPE
        }
    }
}
