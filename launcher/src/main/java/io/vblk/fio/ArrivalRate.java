// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Arrays;
import java.util.Locale;

/**
 * What a job starts per second, whatever the device does: fio's {@code rate_iops}, {@code rate}
 * and {@code rate_process}. Thread: any.
 *
 * @param reads of reads, 0 for no rate
 * @param writes of writes, 0 for no rate
 * @param trims of trims, 0 for no rate
 * @param inBytes whether these are bytes per second and not requests
 * @param process how the starts are spread
 */
public record ArrivalRate(long reads, long writes, long trims, boolean inBytes, Process process) {
    /** No rate: a request starts when one has ended. */
    public static final ArrivalRate NONE = new ArrivalRate(0, 0, 0, false, Process.LINEAR);
    /** One request per nanosecond: no clock tells more apart. */
    public static final long PER_SECOND_MAX = 1_000_000_000L;
    /** Bytes: no memory is faster. */
    public static final long BYTES_PER_SECOND_MAX = 1L << 40;

    private static final int KINDS = 3;

    /** How starts are spread over time. */
    public enum Process {
        /** Equal distances. */
        LINEAR,
        /** Distances of a Poisson process: as many independent users would ask. */
        POISSON;

        /** The name that fio uses. */
        public String fioName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The process of a name. */
        public static Process parse(String name) {
            return Arrays.stream(values())
                    .filter(process -> process.fioName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "rate_process=" + name + " is none of linear, poisson"));
        }
    }

    /** Checks the rates. */
    public ArrivalRate {
        long most = inBytes ? BYTES_PER_SECOND_MAX : PER_SECOND_MAX;
        if (Math.min(Math.min(reads, writes), trims) < 0
                || Math.max(Math.max(reads, writes), trims) > most) {
            throw new IllegalArgumentException((inBytes ? "rate" : "rate_iops") + " must be 0 to "
                    + most + ": " + reads + "," + writes + "," + trims);
        }
    }

    /**
     * Requests per second of fio's {@code N} (of each kind), {@code READS,WRITES} or
     * {@code READS,WRITES,TRIMS}; an empty place is no rate.
     *
     * @throws IllegalArgumentException in words for an operator
     */
    public static ArrivalRate parse(String text, Process process) {
        String[] words = text.split(",", -1);
        if (words.length > KINDS) {
            throw refused(text);
        }
        long[] rates = new long[KINDS];
        try {
            for (int i = 0; i < KINDS; i++) {
                String word = words.length == 1 ? words[0] : i < words.length ? words[i] : "";
                rates[i] = word.isEmpty() && words.length > 1 ? 0 : Long.parseLong(word);
            }
        } catch (NumberFormatException e) {
            throw refused(text);
        }
        return new ArrivalRate(rates[0], rates[1], rates[2], false, process);
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(
                "rate_iops=" + text + " is neither a number nor READS,WRITES,TRIMS");
    }

    /** So many requests of each kind. */
    public static ArrivalRate ofIops(long each, Process process) {
        return new ArrivalRate(each, each, each, false, process);
    }

    /** Of one kind. */
    public long of(Direction direction) {
        return switch (direction) {
            case READ -> reads;
            case WRITE -> writes;
            case TRIM -> trims;
            case SYNC -> 0;
        };
    }

    /** Whether the job has a rate for what it does. */
    public boolean paces(ReadWrite rw) {
        return rw.reads() && reads > 0 || rw.writes() && writes > 0 || rw.trims() && trims > 0;
    }

    /** Whether what the job does has no rate in part. */
    public boolean pacesInPart(ReadWrite rw) {
        return paces(rw) && (rw.reads() && reads == 0 || rw.writes() && writes == 0
                || rw.trims() && trims == 0);
    }

    /** As fio shows it: reads, writes, trims. */
    public String fioText() {
        return reads + "," + writes + "," + trims;
    }
}
