// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Locale;

/** Numbers and latency classes as fio prints them. Thread: any. */
public final class FioFormat {
    /** Upper limits of the classes of latency_ns. */
    static final int[] LATENCY_NS = {2, 4, 10, 20, 50, 100, 250, 500, 750, 1000};
    /** Upper limits of the classes of latency_us. */
    static final int[] LATENCY_US = LATENCY_NS;
    /** Upper limits of the classes of latency_ms; what is longer is one class more. */
    static final int[] LATENCY_MS = {2, 4, 10, 20, 50, 100, 250, 500, 750, 1000, 2000};

    private static final String[] DECIMAL = {"", "k", "M", "G", "T"};
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB"};
    private static final String[] DECIMAL_BYTES = {"B", "kB", "MB", "GB", "TB"};
    private static final double LARGEST_UNSCALED = 9_999.5;

    private FioFormat() {}

    /** A count with at most four digits: 7930, 18.6k, 1036k. */
    public static String count(double value) {
        return scaled(value, 1000, DECIMAL);
    }

    /** Bytes in units of 1024: 72.8MiB. */
    public static String binaryBytes(double bytes) {
        return scaled(bytes, 1024, BINARY);
    }

    /** Bytes in units of 1000: 76.4MB. */
    static String decimalBytes(double bytes) {
        return scaled(bytes, 1000, DECIMAL_BYTES);
    }

    private static String scaled(double value, double base, String[] units) {
        double left = value;
        int unit = 0;
        while (left >= LARGEST_UNSCALED && unit < units.length - 1) {
            left /= base;
            unit++;
        }
        boolean decimal = unit > 0 && left < 100;
        return String.format(Locale.ROOT, decimal ? "%.1f%s" : "%.0f%s", left, units[unit]);
    }
}
