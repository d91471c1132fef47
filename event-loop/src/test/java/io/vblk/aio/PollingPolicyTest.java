// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PollingPolicyTest {
    private static final long SHORT_WAIT_NS = 300_000;
    private static final long LONG_WAIT_NS = 3_000_000;

    private static void assertSequence(
            PollingOptions options, long startNs, long waitNs, long... expected) {
        long pollNs = startNs;
        for (int i = 0; i < expected.length; i++) {
            pollNs = PollingPolicy.classic(pollNs, waitNs, options);
            assertEquals(expected[i], pollNs, "after wait " + (i + 1));
        }
    }

    @Test
    void growsAndFallsToNothingAsQemuWithZeroGrowAndShrink() {
        PollingOptions options = PollingOptions.classic(1_000_000, 0, 0);
        assertSequence(options, 0, SHORT_WAIT_NS, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000,
                256_000, 512_000, 512_000, 512_000);
        assertSequence(options, 512_000, LONG_WAIT_NS, 0, 0, 0);
    }

    @Test
    void growsAndShrinksAsQemuByTheGivenFactors() {
        PollingOptions options = PollingOptions.classic(1_000_000, 3, 2);
        assertSequence(options, 0, SHORT_WAIT_NS,
                4_000, 12_000, 36_000, 108_000, 324_000, 324_000, 324_000);
        assertSequence(options, 324_000, LONG_WAIT_NS, 162_000, 81_000, 40_500, 20_250);
    }

    @Test
    void staysBelowAMaximumBelowTheFirstTime() {
        PollingOptions options = PollingOptions.classic(3_000, 0, 0);
        assertSequence(options, 0, 2_000, 3_000, 3_000, 3_000);
        assertSequence(options, 3_000, SHORT_WAIT_NS, 0, 0, 0);
    }

    @Test
    void hugeFactorsReachTheMaximumAtOnce() {
        PollingOptions options = PollingOptions.classic(
                PollingOptions.POLL_MAX_NS_LIMIT, Integer.MAX_VALUE, Integer.MAX_VALUE);
        assertSequence(options, 0, 1_000_000, 4_000, PollingOptions.POLL_MAX_NS_LIMIT);
        assertSequence(options, PollingOptions.POLL_MAX_NS_LIMIT,
                PollingOptions.POLL_MAX_NS_LIMIT + 1, 0);
    }

    @Test
    void followsTheRuleForAllSmallInputs() {
        for (long unitNs : new long[] {1, 500, 1_000, 4_000}) {
            for (long max = 0; max <= 10; max++) {
                for (long grow = 0; grow <= 4; grow++) {
                    for (long shrink = 0; shrink <= 4; shrink++) {
                        checkAllTimes(unitNs, PollingOptions.classic(max * unitNs, grow, shrink));
                    }
                }
            }
        }
    }

    private static void checkAllTimes(long unitNs, PollingOptions options) {
        for (long poll = 0; poll <= 12; poll++) {
            for (long block = 0; block <= 13; block++) {
                check(poll * unitNs, block * unitNs, options);
            }
        }
    }

    private static void check(long pollNs, long blockNs, PollingOptions options) {
        long maxNs = options.pollMaxNs();
        long nextNs = PollingPolicy.classic(pollNs, blockNs, options);
        String inputs = "poll " + pollNs + " block " + blockNs + " " + options + ": " + nextNs;
        assertTrue(nextNs >= 0 && nextNs <= maxNs, inputs);
        if (blockNs <= pollNs) {
            assertEquals(Math.min(pollNs, maxNs), nextNs, inputs);
        } else if (blockNs > maxNs) {
            long shrunkNs = options.pollShrink() == 0 ? 0 : pollNs / options.pollShrink();
            assertEquals(Math.min(shrunkNs, maxNs), nextNs, inputs);
        } else if (blockNs == maxNs || pollNs == maxNs) {
            assertEquals(pollNs, nextNs, inputs);
        } else if (pollNs == 0) {
            assertEquals(Math.min(4_000, maxNs), nextNs, inputs);
        } else {
            long factor = options.pollGrow() == 0 ? 2 : options.pollGrow();
            assertEquals(Math.min(pollNs * factor, maxNs), nextNs, inputs);
        }
    }

    @Test
    void aWaitIsShortUpToTheMaximum() {
        for (long max = 0; max <= 10; max++) {
            for (long wait = 0; wait <= 12; wait++) {
                assertEquals(wait <= max,
                        PollingPolicy.isShort(wait, PollingOptions.classic(max, 0, 0)));
            }
        }
    }

    @Test
    void waitsInVainAreCountedUpAndDownWithinTheirBounds() {
        int enough = PollingPolicy.VAIN_ENOUGH;
        for (int vain = 0; vain <= enough; vain++) {
            assertEquals(vain == 0 ? 0 : vain - 1, PollingPolicy.vain(vain, true));
            assertEquals(vain == enough ? enough : vain + 1, PollingPolicy.vain(vain, false));
        }
    }

    @Test
    void sleepsAreWorthATryByTheRuleForAllInputs() {
        int all = PollingPolicy.TRY_WORTH;
        for (int slept = 0; slept <= all; slept++) {
            for (int worth = 1; worth <= all; worth++) {
                assertEquals(slept + 1 > all ? all : slept + 1,
                        PollingPolicy.slept(slept, false, worth));
                assertEquals(slept + worth > all ? all : slept + worth,
                        PollingPolicy.slept(slept, true, worth));
            }
        }
        int worth = all;
        for (int expected : new int[] {32, 16, 8, 4, 2, 1, 1, 1}) {
            assertEquals(all, PollingPolicy.shortWorth(worth, true));
            worth = PollingPolicy.shortWorth(worth, false);
            assertEquals(expected, worth);
        }
    }

    @Test
    void aPhaseIsSkippedOrTriedByTheRuleForAllSmallInputs() {
        for (long max = 0; max <= 10; max++) {
            PollingOptions options = PollingOptions.classic(max, 0, 0);
            for (long poll = 0; poll <= 12; poll++) {
                for (int slept = 0; slept <= PollingPolicy.TRY_WORTH + 2; slept++) {
                    for (int vain = 0; vain < PollingPolicy.VAIN_ENOUGH; vain++) {
                        assertEquals(Math.min(poll, max),
                                PollingPolicy.phaseNs(poll, vain, slept, options));
                    }
                    assertEquals(slept < PollingPolicy.TRY_WORTH ? 0 : max,
                            PollingPolicy.phaseNs(poll, PollingPolicy.VAIN_ENOUGH, slept, options),
                            "poll " + poll + " slept " + slept + " max " + max);
                }
            }
        }
    }

    @Test
    void optionsOutsideTheirRangesAreRefusedByName() {
        long limit = PollingOptions.POLL_MAX_NS_LIMIT;
        assertRefused("poll-max-ns", -1, 0, 0);
        assertRefused("poll-max-ns", limit + 1, 0, 0);
        assertRefused("poll-grow", 0, -1, 0);
        assertRefused("poll-grow", 0, 1L << 31, 0);
        assertRefused("poll-shrink", 0, 0, -1);
        assertRefused("poll-shrink", 0, 0, 1L << 31);
        assertTrue(PollingOptions.classic(limit, 0, 0).enabled());
        assertFalse(PollingOptions.OFF.enabled());
    }

    private static void assertRefused(String name, long max, long grow, long shrink) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                () -> PollingOptions.classic(max, grow, shrink));
        assertTrue(refused.getMessage().startsWith(name), refused.getMessage());
    }
}
