// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/**
 * One option of a job: a row of {@link OptionTable}. Thread: any.
 *
 * @param name its name, as fio has it
 * @param aliases other names
 * @param kind what its value is
 * @param role what becomes of it
 * @param fallback what holds without it, in words; empty for nothing; of one that is refused
 *     the value that it is not refused with
 * @param help what it does, or why it does nothing
 * @param setter puts a value into a job
 */
record FioOption(String name, List<String> aliases, Kind kind, Role role, String fallback,
        String help, BiConsumer<JobBuilder, OptionValue> setter) {
    private static final BiConsumer<JobBuilder, OptionValue> NOTHING = (job, value) -> {};

    /** What a value is. */
    enum Kind {
        /** Any text, or one of some words. */
        TEXT("TEXT"),
        /** A whole number. */
        NUMBER("N"),
        /** A number of bytes. */
        SIZE("SIZE"),
        /** A number of bytes or a percentage. */
        AMOUNT("SIZE|N%"),
        /** A time, bare in seconds. */
        SECONDS("TIME"),
        /** A time, bare in microseconds. */
        MICROSECONDS("TIME (bare: us)"),
        /** 0 or 1, always written. */
        BOOL("0|1"),
        /** 0 or 1, or nothing, which is 1. */
        FLAG("[0|1]"),
        /** A text that need not be there. */
        OPTIONAL("[TEXT]"),
        /** Values for reads, writes and trims. */
        TRIPLE("R[,W[,T]]"),
        /** Numbers with fractions, between colons. */
        LIST("N[:N]..."),
        /** A number with a fraction. */
        REAL("X");

        private final String argument;

        Kind(String argument) {
            this.argument = argument;
        }

        String argument() {
            return argument;
        }
    }

    /** What becomes of an option. */
    enum Role {
        /** It does what it says. */
        WORKS,
        /** What it asks for is so anyway. */
        MET,
        /** It is taken and does nothing, which is said. */
        NO_EFFECT,
        /** It is refused, since a load without it would be another. */
        REFUSED;

        String words() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    static FioOption of(String names, Kind kind, String fallback, String help,
            BiConsumer<JobBuilder, OptionValue> setter) {
        List<String> words = Arrays.asList(names.split(" "));
        return new FioOption(words.get(0), List.copyOf(words.subList(1, words.size())), kind,
                Role.WORKS, fallback, help, setter);
    }

    /**
     * A row that does nothing.
     *
     * @param names name and aliases, then perhaps {@code =} and the value that asks for nothing
     */
    static FioOption without(String names, Role role, String reason) {
        int equals = names.indexOf('=');
        FioOption row = of(equals < 0 ? names : names.substring(0, equals), Kind.OPTIONAL,
                equals < 0 ? "" : names.substring(equals + 1), reason, NOTHING);
        return new FioOption(row.name, row.aliases, row.kind, role, row.fallback, reason, NOTHING);
    }

    /** Whether it is refused with that value; null is none. */
    boolean refuses(String value) {
        return role == Role.REFUSED
                && !(value != null && !fallback.isEmpty() && value.trim().equals(fallback));
    }

    /** Whether it can stand without a value. */
    boolean isFlag() {
        return kind == Kind.FLAG || kind == Kind.OPTIONAL;
    }
}
