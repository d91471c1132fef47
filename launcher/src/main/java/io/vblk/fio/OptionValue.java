// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The value of an option, read as what the option takes; what is wrong is said with the option's
 * name. Thread: one.
 *
 * @param name the option
 * @param text what was written, without blanks around it
 * @param kbBase what {@code k} is
 */
record OptionValue(String name, String text, int kbBase) {
    private static final int DIRECTIONS = 3;
    private static final Pattern RANGE = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");

    /** What is wrong with it. */
    JobSyntaxException wrong(String message) {
        return new JobSyntaxException(name + "=" + text + ": " + message);
    }

    long number(long least, long most) {
        return inRange(Units.number(text, kbBase), least, most);
    }

    int integer(int least, int most) {
        return (int) number(least, most);
    }

    int integer(int least) {
        return integer(least, Integer.MAX_VALUE);
    }

    long timeNs(long bareNs) {
        return inRange(Units.timeNs(text, bareNs), 0, Timing.FOR_EVER_NS);
    }

    Amount amount() {
        try {
            return Units.amount(text, kbBase);
        } catch (JobSyntaxException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    double real(double least, double most) {
        return real(text, least, most);
    }

    private double real(String word, double least, double most) {
        double value = Units.real(word);
        if (!(value >= least && value <= most)) {
            throw wrong("must be " + least + " to " + most);
        }
        return value;
    }

    boolean bool() {
        return switch (text) {
            case "0" -> false;
            case "1" -> true;
            default -> throw wrong("is none of 0, 1");
        };
    }

    /** Numbers between colons. */
    List<Double> reals(double least, double most) {
        List<Double> values = new ArrayList<>();
        for (String word : text.split(":", -1)) {
            values.add(real(word, least, most));
        }
        return values;
    }

    /** Processors: numbers and ranges between commas or colons. */
    BitSet cpus() {
        BitSet cpus = new BitSet();
        for (String word : text.split("[,:]", -1)) {
            Matcher range = RANGE.matcher(word.trim());
            int first = range.matches() ? Integer.parseInt(range.group(1)) : Integer.MAX_VALUE;
            int last = range.matches() && range.group(2) != null
                    ? Integer.parseInt(range.group(2)) : first;
            if (first > last || last > Cpus.NUMBER_MAX) {
                throw wrong("is no list of processors 0 to " + Cpus.NUMBER_MAX
                        + " such as 0-3,6");
            }
            cpus.set(first, last + 1);
        }
        return cpus;
    }

    /**
     * Values for reads, writes and trims: one is for all, of two the second is for trims as well,
     * an empty one is null.
     */
    <T> List<T> triple(Function<String, T> parse) {
        String[] words = text.split(",", -1);
        if (words.length > DIRECTIONS) {
            throw wrong("takes one value, or up to three for reads, writes and trims");
        }
        List<T> values = new ArrayList<>();
        for (int i = 0; i < DIRECTIONS; i++) {
            if (i < words.length) {
                String word = words[i].trim();
                values.add(word.isEmpty() && words.length > 1 ? null : parse.apply(word));
            } else {
                values.add(words.length == 2 && words[1].isBlank() ? null : values.get(i - 1));
            }
        }
        return values;
    }

    /** Part of it that is a size in bytes. */
    int bytes(String word) {
        long size = Units.number(word, kbBase);
        if (size < 1 || size > SizeSplit.BYTES_MAX) {
            throw wrong("a request has 1 byte to 64 MiB, not " + word);
        }
        return (int) size;
    }

    private long inRange(long value, long least, long most) {
        if (value < least) {
            throw wrong("must be at least " + least);
        }
        if (value > most) {
            throw wrong("must be at most " + most);
        }
        return value;
    }
}
