// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * How long to poll next time: QEMU's self-tuning rule as a pure function. Thread: any.
 *
 * <p>An event that came while polling proves the time long enough. One that came soon after the
 * loop gave up would have been caught by polling longer, so the time grows. One that took longer
 * than the maximum could never have been caught, so polling for it was waste and the time shrinks.
 */
final class PollingPolicy {
    /** First polling time after none, in nanoseconds. */
    static final long POLL_START_NS = 4_000;
    /** Growth when {@code pollGrow} is 0. */
    static final long POLL_GROW_DEFAULT = 2;

    private PollingPolicy() {}

    /**
     * The next polling time.
     *
     * @param pollNs polling time of the wait that just ended, in nanoseconds
     * @param blockNs how long that wait took, polling included, handlers not, in nanoseconds
     * @return nanoseconds between 0 and {@code options.pollMaxNs()}
     */
    static long next(long pollNs, long blockNs, PollingOptions options) {
        long maxNs = options.pollMaxNs();
        if (blockNs <= pollNs) {
            return Math.min(pollNs, maxNs);
        }
        if (blockNs > maxNs) {
            long shrunk = options.pollShrink() == 0 ? 0 : pollNs / options.pollShrink();
            return Math.min(shrunk, maxNs);
        }
        if (pollNs < maxNs && blockNs < maxNs) {
            long factor = options.pollGrow() == 0 ? POLL_GROW_DEFAULT : options.pollGrow();
            long grown = pollNs == 0 ? POLL_START_NS : saturatedProduct(pollNs, factor);
            return Math.min(grown, maxNs);
        }
        return Math.min(pollNs, maxNs);
    }

    private static long saturatedProduct(long pollNs, long factor) {
        return pollNs > Long.MAX_VALUE / factor ? Long.MAX_VALUE : pollNs * factor;
    }
}
