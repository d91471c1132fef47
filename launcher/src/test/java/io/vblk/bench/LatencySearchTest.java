// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.bench.LatencySearch.Step;
import io.vblk.fio.Goals.LatencyTarget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which depth a search for a latency comes to, against devices that do as the test says. */
final class LatencySearchTest {
    private static LatencySearch search(int iodepth, double percentile, boolean runsOn) {
        return new LatencySearch(new LatencyTarget(1_000, 1_000, percentile, runsOn), iodepth);
    }

    /** A window at the search's depth, on a device that is fast enough up to a depth. */
    private static Step window(LatencySearch search, int fastUpTo) {
        return search.endWindow(100, search.depth() <= fastUpTo ? 0 : 100);
    }

    @Test
    void findsTheDepthOfEveryDeviceInFewWindows() {
        for (int iodepth = 1; iodepth <= 40; iodepth++) {
            for (int fastUpTo = 1; fastUpTo <= 45; fastUpTo++) {
                LatencySearch search = search(iodepth, 99, false);
                int windows = 1;
                while (window(search, fastUpTo) != Step.DONE) {
                    assertTrue(search.depth() >= 1 && search.depth() <= iodepth);
                    windows++;
                }
                assertEquals(Math.min(iodepth, fastUpTo), search.depth());
                assertTrue(windows <= 2 * 6 + 1, windows + " windows of iodepth " + iodepth);
            }
        }
    }

    @Test
    void doublesUntilItIsTooMuchAndThenHalves() {
        LatencySearch search = search(256, 100, false);
        List<Integer> depths = new ArrayList<>();
        List<Step> steps = new ArrayList<>();
        do {
            depths.add(search.depth());
            steps.add(window(search, 21));
        } while (search.step() != Step.DONE);

        assertEquals(List.of(1, 2, 4, 8, 16, 32, 24, 20, 22, 21, 21), depths);
        assertEquals(Step.MEASURE, steps.get(9));
        assertEquals(9, steps.stream().filter(step -> step == Step.TRY).count());
    }

    @Test
    void failsIfNotEvenOneRequestIsFastEnough() {
        LatencySearch search = search(32, 99, true);

        assertEquals(Step.FAILED, window(search, 0));
        assertThrows(IllegalStateException.class, () -> window(search, 0));
    }

    @ParameterizedTest
    @CsvSource({"99, 1000, 10, true", "99, 1000, 11, false", "100, 1000, 0, true",
            "100, 1000, 1, false", "99.9, 1000, 1, true", "99.9, 1000, 2, false",
            "50, 1, 1, false", "50, 0, 0, false"})
    void enoughRequestsMustBeFast(double percentile, long requests, long slow, boolean good) {
        assertEquals(good ? Step.TRY : Step.FAILED,
                search(8, percentile, false).endWindow(requests, slow));
    }

    @Test
    void aWindowThatNothingCanSaveMayEndEarly() {
        assertTrue(search(8, 100, false).isLost(1));
        assertFalse(search(8, 100, false).isLost(0));
        assertFalse(search(8, 99.99, false).isLost(1_000));
    }

    @Test
    void whatDoesNotHoldWhenMeasuredGoesDownByOne() {
        LatencySearch search = search(8, 99, false);
        while (search.step() != Step.MEASURE) {
            window(search, 8);
        }
        assertEquals(8, search.depth());

        assertEquals(Step.MEASURE, window(search, 6));
        assertEquals(Step.MEASURE, window(search, 6));
        assertEquals(Step.DONE, window(search, 6));
        assertEquals(6, search.depth());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 20})
    void aSearchThatGoesOnFollowsTheDevice(int later) {
        LatencySearch search = search(8, 99, true);
        while (search.step() != Step.RUN_ON) {
            window(search, 4);
        }
        assertEquals(4, search.depth());

        for (int i = 0; i < 100; i++) {
            assertEquals(Step.RUN_ON, window(search, later));
            assertTrue(search.depth() >= 1 && search.depth() <= 8);
        }
        assertEquals(Math.min(later, 8), search.depth(), 1);
    }
}
