// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.Locale;

/** What a number in a chart is, and how it is written. Thread: any. */
public enum Unit {
    /** A duration in nanoseconds, written in ns, us, ms or s. */
    NANOSECONDS(new double[] {1, 1e3, 1e6, 1e9}, " ns", " us", " ms", " s"),
    /** A time in seconds, of long ones in minutes or hours. */
    SECONDS(new double[] {1, 60, 3_600}, " s", " min", " h"),
    /** Events per second, such as IOPS. */
    PER_SECOND(new double[] {1, 1e3, 1e6, 1e9}, "", "k", "M", "G"),
    /** Bytes per second, in powers of ten. */
    BYTES_PER_SECOND(new double[] {1, 1e3, 1e6, 1e9}, " B/s", " kB/s", " MB/s", " GB/s"),
    /** A plain number of things. */
    COUNT(new double[] {1, 1e3, 1e6, 1e9}, "", "k", "M", "G"),
    /** Hundredths, from 0 to 100. */
    PERCENT(new double[] {1}, "%"),
    /** The natural logarithm of a ratio, written as the change in percent. */
    LOG_RATIO(new double[] {1}, "%");

    /** A number this near below a power of the unit is written in it: 999.96 ns is 1 us. */
    private static final double ROUNDS_UP = 0.9995;
    /** Seconds are not written in minutes before there are five of them. */
    private static final double MINUTES_FROM = 5;

    private final double[] factors;
    private final String[] suffixes;

    Unit(double[] factors, String... suffixes) {
        this.factors = factors;
        this.suffixes = suffixes;
    }

    /** The number in words, to three digits: "630 us", "182k", "+3.2%". */
    public String format(double value) {
        if (!Double.isFinite(value)) {
            return "-";
        }
        if (this == LOG_RATIO) {
            double change = Math.expm1(value) * 100;
            return (change >= 0 ? "+" : "") + digits(change) + "%";
        }
        int prefix = prefixOf(value);
        return digits(value / factors[prefix]) + suffixes[prefix];
    }

    private static String digits(double value) {
        double size = Math.abs(value);
        return trimmed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
    }

    /** A tick's label on an axis that ends at a number and has a tick at each step. */
    String tick(double value, double end, double step) {
        int prefix = prefixOf(end);
        double inUnit = step / factors[prefix];
        int decimals = (int) Math.max(0, Math.min(9, -Math.floor(Math.log10(inUnit) + 1e-9)));
        return value == 0 ? "0" : trimmed(value / factors[prefix], decimals) + suffixes[prefix];
    }

    /** What the steps of a linear axis that ends there are round numbers of. */
    double stepUnit(double end) {
        return factors[prefixOf(end)];
    }

    private int prefixOf(double value) {
        double size = Math.abs(value) / (this == SECONDS ? MINUTES_FROM : ROUNDS_UP);
        int prefix = 0;
        while (prefix + 1 < factors.length && size >= factors[prefix + 1]) {
            prefix++;
        }
        return prefix;
    }

    private static String trimmed(double value, int decimals) {
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        if (text.indexOf('.') >= 0) {
            text = text.replaceAll("0+$", "").replaceAll("\\.$", "");
        }
        return text.equals("-0") ? "0" : text;
    }
}
