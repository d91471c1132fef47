// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * Why the slowest requests of a run were slow. Immutable; thread: any.
 *
 * @param p999Ns the 99.9th percentile of clat over all jobs, in nanoseconds
 * @param p9999Ns the 99.99th
 * @param above requests that took that long or longer
 * @param looked those of them that were looked at
 * @param looked9999 of these, the ones at the 99.99th or above
 * @param rows one for each cause, in their order of priority
 * @param slowest the slowest request; null of a run without requests
 * @param ofDevice whether the device's threads were looked at, too
 */
record TailReport(long p999Ns, long p9999Ns, long above, long looked, long looked9999,
        List<Row> rows, Slowest slowest, boolean ofDevice) {
    private static final double NANOS_PER_US = 1e3;
    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * One cause.
     *
     * @param events how often it happened in the measured time, whether or not it hurt
     * @param what the events are, in words
     * @param samples requests at the 99.9th percentile or above that it explains
     * @param samples9999 of those the ones at the 99.99th or above
     * @param longestNs the slowest of them
     */
    record Row(TailCause cause, long events, String what, long samples, long samples9999,
            long longestNs) {}

    /**
     * The slowest request.
     *
     * @param tookNs its clat
     * @param atNs when it was issued, from the beginning of the load
     */
    record Slowest(long tookNs, long atNs, TailCause cause) {}

    String toText() {
        StringBuilder out = new StringBuilder();
        line(out, "");
        line(out, "Tail of clat: 99.90th=%.1f us, 99.99th=%.1f us, max=%.1f us; %d requests from "
                        + "the 99.90th on, %d of them looked at%s:",
                p999Ns / NANOS_PER_US, p9999Ns / NANOS_PER_US,
                slowest == null ? 0 : slowest.tookNs / NANOS_PER_US, above, looked,
                ofDevice ? "" : " (the guests' side only)");
        line(out, "  %-18s %10s %9s %9s %12s  %s", "cause", "requests", ">=99.90", ">=99.99",
                "longest", "seen");
        for (Row row : rows) {
            line(out, "  %-18s %10d %8.1f%% %8.1f%% %9.1f us  %s", row.cause, row.samples,
                    percent(row.samples, looked), percent(row.samples9999, looked9999),
                    row.longestNs / NANOS_PER_US,
                    row.what.isEmpty() ? "" : row.events + " " + row.what);
        }
        if (slowest != null) {
            line(out, "  the slowest, at %.3f s: %s", slowest.atNs / NANOS_PER_SECOND,
                    slowest.cause);
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments).stripTrailing()).append('\n');
    }

    private static double percent(long part, long whole) {
        return 100.0 * part / Math.max(1, whole);
    }

    /** Writes it as the object "tail". */
    void writeTo(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("tail");
        json.writeNumberField("p99_9_ns", p999Ns);
        json.writeNumberField("p99_99_ns", p9999Ns);
        json.writeNumberField("above", above);
        json.writeNumberField("looked_at", looked);
        json.writeBooleanField("device_looked_at", ofDevice);
        json.writeArrayFieldStart("causes");
        for (Row row : rows) {
            json.writeStartObject();
            json.writeStringField("cause", row.cause.key());
            json.writeNumberField("events", row.events);
            json.writeNumberField("requests", row.samples);
            json.writeNumberField("share_percent", percent(row.samples, looked));
            json.writeNumberField("share_99_99_percent", percent(row.samples9999, looked9999));
            json.writeNumberField("longest_ns", row.longestNs);
            json.writeEndObject();
        }
        json.writeEndArray();
        if (slowest != null) {
            json.writeObjectFieldStart("slowest");
            json.writeNumberField("clat_ns", slowest.tookNs);
            json.writeNumberField("at_ns", slowest.atNs);
            json.writeStringField("cause", slowest.cause.key());
            json.writeEndObject();
        }
        json.writeEndObject();
    }
}
