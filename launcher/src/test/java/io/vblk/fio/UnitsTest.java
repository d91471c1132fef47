// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sizes, times and sums; RealFioTest compares the sizes with fio's own. */
final class UnitsTest {
    @Test
    void sizesHaveFiosUnits() {
        Map<String, Long> sizes = Map.ofEntries(
                Map.entry("0", 0L), Map.entry("512", 512L), Map.entry("1024b", 1024L),
                Map.entry("4k", 4096L), Map.entry("4K", 4096L), Map.entry("4kb", 4096L),
                Map.entry("4ki", 4096L), Map.entry("4KiB", 4000L), Map.entry("1m", 1L << 20),
                Map.entry("1MiB", 1_000_000L), Map.entry("2G", 2L << 30),
                Map.entry("3t", 3L << 40), Map.entry("1p", 1L << 50), Map.entry("0x400", 1024L),
                Map.entry("0x4k", 4096L), Map.entry("-4k", -4096L), Map.entry(" 8k ", 8192L));
        sizes.forEach((text, bytes) -> assertEquals(bytes, Units.number(text, 1024), text));
        assertEquals(1000, Units.number("1k", 1000));
        assertEquals(1000, Units.number("1ki", 1000));
        assertEquals(1024, Units.number("1kib", 1000));
    }

    @Test
    void timesHaveFiosUnits() {
        Map<String, Long> times = Map.ofEntries(
                Map.entry("0", 0L), Map.entry("3us", 3_000L), Map.entry("3usec", 3_000L),
                Map.entry("1500ms", 1_500_000_000L), Map.entry("2msec", 2_000_000L),
                Map.entry("2S", 2_000_000_000L), Map.entry("2m", 120_000_000_000L),
                Map.entry("1h", 3_600_000_000_000L), Map.entry("1d", 86_400_000_000_000L),
                Map.entry("(10)", 10_000L),
                Map.entry("(5+1ms)", 1_005_000L), Map.entry("(2*3s)", 6_000_000_000L));
        times.forEach((text, ns) -> {
            assertEquals(ns, Units.timeNs(text, Units.SECOND_NS), text);
            assertEquals(ns, Units.timeNs(text, Units.MICROSECOND_NS), text);
        });
        assertEquals(10_000_000_000L, Units.timeNs("10", Units.SECOND_NS));
        assertEquals(10_000L, Units.timeNs("10", Units.MICROSECOND_NS));
    }

    @Test
    void sumsStandInParentheses() {
        Map<String, Long> sums = Map.ofEntries(
                Map.entry("(4*2)", 8L), Map.entry("(1+2*3)", 7L), Map.entry("((1+2)*3)", 9L),
                Map.entry("(2^3^2)", 512L), Map.entry("(7%4)", 3L), Map.entry("(1k*4)", 4096L),
                Map.entry("( 8k / 2 )", 4096L), Map.entry("(-2*-3)", 6L),
                Map.entry("(1.5k)", 1536L), Map.entry("(0x10+1)", 17L), Map.entry("(10-4-3)", 3L),
                Map.entry("(-2^2)", -4L));
        sums.forEach((text, value) -> assertEquals(value, Units.number(text, 1024), text));
    }

    @Test
    void percentagesAreShares() {
        assertEquals(new Amount(0, 12.5), Units.amount("12.5%", 1024));
        assertEquals(Amount.ofBytes(4096), Units.amount("4k", 1024));
        assertEquals(512, Units.amount("50%", 1024).of(1024));
    }

    @Test
    void whatIsNoNumberIsRefusedInOneLine() {
        for (String text : List.of("", "k", "4q", "4kk", "1.5k", "0x", "--4", "4 k", "4k-8k", "4%",
                "9223372036854775807", "8192p", "99999999999999999999", "(1/0)", "(0/0)", "(", "()",
                "(1", "(1+)", "(1 2)", "(2**3)", "(1q)", "(0x)", "\u0664k", "(9^99)",
                "(" + "-".repeat(9999) + "1)", "(".repeat(9999) + "1" + ")".repeat(9999))) {
            String message = assertThrows(JobSyntaxException.class,
                    () -> Units.number(text, 1024), text).getMessage();
            assertTrue(message.lines().count() == 1 && message.length() < 500, message);
        }
        for (String text : List.of("", "1x", "1.5s", "s", "1k", "999999999999d", "1m30s", "abc")) {
            assertThrows(JobSyntaxException.class,
                    () -> Units.timeNs(text, Units.SECOND_NS), text);
        }
        for (String text : List.of("101%", "-1%", "x%", "%", "NaN%", "1e999%")) {
            assertThrows(IllegalArgumentException.class, () -> Units.amount(text, 1024), text);
        }
        for (String text : List.of("", "NaN", "Infinity", "1f", "0x1p3", "1e", "x")) {
            assertThrows(JobSyntaxException.class, () -> Units.real(text), text);
        }
    }
}
