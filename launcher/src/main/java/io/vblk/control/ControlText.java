// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Replies in words and tables, for people. Thread: any. */
public final class ControlText {
    private static final List<String> KINDS = List.of("read", "write", "flush", "other");
    private static final String FILTERS = "filters";
    private static final double NANOS_PER_US = 1e3;
    private static final double NANOS_PER_MS = 1e6;

    private ControlText() {}

    /** Whether a reply says that something went wrong; IOException if it is none. */
    public static boolean isError(String reply) throws IOException {
        return reply(reply).containsKey("error");
    }

    private static Map<String, Object> reply(String text) throws IOException {
        if (Json.parse(text) instanceof Map<?, ?> map) {
            return object(map);
        }
        throw new IOException("what the server said is no reply: " + text);
    }

    /**
     * The reply to a command in text that ends with a line end.
     *
     * @throws ControlException what the server has against it
     */
    public static String of(String command, String reply) throws IOException, ControlException {
        Object value = valueOf(reply);
        try {
            return switch (command) {
                case "query-commands" -> commands(list(value));
                case "query-disks" -> disks(list(value));
                case "query-stats" -> stats(object(value));
                case "query-latency" -> latencies(list(value));
                case "query-iothreads", "set-polling" -> Table.of(list(value));
                default -> plain(value);
            };
        } catch (ClassCastException | NullPointerException e) {
            throw new IOException("the server is of another version, use --output-format=json: "
                    + reply, e);
        }
    }

    /** What a reply returns. */
    static Object valueOf(String reply) throws IOException, ControlException {
        Map<String, Object> object = reply(reply);
        if (object.get("error") instanceof Map<?, ?> error) {
            throw new ControlException(
                    String.valueOf(error.get("class")), String.valueOf(error.get("desc")));
        }
        if (!object.containsKey("return")) {
            throw new IOException("what the server said is no reply: " + reply);
        }
        return object.get("return");
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> list(Object value) {
        return (List<Map<String, Object>>) value;
    }

    private static String plain(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.isEmpty() ? "done\n" : map.entrySet().stream()
                    .map(each -> each.getKey() + ": " + each.getValue() + "\n")
                    .collect(Collectors.joining());
        }
        return value + "\n";
    }

    private static String commands(List<Map<String, Object>> commands) {
        Table table = new Table("command", "arguments", "does");
        for (Map<String, Object> command : commands) {
            String arguments = ((List<?>) command.get("arguments")).stream()
                    .map(name -> name + "=").collect(Collectors.joining(" "));
            table.row(command.get("name"), arguments, command.get("summary"));
        }
        return table.toString();
    }

    private static String disks(List<Map<String, Object>> disks) {
        Table table = new Table("disk", "size", "access", "state", "front-ends", "rings",
                "socket", "image");
        for (Map<String, Object> disk : disks) {
            table.row(disk.get("name"), disk.get("size"),
                    (boolean) disk.get("read-only") ? "read-only" : "writable",
                    (boolean) disk.get("held") ? "held" : "served",
                    disk.get("connections"), disk.get("rings-running"), disk.get("socket"),
                    disk.get("image"));
        }
        return table.toString();
    }

    private static String stats(Map<String, Object> stats) {
        StringBuilder out = new StringBuilder();
        for (Map<String, Object> disk : list(stats.get("disks"))) {
            out.append("disk ").append(disk.get("name")).append(":\n");
            Object filters = disk.remove(FILTERS);
            out.append(rows(disk, ControlText::asItIs));
            if (filters != null) {
                list(filters).forEach(filter -> filter(out, filter));
            }
        }
        for (Map<String, Object> loop : list(stats.get("iothreads"))) {
            out.append("iothread ").append(loop.get("name")).append(":\n");
            out.append(rows(loop, ControlText::longTimes));
        }
        return out.toString();
    }

    private static void filter(StringBuilder out, Map<String, Object> filter) {
        out.append("  filter ").append(filter.get("filter")).append(":\n");
        Table times = new Table("kind", "requests", "errors", "bytes", "mean us", "p50", "p90",
                "p99", "p99.9", "max");
        boolean measures = false;
        for (Map.Entry<String, Object> each : filter.entrySet()) {
            if (each.getValue() instanceof Map<?, ?> kind) {
                measures = true;
                times(times, each.getKey(), object(kind));
            } else if (!each.getKey().equals("filter")) {
                out.append(String.format(
                        Locale.ROOT, "    %-16s: %s%n", each.getKey(), each.getValue()));
            }
        }
        if (measures) {
            out.append(times);
        }
    }

    private static void times(Table table, String kind, Map<String, Object> times) {
        table.row(kind, times.get("requests"), times.get("errors"), times.get("bytes"),
                us(times, "mean-ns"), us(times, "p50-ns"), us(times, "p90-ns"),
                us(times, "p99-ns"), us(times, "p99.9-ns"), us(times, "max-ns"));
    }

    private static String rows(
            Map<String, Object> counters, Function<Map.Entry<String, Object>, String> text) {
        return counters.entrySet().stream().filter(each -> !each.getKey().equals("name"))
                .map(each -> String.format(Locale.ROOT, "  %-18s: %s%n",
                        each.getKey().replaceAll("-ns$", ""), text.apply(each)))
                .collect(Collectors.joining());
    }

    private static String asItIs(Map.Entry<String, Object> counter) {
        return String.valueOf(counter.getValue());
    }

    private static String longTimes(Map.Entry<String, Object> counter) {
        return !counter.getKey().endsWith("-ns") ? asItIs(counter)
                : String.format(Locale.ROOT, "%.3f ms",
                        ((Number) counter.getValue()).doubleValue() / NANOS_PER_MS);
    }

    private static String latencies(List<Map<String, Object>> disks) {
        Table table = new Table("disk", "queue", "kind", "count", "mean us", "p50", "p90", "p99",
                "p99.9", "max");
        List<String> unmeasured = new ArrayList<>();
        for (Map<String, Object> disk : disks) {
            if (!(boolean) disk.get("measured")) {
                unmeasured.add(String.valueOf(disk.get("name")));
            }
            for (Map<String, Object> queue : list(disk.get("queues"))) {
                for (String kind : KINDS) {
                    latency(table, disk.get("name"), queue.get("queue"), kind,
                            object(queue.get(kind)));
                }
            }
        }
        String note = unmeasured.isEmpty() ? "" : "not measured at present: "
                + String.join(", ", unmeasured) + "; see set-latency enable=on\n";
        return table + note;
    }

    private static void latency(Table table, Object disk, Object queue, String kind,
            Map<String, Object> times) {
        if ((long) times.get("count") > 0) {
            table.row(disk, queue, kind, times.get("count"), us(times, "mean-ns"),
                    us(times, "p50-ns"), us(times, "p90-ns"), us(times, "p99-ns"),
                    us(times, "p99.9-ns"), us(times, "max-ns"));
        }
    }

    static String us(Map<String, Object> times, String name) {
        return String.format(Locale.ROOT, "%.1f",
                ((Number) times.get(name)).doubleValue() / NANOS_PER_US);
    }
}
