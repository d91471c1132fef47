// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.Goals.SteadyState;
import io.vblk.fio.Goals.SteadyState.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** When a figure counts as settled. */
final class SteadyCheckTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final double CLOSE = 1e-9;

    private static SteadyCheck check(Kind kind, double limit, boolean percent, int samples) {
        return new SteadyCheck(
                new SteadyState(kind, limit, percent, samples * SECOND_NS, 0, SECOND_NS));
    }

    /** Feeds a figure and leaves the others to jump about. */
    private static boolean add(SteadyCheck check, Kind kind, double figure) {
        double other = check.count() % 2 == 0 ? 1 : 1e9;
        return switch (kind) {
            case IOPS, IOPS_SLOPE -> check.add(figure, other, other);
            case BW, BW_SLOPE -> check.add(other, figure, other);
            case LAT, LAT_SLOPE -> check.add(other, other, figure);
        };
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void looksAtItsFigureOnlyAndNotBeforeTheTimeIsFull(Kind kind) {
        SteadyCheck check = check(kind, 1, true, 5);

        for (int i = 0; i < 4; i++) {
            assertFalse(add(check, kind, 1_000));
        }
        assertTrue(add(check, kind, 1_000));
        assertTrue(check.attained());
        assertEquals(0, check.criterion(), CLOSE);
    }

    @ParameterizedTest
    @CsvSource({"10.1, true, true", "10, true, false", "9.9, true, false", "101, false, true",
            "100, false, false"})
    void theLargestDeviationFromTheMeanMustBeBelowTheLimit(double limit, boolean percent,
            boolean attained) {
        SteadyCheck check = check(Kind.IOPS, limit, percent, 4);
        check.add(900, 0, 0);
        check.add(1_050, 0, 0);
        check.add(1_050, 0, 0);

        assertEquals(attained, check.add(1_000, 0, 0));
        assertEquals(100, check.maxDeviation(), CLOSE);
        assertEquals(percent ? 10 : 100, check.criterion(), CLOSE);
        assertEquals(0, check.slope());
    }

    @ParameterizedTest
    @CsvSource({"50, 2.1, true, true", "50, 2, true, false", "-50, 2.1, true, true",
            "-50, 1.9, true, false", "50, 0.05, false, true", "-50, 0.04, false, false"})
    void theSlopeMustBeBelowTheLimitUpOrDown(double perSample, double limit, boolean percent,
            boolean attained) {
        SteadyCheck check = check(Kind.BW_SLOPE, limit, percent, 11);
        boolean last = false;
        for (int i = -5; i <= 5; i++) {
            last = check.add(0, 2_500 + i * perSample + (i % 2 == 0 ? 6 : -5), 0);
        }

        assertEquals(attained, last);
        assertEquals(perSample, check.slope(), CLOSE);
        assertEquals(percent ? perSample / 25 : perSample, check.criterion(), 0.001);
        assertEquals(0, check.maxDeviation());
    }

    @Test
    void aLimitOfBandwidthIsInKibibytes() {
        SteadyCheck check = check(Kind.BW, 2, false, 2);
        check.add(0, 100_000, 0);
        assertTrue(check.add(0, 104_000, 0));
        assertEquals(2_000, check.maxDeviation(), "and what is told is in bytes, as fio does");
    }

    @Test
    void theWindowMovesOn() {
        SteadyCheck check = check(Kind.IOPS_SLOPE, 1, false, 3);
        for (double iops : new double[] {100, 200, 300}) {
            assertFalse(check.add(iops, 0, 0));
        }
        assertEquals(100, check.slope(), CLOSE);
        assertFalse(check.add(290, 0, 0));
        assertEquals(45, check.slope(), CLOSE);
        assertFalse(check.add(290, 7, 8));
        assertEquals(-5, check.slope(), CLOSE);
        assertTrue(check.add(290, 0, 0));

        assertEquals(3, check.count());
        assertEquals(290, check.iops(0));
        assertEquals(7, check.bytesPerSecond(1));
        assertEquals(8, check.latencyNs(1));
        assertEquals(290, check.iopsMean(), CLOSE);
        assertEquals(7 / 3.0, check.bytesPerSecondMean(), CLOSE);
        assertEquals(8 / 3.0, check.latencyNsMean(), CLOSE);
    }

    @Test
    void whatIsAttainedStays() {
        SteadyCheck check = check(Kind.IOPS, 1, true, 2);
        check.add(100, 0, 0);
        assertTrue(check.add(100, 0, 0));

        assertTrue(check.add(1, 1, 1));
        assertEquals(100, check.iopsMean(), "the report is of the time when it was attained");
    }

    @Test
    void samplesAreInTheirOrderBeforeTheTimeIsFull() {
        SteadyCheck check = check(Kind.LAT, 1, true, 10);
        assertEquals(0, check.latencyNsMean());
        check.add(1, 2, 3);
        check.add(4, 5, 6);

        assertEquals(2, check.count());
        assertEquals(1, check.iops(0));
        assertEquals(6, check.latencyNs(1));
        assertEquals(4.5, check.latencyNsMean(), CLOSE);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aRunThatDoesNothingIsNotSteadyInPercent(Kind kind) {
        SteadyCheck check = check(kind, 50, true, 2);
        check.add(0, 0, 0);

        assertFalse(check.add(0, 0, 0));
        assertEquals(0, check.criterion(), "and JSON knows no NaN");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "0, 1", "100001, 1", "1, 0"})
    void timesThatDoNotFitAreRefused(long durationNs, long intervalNs) {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new SteadyCheck(
                new SteadyState(Kind.BW, 1, true, durationNs, 0, intervalNs))).getMessage()
                .startsWith("ss_"));
    }
}
