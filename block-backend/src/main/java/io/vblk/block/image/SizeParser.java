// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import java.util.Locale;

/**
 * Sizes as operators write them: a number and a unit, in capital or small letters.
 * Thread: any.
 *
 * <p>All units are powers of 1024, as fio has them: {@code 4k}, {@code 4kb} and {@code 4KiB} are
 * 4096 bytes.
 */
public final class SizeParser {
    private static final String UNITS = "kmgtp";
    private static final int BITS_PER_UNIT = 10;

    private SizeParser() {}

    /** Bytes of a size such as 512, 4k, 1M, 1GiB; IllegalArgumentException with one line. */
    public static long parse(String text) {
        String size = text.trim().toLowerCase(Locale.ROOT);
        int digits = 0;
        while (digits < size.length() && isDigit(size.charAt(digits))) {
            digits++;
        }
        int shift = shift(size.substring(digits));
        if (digits == 0 || shift < 0) {
            throw new IllegalArgumentException("'" + text + "' is not a size: "
                    + "write a number with or without k, M, G, T or P, such as 4k");
        }
        try {
            return Math.multiplyExact(Long.parseLong(size.substring(0, digits)), 1L << shift);
        } catch (NumberFormatException | ArithmeticException e) {
            throw new IllegalArgumentException("size '" + text + "' is too large", e);
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** Power of two of a unit, -1 if there is no such unit. */
    private static int shift(String unit) {
        if (unit.isEmpty() || unit.equals("b")) {
            return 0;
        }
        int power = UNITS.indexOf(unit.charAt(0)) + 1;
        String rest = unit.substring(1);
        boolean known = rest.isEmpty() || rest.equals("b") || rest.equals("i") || rest.equals("ib");
        return power > 0 && known ? power * BITS_PER_UNIT : -1;
    }
}
