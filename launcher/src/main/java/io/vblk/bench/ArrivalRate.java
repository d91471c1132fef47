// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Arrays;
import java.util.Locale;

/**
 * Requests that a job starts per second, whatever the device does: fio's {@code rate_iops} and
 * {@code rate_process}. Thread: any.
 *
 * @param reads reads per second, 0 for no rate
 * @param writes writes per second, 0 for no rate
 * @param process how the starts are spread
 */
public record ArrivalRate(long reads, long writes, Process process) {
    /** No rate: a request starts when one has ended. */
    public static final ArrivalRate NONE = new ArrivalRate(0, 0, Process.LINEAR);
    /** One request per nanosecond: no clock tells more apart. */
    public static final long PER_SECOND_MAX = 1_000_000_000L;

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
        if (reads < 0 || reads > PER_SECOND_MAX || writes < 0 || writes > PER_SECOND_MAX) {
            throw new IllegalArgumentException("rate_iops must be 0 to " + PER_SECOND_MAX + ": "
                    + reads + "," + writes);
        }
    }

    /**
     * The rate of fio's {@code N} (reads as well as writes) or {@code READS,WRITES}.
     *
     * @throws IllegalArgumentException in words for an operator
     */
    public static ArrivalRate parse(String text, Process process) {
        String[] words = text.split(",", -1);
        if (words.length > 2) {
            throw refused(text);
        }
        try {
            long reads = Long.parseLong(words[0]);
            return new ArrivalRate(
                    reads, words.length == 1 ? reads : Long.parseLong(words[1]), process);
        } catch (NumberFormatException e) {
            throw refused(text);
        }
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(
                "rate_iops=" + text + " is neither a number nor READS,WRITES");
    }

    /** Whether the job has a rate for what it does. */
    boolean paces(ReadWrite rw) {
        return rw.reads() && reads > 0 || rw.writes() && writes > 0;
    }

    /** Whether what the job does has no rate in part. */
    boolean pacesInPart(ReadWrite rw) {
        return paces(rw) && (rw.reads() && reads == 0 || rw.writes() && writes == 0);
    }

    /** As fio shows it: reads, writes. */
    String fioText() {
        return reads + "," + writes;
    }
}
