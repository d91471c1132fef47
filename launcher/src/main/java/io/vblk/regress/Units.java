// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.Locale;

/** Numbers for people: three digits and a unit. Thread: any. */
final class Units {
    private static final double STEP = 1_000;
    private static final String[] TIMES = {"ns", "us", "ms", "s"};
    private static final String[] COUNTS = {"", "k", "M", "G"};

    private Units() {}

    /** Nanoseconds, such as 8.25us. */
    static String time(double ns) {
        return scaled(ns, TIMES);
    }

    /** A count, such as 283k. */
    static String count(double count) {
        return scaled(count, COUNTS);
    }

    private static String scaled(double value, String[] units) {
        double left = value;
        int unit = 0;
        // 999.5 would be shown as four digits.
        while (unit < units.length - 1 && left >= STEP - 0.5) {
            left /= STEP;
            unit++;
        }
        String format = left >= 100 || unit == 0 && left == Math.rint(left) ? "%.0f"
                : left >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, left) + units[unit];
    }

    /** A change such as +4.2%; to a decimal below ten. */
    static String percent(double percent) {
        if (Double.isNaN(percent)) {
            return "-";
        }
        if (Math.abs(percent) < 0.05) {
            return "0.0%";
        }
        return String.format(Locale.ROOT, Math.abs(percent) < 99.95 ? "%+.1f%%" : "%+.0f%%",
                percent);
    }
}
