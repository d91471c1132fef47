// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Words for what is, or should be, in a unit. Thread: any. */
final class Labels {
    private static final double NS_PER_S = 1e9;

    private final Ledger ledger;
    private final Unwritten unwritten;

    Labels(Ledger ledger, Unwritten unwritten) {
        this.ledger = ledger;
        this.unwritten = unwritten;
    }

    /** What a unit must be. */
    String expected(int unit) {
        int bits = ledger.bits(unit);
        if ((bits & Ledger.TRIMMED) != 0) {
            return "the zeroes of a trim" + time(unit);
        }
        if ((bits & Ledger.SHARED) != 0) {
            return "a write of one of the clones";
        }
        if ((bits & Ledger.WRITTEN) != 0) {
            return write(ledger.writer(unit), Integer.toUnsignedLong(ledger.sequence(unit)))
                    + time(unit);
        }
        return switch (unwritten) {
            case AS_IMAGE -> "what the image has";
            case AS_READ_FIRST -> "what was read there first";
            case HEADERS -> "what verify looks for";
        };
    }

    /** What the device says that it has done, and has not. */
    String gone(int unit) {
        return (ledger.bits(unit) & Ledger.TRIMMED) != 0
                ? "a trim" + time(unit) + " was acknowledged and has zeroed nothing"
                : expected(unit) + " was acknowledged and is not there";
    }

    private String time(int unit) {
        return ledger.isReplayed()
                ? ""
                : time(Ledger.timeNs(ledger.run(), ledger.ms(unit)) - ledger.run());
    }

    private static String time(long sinceStartNs) {
        return String.format(Locale.ROOT, " (%.3f s)", sinceStartNs / NS_PER_S);
    }

    private static String write(int writer, long sequence) {
        return "write " + sequence + " of clone " + writer;
    }

    /** What was found. */
    String write(FoundWrite write) {
        if (write.sequence() == 0) {
            return "the pattern of another place";
        }
        String name = write(write.writer(), write.sequence());
        boolean timed = write.timeNs() != FoundWrite.NO_TIME;
        if (write.run() == ledger.run()) {
            return name + (timed ? time(write.timeNs() - write.run()) : "");
        }
        Instant time = Instant.EPOCH.plus(timed ? write.timeNs() : write.run(), ChronoUnit.NANOS)
                .truncatedTo(ChronoUnit.SECONDS);
        return name + (ledger.isReplayed() ? " (" : " of an earlier run (") + time + ")";
    }

    /** What begins where, for a torn write. */
    static final class Segments {
        private static final int SHOWN_MAX = 4;

        private final StringBuilder text = new StringBuilder();
        private String last = "";
        private int shown;

        /** Adds what is there from an offset on. */
        void add(long offset, String label) {
            if (label.equals(last)) {
                return;
            }
            last = label;
            shown++;
            if (shown <= SHOWN_MAX) {
                text.append(shown == 1 ? "" : ", ").append("from offset ").append(offset)
                        .append(" on ").append(label);
            }
        }

        @Override
        public String toString() {
            int more = shown - SHOWN_MAX;
            return more <= 0 ? text.toString()
                    : text + ", and " + more + (more == 1 ? " more part" : " more parts");
        }
    }
}
