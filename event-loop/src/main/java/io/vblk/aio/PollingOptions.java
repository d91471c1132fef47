// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Parameters of adaptive polling, with QEMU's names and meaning.
 *
 * @param pollMaxNs longest busy polling before the loop blocks, in nanoseconds; 0 switches
 *     polling off
 * @param pollGrow factor by which the polling time grows; 0 means 2
 * @param pollShrink divisor by which it shrinks; 0 means at once to nothing with policy classic,
 *     2 with policy weighted
 * @param pollWeight how slowly a handler's average follows: the last wait counts 1 / 2^weight;
 *     policy weighted alone uses it
 * @param policy how the polling time tunes itself
 */
public record PollingOptions(
        long pollMaxNs, long pollGrow, long pollShrink, int pollWeight, PollingPolicyKind policy) {
    /** QEMU's default for an iothread, in nanoseconds. */
    public static final long POLL_MAX_NS_DEFAULT = 32_768;
    /** Longest polling time that may be asked for, in nanoseconds: one second. */
    public static final long POLL_MAX_NS_LIMIT = 1_000_000_000L;
    /** QEMU's default. */
    public static final int POLL_WEIGHT_DEFAULT = 3;
    /** Largest weight, with which an average never moves. */
    public static final int POLL_WEIGHT_MAX = 63;
    /** What was measured to be best, see docs/decisions/0008-polling-policy.md. */
    public static final PollingPolicyKind POLICY_DEFAULT = PollingPolicyKind.WEIGHTED;

    /** What a QEMU iothread starts with. */
    public static final PollingOptions DEFAULT =
            new PollingOptions(POLL_MAX_NS_DEFAULT, 0, 0, POLL_WEIGHT_DEFAULT, POLICY_DEFAULT);
    /** No polling at all. */
    public static final PollingOptions OFF =
            new PollingOptions(0, 0, 0, POLL_WEIGHT_DEFAULT, POLICY_DEFAULT);

    /** Checks the ranges. */
    public PollingOptions {
        if (pollMaxNs < 0 || pollMaxNs > POLL_MAX_NS_LIMIT) {
            throw new IllegalArgumentException(
                    "poll-max-ns must be 0 to " + POLL_MAX_NS_LIMIT + ", not " + pollMaxNs);
        }
        if (pollGrow < 0 || pollGrow > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "poll-grow must be 0 to " + Integer.MAX_VALUE + ", not " + pollGrow);
        }
        if (pollShrink < 0 || pollShrink > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "poll-shrink must be 0 to " + Integer.MAX_VALUE + ", not " + pollShrink);
        }
        if (pollWeight < 0 || pollWeight > POLL_WEIGHT_MAX) {
            throw new IllegalArgumentException(
                    "poll-weight must be 0 to " + POLL_WEIGHT_MAX + ", not " + pollWeight);
        }
    }

    /** Parameters of the classic policy. */
    public static PollingOptions classic(long pollMaxNs, long pollGrow, long pollShrink) {
        return new PollingOptions(pollMaxNs, pollGrow, pollShrink, POLL_WEIGHT_DEFAULT,
                PollingPolicyKind.CLASSIC);
    }

    /** Whether the loop polls at all. */
    public boolean enabled() {
        return pollMaxNs > 0;
    }
}
