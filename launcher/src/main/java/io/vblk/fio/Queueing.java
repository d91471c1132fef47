// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * How many requests are in flight and how they are handed over. Thread: any.
 *
 * @param iodepth most requests in flight
 * @param batchSubmit requests that are shown to the device at once, 1 for one by one
 * @param batchCompleteMin completions to wait for at least, 0 for a look without a wait
 * @param batchCompleteMax most completions taken at once
 * @param depthLow how far the queue drains before it is filled again; iodepth for no drain
 * @param waitMode how to wait for completions
 * @param serializeOverlap whether no two requests in flight may overlap
 */
public record Queueing(int iodepth, int batchSubmit, int batchCompleteMin, int batchCompleteMax,
        int depthLow, WaitMode waitMode, boolean serializeOverlap) {
    /** Checks the range. */
    public Queueing {
        if (iodepth < 1) {
            throw new IllegalArgumentException("iodepth must be at least 1: " + iodepth);
        }
        if (batchSubmit < 1 || batchSubmit > iodepth) {
            throw new IllegalArgumentException("iodepth_batch must be 1 to iodepth, " + iodepth
                    + ": " + batchSubmit);
        }
        if (batchCompleteMin < 0 || batchCompleteMax < Math.max(1, batchCompleteMin)
                || batchCompleteMin > iodepth) {
            throw new IllegalArgumentException("iodepth_batch_complete must be 0 to iodepth, "
                    + iodepth + ", the largest no less than the least: " + batchCompleteMin + ", "
                    + batchCompleteMax);
        }
        if (depthLow < 1 || depthLow > iodepth) {
            throw new IllegalArgumentException(
                    "iodepth_low must be 1 to iodepth, " + iodepth + ": " + depthLow);
        }
    }

    /** As fio does by default: one by one, and completions as they come. */
    public static Queueing of(int iodepth, WaitMode waitMode) {
        return new Queueing(
                iodepth, 1, 1, Integer.MAX_VALUE, Math.max(1, iodepth), waitMode, false);
    }
}
