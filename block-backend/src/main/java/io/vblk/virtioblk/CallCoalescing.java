// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

/**
 * How long calls are held back, so that one call serves several completions. What is used is shown
 * to the driver at once; only the call waits. It is sent when either limit is reached, or when
 * nothing is under way that it could wait for.
 *
 * @param delayNs longest time in nanoseconds, 0 to hold back nothing
 * @param completionsMax most completions that one call waits for
 */
public record CallCoalescing(long delayNs, int completionsMax) {
    /** Longest delay: a guest takes a disk that is silent for longer for a slow one. */
    public static final long DELAY_NS_MAX = 1_000_000_000L;
    /** Completions that one call waits for, unless told otherwise. */
    public static final int COMPLETIONS_MAX_DEFAULT = 32;
    /** Every decision at once. */
    public static final CallCoalescing OFF = new CallCoalescing(0, COMPLETIONS_MAX_DEFAULT);

    /** Checks the ranges. */
    public CallCoalescing {
        if (delayNs < 0 || delayNs > DELAY_NS_MAX) {
            throw new IllegalArgumentException("call-delay-us must be 0 to "
                    + DELAY_NS_MAX / 1_000 + ", not " + delayNs / 1_000);
        }
        if (completionsMax < 1) {
            throw new IllegalArgumentException(
                    "call-batch-max must be at least 1, not " + completionsMax);
        }
    }

    /** Whether any call is held back. */
    public boolean isOn() {
        return delayNs > 0 && completionsMax > 1;
    }
}
