// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.Locale;
import java.util.Map;

/** Times as fio writes them: a bare number is seconds, else us, ms, s, m, h, d. Thread: any. */
final class Durations {
    private static final Map<String, Long> UNIT_NS = Map.of(
            "us", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L,
            "d", 86_400_000_000_000L);

    private Durations() {}

    /** Nanoseconds; IllegalArgumentException with one line for what is no time. */
    static long parseNs(String text) {
        String time = text.trim().toLowerCase(Locale.ROOT);
        int digits = 0;
        while (digits < time.length() && Character.isDigit(time.charAt(digits))) {
            digits++;
        }
        Long unitNs = UNIT_NS.get(time.substring(digits));
        try {
            if (digits > 0 && unitNs != null) {
                return Math.multiplyExact(Long.parseLong(time.substring(0, digits)), unitNs);
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("time '" + text + "' is too long", e);
        }
        throw new IllegalArgumentException(
                "'" + text + "' is not a time: write seconds, or a number with us, ms, s, m or h");
    }
}
