// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The weighted policy against the rule restated in unlimited arithmetic. */
class WeightedPolicyTest {
    private static final long LIMIT_NS = PollingOptions.POLL_MAX_NS_LIMIT;

    private static PollingOptions options(long max, long grow, long shrink, int weight) {
        return new PollingOptions(max, grow, shrink, weight, PollingPolicyKind.WEIGHTED);
    }

    private static BigInteger big(long value) {
        return BigInteger.valueOf(value);
    }

    // ------------------------------------------------------------------ the rule, restated

    private static long expectedShare(
            long shareNs, long blockNs, boolean active, PollingOptions options) {
        if (!active && shareNs == 0) {
            return 0;
        }
        BigInteger share = big(shareNs);
        BigInteger block = big(blockNs);
        BigInteger next = block;
        if (!active) {
            next = share.add(block);
        } else if (shareNs != 0) {
            int weight = options.pollWeight();
            next = share.subtract(share.shiftRight(weight)).add(block.shiftRight(weight));
        }
        return next.compareTo(big(options.pollMaxNs())) > 0 ? 0 : next.longValueExact();
    }

    private static long expectedTime(long pollNs, long longestNs, PollingOptions options) {
        long grow = options.pollGrow() == 0 ? 2 : options.pollGrow();
        long shrink = options.pollShrink() == 0 ? 2 : options.pollShrink();
        BigInteger poll = big(pollNs);
        BigInteger longest = big(longestNs);
        BigInteger next = poll;
        if (longestNs > pollNs) {
            next = longest.max(poll.multiply(big(grow)));
        } else if (longest.compareTo(poll.divide(big(shrink))) < 0) {
            next = poll.divide(big(shrink));
        }
        return next.min(big(options.pollMaxNs())).longValueExact();
    }

    private static void checkShare(long shareNs, long blockNs, PollingOptions options) {
        for (boolean active : new boolean[] {true, false}) {
            Supplier<String> inputs = () ->
                    shareNs + " after " + blockNs + " active " + active + " " + options;
            long next = PollingPolicy.weightedShare(shareNs, blockNs, active, options);
            assertEquals(expectedShare(shareNs, blockNs, active, options), next, inputs);
            assertTrue(next >= 0 && next <= options.pollMaxNs(), inputs);
        }
    }

    private static void checkTime(long pollNs, long longestNs, PollingOptions options) {
        Supplier<String> inputs = () -> pollNs + " for " + longestNs + " " + options;
        long next = PollingPolicy.weighted(pollNs, longestNs, options);
        assertEquals(expectedTime(pollNs, longestNs, options), next, inputs);
        assertTrue(next >= 0 && next <= options.pollMaxNs(), inputs);
    }

    @Test
    void sharesFollowTheRuleForAllSmallInputs() {
        for (int weight = 0; weight <= 6; weight++) {
            for (long max = 0; max <= 20; max++) {
                PollingOptions options = options(max, 0, 0, weight);
                for (long share = 0; share <= 24; share++) {
                    for (long block = 0; block <= 24; block++) {
                        checkShare(share, block, options);
                    }
                }
            }
        }
    }

    @Test
    void theTimeFollowsTheRuleForAllSmallInputs() {
        for (long grow = 0; grow <= 4; grow++) {
            for (long shrink = 0; shrink <= 4; shrink++) {
                for (long max = 0; max <= 16; max++) {
                    PollingOptions options = options(max, grow, shrink, 3);
                    for (long poll = 0; poll <= 20; poll++) {
                        for (long longest = 0; longest <= 20; longest++) {
                            checkTime(poll, longest, options);
                        }
                    }
                }
            }
        }
    }

    @Test
    void bothFollowTheRuleAtTheLimits() {
        long[] times = {0, 1, LIMIT_NS - 1, LIMIT_NS, LIMIT_NS + 1};
        long[] blocks = {0, 1, LIMIT_NS, Long.MAX_VALUE / 2, Long.MAX_VALUE};
        long[] factors = {0, 1, 2, Integer.MAX_VALUE};
        for (int weight : new int[] {0, 1, 62, PollingOptions.POLL_WEIGHT_MAX}) {
            for (long factor : factors) {
                for (long max : new long[] {0, 1, LIMIT_NS}) {
                    PollingOptions options = options(max, factor, factor, weight);
                    for (long time : times) {
                        for (long block : blocks) {
                            checkShare(time, block, options);
                            checkTime(time, block, options);
                        }
                    }
                }
            }
        }
    }

    // ------------------------------------------------------------------ golden sequences

    @Test
    void anActiveHandlersShareFollowsItsWaits() {
        PollingOptions options = options(100_000, 0, 0, 3);
        long[] waits = {8_000, 8_000, 16_000, 16_000, 0, 0};
        long[] shares = {8_000, 8_000, 9_000, 9_875, 8_641, 7_561};
        long share = 0;
        for (int i = 0; i < waits.length; i++) {
            share = PollingPolicy.weightedShare(share, waits[i], true, options);
            assertEquals(shares[i], share, "after wait " + (i + 1));
        }
    }

    @Test
    void aHandlerWithoutEventsAgesAndFallsToNothing() {
        PollingOptions options = options(100_000, 0, 0, 3);
        long share = 10_000;
        for (long expected : new long[] {40_000, 70_000, 100_000, 0, 0}) {
            share = PollingPolicy.weightedShare(share, 30_000, false, options);
            assertEquals(expected, share);
        }
    }

    @Test
    void theTimeDoublesUpToWhatIsNeededAndHalvesDownToIt() {
        PollingOptions options = options(100_000, 0, 0, 3);
        long time = 0;
        for (long expected : new long[] {10_000, 10_000}) {
            time = PollingPolicy.weighted(time, 10_000, options);
            assertEquals(expected, time);
        }
        for (long expected : new long[] {20_000, 40_000, 80_000, 80_000}) {
            time = PollingPolicy.weighted(time, Math.min(41_000, 2 * time), options);
            assertEquals(expected, time);
        }
        for (long expected : new long[] {40_000, 20_000, 10_000, 10_000}) {
            time = PollingPolicy.weighted(time, 9_000, options);
            assertEquals(expected, time);
        }
    }

    @Test
    void theTimeFallsByTheGivenDivisor() {
        PollingOptions options = options(100_000, 3, 4, 3);
        assertEquals(60_000, PollingPolicy.weighted(20_000, 20_001, options));
        assertEquals(100_000, PollingPolicy.weighted(50_000, 50_001, options));
        assertEquals(25_000, PollingPolicy.weighted(100_000, 24_999, options));
        assertEquals(100_000, PollingPolicy.weighted(100_000, 25_000, options));
        // Less than nothing is not needed: the last few nanoseconds stay.
        assertEquals(3, PollingPolicy.weighted(3, 0, options(100_000, 0, 4, 3)));
    }

    @Test
    void aWeightOutsideItsRangeIsRefusedByName() {
        for (int weight : new int[] {-1, PollingOptions.POLL_WEIGHT_MAX + 1}) {
            IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                    () -> options(1, 0, 0, weight));
            assertTrue(refused.getMessage().startsWith("poll-weight"), refused.getMessage());
        }
    }

    @Test
    void policiesAreCalledAsOperatorsWriteThem() {
        assertEquals(PollingPolicyKind.WEIGHTED, PollingPolicyKind.of("weighted"));
        assertEquals(PollingPolicyKind.CLASSIC, PollingPolicyKind.of("classic"));
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                () -> PollingPolicyKind.of("Weighted"));
        assertTrue(refused.getMessage().contains("Weighted"), refused.getMessage());
    }
}
