// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.function.ToDoubleFunction;

/**
 * Sums in parentheses: {@code (2*1m+4k)}, with + - * / % ^, parentheses and units. Thread: one.
 */
final class Arithmetic {
    /** Parentheses and signs within each other. */
    private static final int NESTING_MAX = 64;

    private final String text;
    private final ToDoubleFunction<String> units;
    private int at;
    private int nesting;

    private Arithmetic(String text, ToDoubleFunction<String> units) {
        this.text = text;
        this.units = units;
    }

    /**
     * The value of an expression.
     *
     * @param units factor of what stands behind a number, such as "k" or nothing; throws for what
     *     is no unit
     */
    static double evaluate(String text, ToDoubleFunction<String> units) {
        Arithmetic expression = new Arithmetic(text, units);
        double value = expression.sum();
        if (expression.at < text.length()) {
            throw expression.wrong();
        }
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw new JobSyntaxException("'" + text + "' has no value");
        }
        return value;
    }

    private double sum() {
        double value = product();
        while (true) {
            if (take('+')) {
                value += product();
            } else if (take('-')) {
                value -= product();
            } else {
                return value;
            }
        }
    }

    private double product() {
        double value = signed();
        while (true) {
            if (take('*')) {
                value *= signed();
            } else if (take('/')) {
                value /= signed();
            } else if (take('%')) {
                value %= signed();
            } else {
                return value;
            }
        }
    }

    private double signed() {
        if (++nesting > NESTING_MAX) {
            throw new JobSyntaxException("more than " + NESTING_MAX + " levels of parentheses");
        }
        double value;
        if (take('-')) {
            value = -signed();
        } else {
            value = operand();
            if (take('^')) {
                value = Math.pow(value, signed());
            }
        }
        nesting--;
        return value;
    }

    private double operand() {
        if (take('(')) {
            double value = sum();
            if (!take(')')) {
                throw wrong();
            }
            return value;
        }
        int start = at;
        boolean hex = text.startsWith("0x", at) || text.startsWith("0X", at);
        at += hex ? 2 : 0;
        while (at < text.length() && (Units.isDigit(text.charAt(at), hex)
                || !hex && text.charAt(at) == '.')) {
            at++;
        }
        String number = text.substring(start, at);
        int unit = at;
        while (at < text.length() && Units.isLetter(text.charAt(at))) {
            at++;
        }
        try {
            double value = hex ? Long.parseLong(number.substring(2), 16)
                    : Double.parseDouble(number);
            return value * units.applyAsDouble(text.substring(unit, at));
        } catch (NumberFormatException e) {
            throw wrong();
        }
    }

    private boolean take(char c) {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private JobSyntaxException wrong() {
        return new JobSyntaxException("'" + text + "' is not arithmetic: "
                + (at < text.length() ? "see '" + text.substring(at) + "'" : "its end is missing"));
    }
}
