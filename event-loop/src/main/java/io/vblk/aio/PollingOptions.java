// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Parameters of adaptive polling, with QEMU's names and meaning.
 *
 * @param pollMaxNs longest busy polling before the loop blocks, in nanoseconds; 0 switches
 *     polling off
 * @param pollGrow factor by which the polling time grows; 0 means 2
 * @param pollShrink divisor by which it shrinks; 0 means at once to nothing
 */
public record PollingOptions(long pollMaxNs, long pollGrow, long pollShrink) {
    /** QEMU's default for an iothread, in nanoseconds. */
    public static final long POLL_MAX_NS_DEFAULT = 32_768;
    /** Longest polling time that may be asked for, in nanoseconds: one second. */
    public static final long POLL_MAX_NS_LIMIT = 1_000_000_000L;

    /** What a QEMU iothread starts with. */
    public static final PollingOptions DEFAULT = new PollingOptions(POLL_MAX_NS_DEFAULT, 0, 0);
    /** No polling at all. */
    public static final PollingOptions OFF = new PollingOptions(0, 0, 0);

    /** Checks the ranges. */
    public PollingOptions {
        if (pollMaxNs < 0 || pollMaxNs > POLL_MAX_NS_LIMIT) {
            throw new IllegalArgumentException(
                    "poll-max-ns must be 0 to " + POLL_MAX_NS_LIMIT + ", not " + pollMaxNs);
        }
        if (pollGrow < 0 || pollGrow > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("poll-grow must not be negative: " + pollGrow);
        }
        if (pollShrink < 0 || pollShrink > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("poll-shrink must not be negative: " + pollShrink);
        }
    }

    /** Whether the loop polls at all. */
    public boolean enabled() {
        return pollMaxNs > 0;
    }
}
