// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which numbers stand at an axis, and how they are written. */
final class AxisTest {
    private static List<String> labels(Axis axis, int wanted) {
        return axis.ticks(wanted).stream().map(Axis.Tick::label)
                .filter(label -> !label.isEmpty()).toList();
    }

    @ParameterizedTest
    @CsvSource({"10, 5, 2", "10, 10, 1", "1, 4, 0.5", "0.07, 3, 0.05", "9.99, 1, 10"})
    void stepsAreOneTwoOrFive(double span, int wanted, double step) {
        assertEquals(step, Axis.niceStep(span, wanted), step * 1e-9);
    }

    @Test
    void linearTicksShareAUnit() {
        assertEquals(List.of("0", "0.5 us", "1 us", "1.5 us", "2 us"),
                labels(Axis.linear(0, 2000, Unit.NANOSECONDS), 4));
        assertEquals(List.of("0", "50k", "100k", "150k", "200k"),
                labels(Axis.linear(0, 200e3, Unit.PER_SECOND), 4));
        assertEquals(List.of("0", "5 min", "10 min"),
                labels(Axis.linear(0, 600, Unit.SECONDS), 3));
    }

    @Test
    void countsHaveNoFractions() {
        assertEquals(List.of("0", "1", "2"), labels(Axis.linear(0, 2, Unit.COUNT), 10));
    }

    @Test
    void logarithmicTicksArePowersOfTenAndFewOfThem() {
        assertEquals(List.of("1 us", "10 us", "100 us", "1 ms", "10 ms"),
                labels(Axis.log(1e3, 1e7, Unit.NANOSECONDS), 6));
        assertTrue(labels(Axis.log(1, 1e12, Unit.NANOSECONDS), 6).size() < 9);
        assertEquals(List.of("20 us", "50 us", "100 us", "200 us"),
                labels(Axis.log(15e3, 300e3, Unit.NANOSECONDS), 6));
    }

    @Test
    void narrowLogarithmicAxesHaveTicksToo() {
        assertTrue(labels(Axis.log(31e3, 38e3, Unit.NANOSECONDS), 5).size() >= 3);
        assertTrue(labels(Axis.log(4711, 4711, Unit.NANOSECONDS), 5).size() >= 2);
    }

    @Test
    void eachNineHasAsMuchRoom() {
        Axis axis = Axis.percentile(99.99);

        assertEquals(List.of("0", "50", "90", "99", "99.9", "99.99"), labels(axis, 9));
        assertEquals(0.25, axis.position(90), 1e-9);
        assertEquals(0.50, axis.position(99), 1e-9);
        assertEquals(0.75, axis.position(99.9), 1e-9);
        assertEquals(1, axis.position(100));
    }

    @Test
    void ratiosAreWrittenAsChange() {
        assertEquals(List.of("-10%", "0", "+10%"),
                labels(Axis.linear(Math.log(0.88), Math.log(1.14), Unit.LOG_RATIO), 3));
        assertEquals(List.of("1/4", "1/2", "x1", "x2", "x4"),
                labels(Axis.linear(-1.5, 1.5, Unit.LOG_RATIO), 9));
    }

    @Test
    void nothingLiesBeyondTheEnds() {
        Axis axis = Axis.log(10, 1000, Unit.NANOSECONDS);

        assertEquals(0, axis.position(0));
        assertEquals(1, axis.position(1e9));
        assertEquals(0.5, axis.position(100), 1e-9);
    }

    @ParameterizedTest
    @CsvSource({
        "NANOSECONDS, 630, 630 ns", "NANOSECONDS, 999.96, 1 us", "NANOSECONDS, 12345, 12.3 us",
        "NANOSECONDS, 0, 0 ns", "NANOSECONDS, 2.5e9, 2.5 s", "NANOSECONDS, 3e11, 300 s",
        "PER_SECOND, 182345, 182k", "PER_SECOND, 4.2, 4.2", "BYTES_PER_SECOND, 747e6, 747 MB/s",
        "SECONDS, 60, 60 s", "SECONDS, 600, 10 min", "PERCENT, 12.34, 12.3%",
        "LOG_RATIO, 0.0953102, +10%", "LOG_RATIO, -0.6931472, -50%", "COUNT, NaN, -"})
    void numbersHaveThreeDigitsAndAUnit(Unit unit, double value, String text) {
        assertEquals(text, unit.format(value));
    }

    @Test
    void coordinatesAreShort() {
        assertEquals("12.3", Svg.number(12.3456));
        assertEquals("12", Svg.number(12.04));
        assertEquals("-0.5", Svg.number(-0.5));
        assertEquals("0", Svg.number(-0.01));
    }
}
