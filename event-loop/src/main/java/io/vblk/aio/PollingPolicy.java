// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * How long to poll next time, as pure functions. Thread: any.
 *
 * <p>Classic: an event that came while polling proves the time long enough. One that came soon
 * after the loop gave up would have been caught by polling longer, so the time grows. One that
 * took longer than the maximum could never have been caught, so polling for it was waste and the
 * time shrinks.
 *
 * <p>Weighted: each handler keeps a moving average of how long its events let the loop wait, which
 * ages while only others have events. The loop polls for as long as the slowest of those that had
 * one, so that neither a handler that waits for a disk nor one that nobody uses decides for all.
 */
final class PollingPolicy {
    /** First polling time after none, in nanoseconds. */
    static final long POLL_START_NS = 4_000;
    /** Growth when {@code pollGrow} is 0. */
    static final long POLL_GROW_DEFAULT = 2;
    /** Divisor of policy weighted when {@code pollShrink} is 0. */
    static final long POLL_SHRINK_DEFAULT = 2;

    private PollingPolicy() {}

    /**
     * The next polling time by the classic rule.
     *
     * @param pollNs polling time of the wait that just ended, in nanoseconds
     * @param blockNs how long that wait took, polling included, handlers not, in nanoseconds
     * @return nanoseconds between 0 and {@code options.pollMaxNs()}
     */
    static long classic(long pollNs, long blockNs, PollingOptions options) {
        long maxNs = options.pollMaxNs();
        if (blockNs <= pollNs) {
            return Math.min(pollNs, maxNs);
        }
        if (blockNs > maxNs) {
            long shrunk = options.pollShrink() == 0 ? 0 : pollNs / options.pollShrink();
            return Math.min(shrunk, maxNs);
        }
        if (pollNs < maxNs && blockNs < maxNs) {
            return Math.min(pollNs == 0 ? POLL_START_NS : grown(pollNs, options), maxNs);
        }
        return Math.min(pollNs, maxNs);
    }

    /**
     * A handler's next average by the weighted rule.
     *
     * @param shareNs its average so far, in nanoseconds
     * @param blockNs how long the wait took, in nanoseconds
     * @param active whether this handler had something at its end
     * @return nanoseconds between 0 and {@code options.pollMaxNs()}
     */
    static long weightedShare(
            long shareNs, long blockNs, boolean active, PollingOptions options) {
        long nextNs;
        if (active) {
            nextNs = shareNs == 0 ? blockNs : shareNs - (shareNs >> options.pollWeight())
                    + (blockNs >> options.pollWeight());
        } else {
            nextNs = shareNs == 0 ? 0 : shareNs + blockNs;
        }
        // Also below 0 after an overflow.
        return nextNs > options.pollMaxNs() || nextNs < 0 ? 0 : nextNs;
    }

    /**
     * The loop's next polling time by the weighted rule.
     *
     * @param pollNs polling time so far, in nanoseconds
     * @param longestNs longest share of the handlers that had something
     * @return nanoseconds between 0 and {@code options.pollMaxNs()}
     */
    static long weighted(long pollNs, long longestNs, PollingOptions options) {
        long maxNs = options.pollMaxNs();
        if (longestNs > pollNs) {
            return Math.min(Math.max(longestNs, grown(pollNs, options)), maxNs);
        }
        long divisor = options.pollShrink() == 0 ? POLL_SHRINK_DEFAULT : options.pollShrink();
        long shrunkNs = pollNs / divisor;
        return Math.min(longestNs < shrunkNs ? shrunkNs : pollNs, maxNs);
    }

    private static long grown(long pollNs, PollingOptions options) {
        long factor = options.pollGrow() == 0 ? POLL_GROW_DEFAULT : options.pollGrow();
        return pollNs > Long.MAX_VALUE / factor ? Long.MAX_VALUE : pollNs * factor;
    }
}
