// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What data is filled with, as fio writes it: pieces one behind the other, each
 * {@code "text"}, {@code 0x} and bytes in hexadecimal, a decimal number of 32 bits (its
 * bytes, the lowest first, no more than it needs) or {@code %o} for the offset. Thread: any.
 */
final class DataPattern {
    /** Longest pattern in bytes, as in fio. */
    static final int BYTES_MAX = 512;
    private static final int OFFSET_BYTES = 8;
    private static final int HEX = 16;
    private static final long WORD_MAX = 0xffff_ffffL;

    private DataPattern() {}

    static short[] parse(OptionValue v) {
        List<Short> bytes = new ArrayList<>();
        String text = v.text();
        int at = 0;
        while (at < text.length()) {
            int end;
            if (text.charAt(at) == '"') {
                end = text.indexOf('"', at + 1) + 1;
                if (end == 0) {
                    throw v.wrong("a text is not closed");
                }
                add(bytes, text.substring(at + 1, end - 1).getBytes(StandardCharsets.UTF_8));
            } else if (text.startsWith("%o", at)) {
                end = at + 2;
                for (int i = 0; i < OFFSET_BYTES; i++) {
                    bytes.add(VerifySpec.OFFSET_HOLE);
                }
            } else if (text.regionMatches(true, at, "0x", 0, 2)) {
                end = endOfDigits(text, at + 2, true);
                hexadecimal(v, text.substring(at + 2, end), bytes);
            } else {
                end = endOfDigits(text, text.charAt(at) == '-' ? at + 1 : at, false);
                decimal(v, text.substring(at, end), bytes);
            }
            at = end;
        }
        if (bytes.isEmpty() || bytes.size() > BYTES_MAX) {
            throw v.wrong("a pattern has 1 to " + BYTES_MAX + " bytes");
        }
        short[] pattern = new short[bytes.size()];
        for (int i = 0; i < pattern.length; i++) {
            pattern[i] = bytes.get(i);
        }
        return pattern;
    }

    private static int endOfDigits(String text, int start, boolean hex) {
        int end = start;
        while (end < text.length() && Units.isDigit(text.charAt(end), hex)) {
            end++;
        }
        return end;
    }

    private static void hexadecimal(OptionValue v, String digits, List<Short> bytes) {
        if (digits.isEmpty()) {
            throw v.wrong("0x needs digits");
        }
        String whole = (digits.length() % 2 == 0 ? "" : "0") + digits.toLowerCase(Locale.ROOT);
        for (int i = 0; i < whole.length(); i += 2) {
            bytes.add(Short.parseShort(whole.substring(i, i + 2), HEX));
        }
    }

    private static void decimal(OptionValue v, String number, List<Short> bytes) {
        if (number.isEmpty() || number.equals("-")) {
            throw v.wrong("is no pattern: write \"text\", 0xHEX, a number or %o");
        }
        long value;
        try {
            value = Long.parseLong(number);
        } catch (NumberFormatException e) {
            value = Long.MAX_VALUE;
        }
        if (value < Integer.MIN_VALUE || value > WORD_MAX) {
            throw v.wrong("a number has 32 bits");
        }
        int word = (int) value;
        do {
            bytes.add((short) (word & 0xff));
            word >>>= Byte.SIZE;
        } while (word != 0);
    }

    private static void add(List<Short> bytes, byte[] more) {
        for (byte b : more) {
            bytes.add((short) (b & 0xff));
        }
    }
}
