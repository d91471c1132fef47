// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Goals.LatencyTarget;

/**
 * Looks for the most requests in flight at which enough are within a latency: fio's
 * latency_target. Each depth runs for a window. The depth doubles until it is too much, then the
 * space between is halved; what is found runs for one more window, of which the report is made.
 * Holds no clock. Thread: the job's.
 *
 * <pre>
 *   1, 2, 4 ... good until one is bad or all of iodepth is good
 *   good + 1 == bad, or good == iodepth: MEASURE, one window more at good
 *      good again  -> DONE, or RUN_ON: from now on up and down by 1
 *      bad         -> one less, MEASURE again
 *   bad at 1       -> FAILED
 * </pre>
 */
final class LatencySearch {
    private static final double PERCENT = 100;
    /** So many good windows in a row at one depth let a search that goes on try one more. */
    private static final int STEADY_WINDOWS = 3;

    /** What is to be done after a window. */
    enum Step {
        /** Run a window at {@link #depth}, after what is in flight has gone down to it. */
        TRY,
        /** The same, and forget what was measured before: this is what is reported. */
        MEASURE,
        /** Go on at {@link #depth}, which still is looked at after each window. */
        RUN_ON,
        /** End the run: {@link #depth} is the result. */
        DONE,
        /** End the run: not even one request in flight is within the latency. */
        FAILED
    }

    private final double percentile;
    private final boolean runsOn;
    private final int iodepth;
    private int depth = 1;
    /** The largest depth that was good so far, 0 for none. */
    private int good;
    /** The smallest depth that was bad so far. */
    private int bad;
    private int steadyWindows;
    private Step step = Step.TRY;

    /**
     * A search, to begin with a window of one request in flight.
     *
     * @param iodepth most requests in flight
     */
    LatencySearch(LatencyTarget target, int iodepth) {
        this.percentile = target.percentile();
        this.runsOn = target.runsOn();
        this.iodepth = iodepth;
        this.bad = iodepth + 1;
    }

    /** How many requests are to be in flight. */
    int depth() {
        return depth;
    }

    /** What is to be done, as the last window said. */
    Step step() {
        return step;
    }

    /** Whether so many slow requests make a window bad before its end. */
    boolean isLost(long slow) {
        return slow > 0 && percentile >= PERCENT;
    }

    /**
     * A window at {@link #depth} has ended. One without a request is a bad one.
     *
     * @param requests how many were done
     * @param slow how many of them were not within the latency
     */
    Step endWindow(long requests, long slow) {
        boolean isGood = requests > 0 && (requests - slow) * PERCENT >= percentile * requests;
        step = switch (step) {
            case TRY -> search(isGood);
            case MEASURE -> confirm(isGood);
            case RUN_ON -> follow(isGood);
            case DONE, FAILED -> throw new IllegalStateException("the search has ended");
        };
        return step;
    }

    private Step search(boolean isGood) {
        if (isGood) {
            good = depth;
        } else {
            bad = depth;
        }
        if (good == 0 && bad == 1) {
            return Step.FAILED;
        }
        if (good + 1 == bad) {
            depth = good;
            return Step.MEASURE;
        }
        depth = bad > iodepth ? (int) Math.min(2L * good, iodepth) : (good + bad) / 2;
        return Step.TRY;
    }

    private Step confirm(boolean isGood) {
        if (isGood) {
            return runsOn ? Step.RUN_ON : Step.DONE;
        }
        if (depth == 1) {
            return Step.FAILED;
        }
        depth--;
        return Step.MEASURE;
    }

    private Step follow(boolean isGood) {
        steadyWindows = isGood ? steadyWindows + 1 : 0;
        if (!isGood && depth > 1) {
            depth--;
        }
        if (steadyWindows == STEADY_WINDOWS) {
            steadyWindows = 0;
            depth = Math.min(depth + 1, iodepth);
        }
        return Step.RUN_ON;
    }
}
