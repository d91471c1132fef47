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
 * sleeps at once after such an event, but for a try now and then, which is polled for the maximum,
 * since the polling time of the moment may be too short to find anything. A sleep that was short
 * enough for polling makes the next wait a try. But on a busy processor a sleep may be short just
 * because it let others work: the more tries have failed, the more short sleeps the next takes. And
 * a sleep takes longer than the event that ends it, by the time to wake up, so that none may look
 * short: {@link #TRY_WORTH} sleeps of any length make a try too.
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
    static final int VAIN_ENOUGH = 8;
    /**
     * So many sleeps of any length, or one short one at first, and the next wait is polled to try.
     * At 70 us each, trying costs less than 1 % of a processor, and a guest that became quick is
     * polled again within milliseconds.
     */
    static final int TRY_WORTH = 64;

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

    /** Whether polling ended a wait, or would have: also if it was slept through. */
    static boolean isShort(long waitNs, PollingOptions options) {
        return waitNs <= options.pollMaxNs();
    }

    /**
     * How many waits after one kind of event have been polled in vain, the useful ones taken off.
     *
     * @param vain the number before a wait that was polled, 0 to {@link #VAIN_ENOUGH}
     * @param useful whether that wait {@link #isShort}
     * @return 0 to {@link #VAIN_ENOUGH}
     */
    static int vain(int vain, boolean useful) {
        return useful ? Math.max(0, vain - 1) : Math.min(VAIN_ENOUGH, vain + 1);
    }

    /**
     * What the sleeps since the last polled wait are worth; {@link #TRY_WORTH} makes a try.
     *
     * @param slept what those before this one were worth
     * @param wasShort whether this one {@link #isShort}
     * @param shortWorth what a short one is worth
     * @return 1 to {@link #TRY_WORTH}
     */
    static int slept(int slept, boolean wasShort, int shortWorth) {
        return Math.min(TRY_WORTH, slept + (wasShort ? shortWorth : 1));
    }

    /**
     * What a short sleep is worth after a try: all if it was useful, else half as much as before.
     *
     * @return 1 to {@link #TRY_WORTH}
     */
    static int shortWorth(int shortWorth, boolean useful) {
        return useful ? TRY_WORTH : Math.max(1, shortWorth / 2);
    }

    /**
     * How long to poll in a wait that begins.
     *
     * @param pollNs the loop's polling time, in nanoseconds
     * @param vain waits after such an event that were polled in vain, see {@link #vain}
     * @param slept what the sleeps after such an event are worth since one was polled
     * @return nanoseconds between 0 and {@code options.pollMaxNs()}, 0 to sleep at once
     */
    static long phaseNs(long pollNs, int vain, int slept, PollingOptions options) {
        long maxNs = options.pollMaxNs();
        if (vain < VAIN_ENOUGH) {
            return Math.min(pollNs, maxNs);
        }
        return slept < TRY_WORTH ? 0 : maxNs;
    }

    private static long grown(long pollNs, PollingOptions options) {
        long factor = options.pollGrow() == 0 ? POLL_GROW_DEFAULT : options.pollGrow();
        return pollNs > Long.MAX_VALUE / factor ? Long.MAX_VALUE : pollNs * factor;
    }
}
