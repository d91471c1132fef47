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
 *
 * <p>Weighted, waits that polling never shortens: what follows a kick is a wait for the disk, and
 * what follows a completion one for the guest. If one of them takes longer than the maximum each
 * time, the other's polling time is spent in it in vain. So waits are also told apart by the event
 * that came before them ({@link WaitMemory}): after {@link #VAIN_ENOUGH} polled in vain the loop
 * sleeps at once after such an event, and polls again as soon as one such sleep was short enough
 * for polling. As a sleep takes longer than the event that ends it, by the time to wake up, that
 * may never show; so each wait after {@link #PROBE_WAITS} that were slept through is polled, for
 * the maximum, since the polling time of the moment may be too short to find anything.
 */
final class PollingPolicy {
    /** First polling time after none, in nanoseconds. */
    static final long POLL_START_NS = 4_000;
    /** Growth when {@code pollGrow} is 0. */
    static final long POLL_GROW_DEFAULT = 2;
    /** Divisor of policy weighted when {@code pollShrink} is 0. */
    static final long POLL_SHRINK_DEFAULT = 2;
    /**
     * So many waits in vain more than useful ones, and the next is not polled. As each useful one
     * takes a vain one back, polling goes on where it finds something every other time, which is
     * about where it pays.
     */
    static final int VAIN_ENOUGH = 4;
    /**
     * Waits slept through between two that are polled to try: at 70 us each, trying costs less than
     * 1 % of a processor, and a guest that became quick is polled again within milliseconds.
     */
    static final int PROBE_WAITS = 64;

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

    /**
     * How many waits after one kind of event have been polled in vain, the useful ones taken off.
     * Only polling finds out that it is in vain; that it would have been useful shows in a sleep
     * too, so one short sleep is enough to end the sleeping.
     *
     * @param vain the number before this wait, 0 to {@link #VAIN_ENOUGH}
     * @param polled whether the loop polled in this wait
     * @param waitNs how long it took until the next event, in nanoseconds; at most the maximum if
     *     polling found that event
     * @return 0 to {@link #VAIN_ENOUGH}
     */
    static int vain(int vain, boolean polled, long waitNs, PollingOptions options) {
        if (waitNs <= options.pollMaxNs()) {
            return Math.max(0, vain - 1);
        }
        return polled ? Math.min(VAIN_ENOUGH, vain + 1) : vain;
    }

    /**
     * How long to poll in a wait that begins.
     *
     * @param pollNs the loop's polling time, in nanoseconds
     * @param vain waits after such an event that were polled in vain, see {@link #vain}
     * @param slept waits after such an event that were slept through since one was polled
     * @return nanoseconds between 0 and {@code options.pollMaxNs()}, 0 to sleep at once
     */
    static long phaseNs(long pollNs, int vain, int slept, PollingOptions options) {
        long maxNs = options.pollMaxNs();
        if (vain < VAIN_ENOUGH) {
            return Math.min(pollNs, maxNs);
        }
        return slept < PROBE_WAITS ? 0 : maxNs;
    }

    private static long grown(long pollNs, PollingOptions options) {
        long factor = options.pollGrow() == 0 ? POLL_GROW_DEFAULT : options.pollGrow();
        return pollNs > Long.MAX_VALUE / factor ? Long.MAX_VALUE : pollNs * factor;
    }
}
