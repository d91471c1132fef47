// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a server did since the last look, for people. Thread: one. */
public final class ControlWatch {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double BYTES_PER_MIB = 1 << 20;
    private static final double PERCENT = 100;

    private final ControlConnection connection;
    private Map<String, Object> last;

    /** Looks for the first time. */
    public ControlWatch(ControlConnection connection) throws IOException, ControlException {
        this.connection = connection;
        this.last = stats();
        latencies();
    }

    private Map<String, Object> stats() throws IOException, ControlException {
        return ControlText.object(
                ControlText.valueOf(connection.call("query-stats", Map.of())));
    }

    private String latencies() throws IOException, ControlException {
        return ControlText.of("query-latency",
                connection.call("query-latency", Map.of("reset", true)));
    }

    /** Looks again: rates of disks and event loops, and latencies, since the last look. */
    public String look() throws IOException, ControlException {
        Map<String, Object> now = stats();
        String text = view(last, now);
        last = now;
        return text + latencies();
    }

    /** What happened between two replies to query-stats. */
    static String view(Map<String, Object> before, Map<String, Object> now) throws IOException {
        try {
            double ns = Math.max(1, gained(before, now, "time-ns"));
            return disks(before, now, ns / NANOS_PER_SECOND) + loops(before, now, ns);
        } catch (ClassCastException | NullPointerException e) {
            throw new IOException("the server is of another version", e);
        }
    }

    private static String disks(
            Map<String, Object> before, Map<String, Object> now, double seconds) {
        Table table = new Table("disk", "IOPS", "read MiB/s", "write MiB/s", "errors",
                "kicks/request", "calls/request", "requests/batch");
        Map<Object, Map<String, Object>> old = byName(before, "disks");
        for (Map<String, Object> disk : ControlText.list(now.get("disks"))) {
            Map<String, Object> then = old.getOrDefault(disk.get("name"), disk);
            double requests = gained(then, disk, "requests");
            table.row(disk.get("name"), text(0, requests / seconds),
                    text(1, gained(then, disk, "bytes-read") / BYTES_PER_MIB / seconds),
                    text(1, gained(then, disk, "bytes-written") / BYTES_PER_MIB / seconds),
                    text(0, gained(then, disk, "errors")),
                    share(gained(then, disk, "kicks"), requests),
                    share(gained(then, disk, "calls"), requests),
                    share(requests, gained(then, disk, "batches")));
        }
        return table.toString();
    }

    private static String loops(
            Map<String, Object> before, Map<String, Object> now, double ns) {
        Table table = new Table("iothread", "iterations/s", "polls in vain %", "asleep %",
                "busy %", "poll ns");
        Map<Object, Map<String, Object>> old = byName(before, "iothreads");
        for (Map<String, Object> loop : ControlText.list(now.get("iothreads"))) {
            Map<String, Object> then = old.getOrDefault(loop.get("name"), loop);
            double vain = PERCENT * gained(then, loop, "poll-vain-ns") / ns;
            double asleep = PERCENT * gained(then, loop, "wait-ns") / ns;
            // A sleep or a poll is counted at its end: one longer than the look shows as over 100.
            double idle = Math.min(PERCENT, vain + asleep);
            boolean silent = gained(then, loop, "iterations") == 0;
            table.row(loop.get("name"),
                    text(0, gained(then, loop, "iterations") / ns * NANOS_PER_SECOND),
                    text(1, Math.min(PERCENT, vain)),
                    silent ? "-" : text(1, Math.min(PERCENT, asleep)),
                    silent ? "-" : text(1, PERCENT - idle), loop.get("poll-ns"));
        }
        return table.toString();
    }

    private static Map<Object, Map<String, Object>> byName(Map<String, Object> stats, String what) {
        Map<Object, Map<String, Object>> found = new HashMap<>();
        List<Map<String, Object>> all = ControlText.list(stats.get(what));
        all.forEach(each -> found.put(each.get("name"), each));
        return found;
    }

    private static double gained(Map<String, Object> before, Map<String, Object> now, String name) {
        return ((Number) now.get(name)).doubleValue() - ((Number) before.get(name)).doubleValue();
    }

    private static String share(double part, double of) {
        return of == 0 ? "-" : text(3, part / of);
    }

    private static String text(int decimals, double value) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
