// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Numbers, sizes and times as fio writes them. Thread: any. */
final class Units {
    /** What {@code k} is unless kb_base says otherwise. */
    static final int KB_BASE_DEFAULT = 1024;
    /** A bare time of {@code runtime} and its like. */
    static final long SECOND_NS = 1_000_000_000L;
    /** A bare time of {@code thinktime} and its like. */
    static final long MICROSECOND_NS = 1_000L;

    private static final double VALUE_MAX = 1L << 62;
    private static final int SI_BASE = 1000;
    private static final String PREFIXES = "kmgtp";
    private static final Map<String, Long> TIMES_NS = Map.of(
            "us", MICROSECOND_NS,
            "usec", MICROSECOND_NS,
            "ms", 1_000_000L,
            "msec", 1_000_000L,
            "s", SECOND_NS,
            "m", 60 * SECOND_NS,
            "h", 3_600 * SECOND_NS,
            "d", 86_400 * SECOND_NS);

    private Units() {}

    static boolean isDigit(char c, boolean hex) {
        return c >= '0' && c <= '9'
                || hex && (c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F');
    }

    static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    /**
     * A number, in bytes or not: {@code 4k}, {@code 0x1000}, {@code -1}, {@code (2*1m)}.
     *
     * @param kbBase 1024 or 1000
     */
    static long number(String text, int kbBase) {
        return value(text, "number", unit -> factor(unit, kbBase));
    }

    /**
     * Nanoseconds.
     *
     * @param bareNs what a number without a unit counts; in parentheses it is a microsecond
     */
    static long timeNs(String text, long bareNs) {
        boolean inSum = text.trim().startsWith("(");
        long bare = inSum ? MICROSECOND_NS : bareNs;
        // A sum is one of microseconds: what has no unit may be a factor in it.
        long scale = inSum ? MICROSECOND_NS : 1;
        long value = value(text, "time: write a number, with us, ms, s, m, h or d", unit -> {
            Long ns = unit.isEmpty() ? Long.valueOf(bare) : TIMES_NS.get(unit);
            if (ns == null) {
                throw new JobSyntaxException("'" + text + "' has the unit '" + unit
                        + "', which is none of us, ms, s, m, h, d");
            }
            return (double) ns / scale;
        });
        if (Math.abs(value) > VALUE_MAX / scale) {
            throw tooLarge(text);
        }
        return value * scale;
    }

    /** A size or a share: {@code 512m}, {@code 20%}. */
    static Amount amount(String text, int kbBase) {
        String size = text.trim();
        if (size.endsWith("%")) {
            double percent = real(size.substring(0, size.length() - 1));
            return new Amount(0, percent);
        }
        return Amount.ofBytes(number(size, kbBase));
    }

    /** A number with a fraction. */
    static double real(String text) {
        String number = text.trim();
        boolean plain = number.chars()
                .allMatch(c -> isDigit((char) c, false) || "+-.eE".indexOf(c) >= 0);
        try {
            if (plain) {
                return Double.parseDouble(number);
            }
        } catch (NumberFormatException e) {
            // as what is not plain
        }
        throw new JobSyntaxException("'" + text + "' is not a number");
    }

    /** Whether 1024 bytes are meant by a text whose {@code kib} is 1000, as in fio. */
    static boolean hasSwappedPrefix(String text, int kbBase) {
        return kbBase == KB_BASE_DEFAULT
                && text.toLowerCase(Locale.ROOT).matches(".*[0-9][kmgtp]ib\\b.*");
    }

    private static long value(String text, String what, ToDoubleFunction<String> units) {
        String word = text.trim().toLowerCase(Locale.ROOT);
        if (word.startsWith("(") && word.endsWith(")")) {
            return whole(text, Math.rint(Arithmetic.evaluate(word, units)));
        }
        boolean negative = word.startsWith("-");
        String digits = negative ? word.substring(1) : word;
        boolean hex = digits.startsWith("0x");
        digits = hex ? digits.substring(2) : digits;
        int end = 0;
        while (end < digits.length() && isDigit(digits.charAt(end), hex)) {
            end++;
        }
        if (end == 0 || !digits.chars().skip(end).allMatch(c -> isLetter((char) c))) {
            throw new JobSyntaxException("'" + text + "' is not a " + what);
        }
        double factor = units.applyAsDouble(digits.substring(end));
        try {
            long value = Math.multiplyExact(
                    Long.parseLong(digits.substring(0, end), hex ? 16 : 10), (long) factor);
            return whole(text, negative ? -(double) value : value, negative ? -value : value);
        } catch (ArithmeticException | NumberFormatException e) {
            throw tooLarge(text);
        }
    }

    private static long whole(String text, double value) {
        return whole(text, value, (long) value);
    }

    private static long whole(String text, double value, long exact) {
        if (Math.abs(value) > VALUE_MAX) {
            throw tooLarge(text);
        }
        return exact;
    }

    private static JobSyntaxException tooLarge(String text) {
        return new JobSyntaxException("'" + text + "' is too large");
    }

    /**
     * What a unit multiplies by. fio swaps the two families unless kb_base is 1000: {@code k},
     * {@code kb} and {@code ki} are 1024, {@code kib} is 1000.
     */
    private static double factor(String unit, int kbBase) {
        if (unit.isEmpty() || unit.equals("b")) {
            return 1;
        }
        int power = PREFIXES.indexOf(unit.charAt(0)) + 1;
        String rest = unit.substring(1);
        if (power == 0 || !(rest.isEmpty() || rest.equals("b") || rest.equals("i")
                || rest.equals("ib"))) {
            throw new JobSyntaxException(
                    "'" + unit + "' is no unit: write k, m, g, t or p, with or without b");
        }
        int base = !rest.equals("ib") ? kbBase
                : kbBase == KB_BASE_DEFAULT ? SI_BASE : KB_BASE_DEFAULT;
        return Math.pow(base, power);
    }
}
