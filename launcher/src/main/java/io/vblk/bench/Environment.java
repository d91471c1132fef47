// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * The machine that a measurement is of, at one moment: what decides a figure besides the program.
 * What the host does not tell is left out. Sources: proc(5), sysfs, and this JVM. Immutable;
 * thread: any.
 */
public final class Environment {
    private static final double KIB_PER_GIB = 1 << 20;
    // Fields of the first line of /proc/stat behind its name: time in ticks, of all processors.
    private static final int IDLE = 3;
    private static final int IOWAIT = 4;
    private static final int STEAL = 7;

    private final Path root;
    private final long atNs = System.nanoTime();
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final String load;
    private final long[] ticks;
    private final long switches;

    private Environment(Path root) {
        this.root = root;
        this.load = loadAverage();
        this.ticks = numbers(statLine("cpu "));
        long[] ctxt = numbers(statLine("ctxt "));
        this.switches = ctxt.length == 0 ? -1 : ctxt[0];
        addProgram();
        addProcessors();
        addMachine();
    }

    /** Looks at this machine now. Takes some milliseconds. */
    public static Environment look() {
        return new Environment(Path.of("/"));
    }

    /** Looks at files of another machine, below a directory. */
    static Environment look(Path root) {
        return new Environment(root);
    }

    /** What does not change while a program runs: names and values, in their order. */
    public Map<String, String> facts() {
        return new LinkedHashMap<>(facts);
    }

    /** What else the machine did since an earlier moment: names and values, in their order. */
    public Map<String, String> since(Environment earlier) {
        Map<String, String> gained = new LinkedHashMap<>();
        if (!load.isEmpty() && !earlier.load.isEmpty()) {
            gained.put("load average before", earlier.load);
            gained.put("load average after", load);
        }
        double all = 0;
        int fields = Math.min(ticks.length, earlier.ticks.length);
        // The guest times that follow are in the user times already.
        for (int i = 0; i < Math.min(fields, STEAL + 1); i++) {
            all += ticks[i] - earlier.ticks[i];
        }
        if (all > 0 && fields > STEAL) {
            double idle = ticks[IDLE] - earlier.ticks[IDLE] + ticks[IOWAIT] - earlier.ticks[IOWAIT];
            double steal = ticks[STEAL] - earlier.ticks[STEAL];
            gained.put("processors busy", percent(1 - idle / all));
            gained.put("steal time", percent(steal / all));
        }
        if (switches >= 0 && earlier.switches >= 0 && secondsSince(earlier) > 0) {
            gained.put("context switches", String.format(Locale.ROOT, "%.0f a second",
                    (switches - earlier.switches) / secondsSince(earlier)));
        }
        return gained;
    }

    /** How much later than another this one was looked at, in seconds. */
    public double secondsSince(Environment earlier) {
        return (atNs - earlier.atNs) / 1e9;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }

    /** Names and values as lines of text. */
    public static String toText(Map<String, String> facts) {
        StringBuilder out = new StringBuilder();
        facts.forEach((name, value) ->
                out.append(String.format(Locale.ROOT, "  %-22s: %s%n", name, value)));
        return out.toString();
    }

    /** Names and values as fields of the present object, blanks in names as underscores. */
    public static void writeJson(JsonGenerator json, Map<String, String> facts)
            throws IOException {
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            json.writeStringField(fact.getKey().toLowerCase(Locale.ROOT).replace(' ', '_'),
                    fact.getValue());
        }
    }

    // ------------------------------------------------------------------ what there is

    private void addProgram() {
        add("vblk", Version.TEXT);
        add("JDK", System.getProperty("java.vm.name", "") + " "
                + System.getProperty("java.runtime.version", ""));
        add("JVM options",
                String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        add("kernel", (System.getProperty("os.name", "") + " " + text("proc/sys/kernel/osrelease")
                + " " + System.getProperty("os.arch", "")).trim());
    }

    private void addProcessors() {
        add("CPU", cpuModel());
        add("processors", text("sys/devices/system/cpu/online"));
        add("processors usable", Integer.toString(Runtime.getRuntime().availableProcessors()));
        add("NUMA nodes", text("sys/devices/system/node/online"));
        add("hyper-threading", switch (text("sys/devices/system/cpu/smt/active")) {
            case "1" -> "on";
            case "0" -> "off";
            default -> "";
        });
        add("governor", governors());
        add("turbo", switch (text("sys/devices/system/cpu/intel_pstate/no_turbo")) {
            case "1" -> "off";
            case "0" -> "on";
            default -> "";
        });
        add("idle driver", text("sys/devices/system/cpu/cpuidle/current_driver"));
    }

    private void addMachine() {
        add("virtual machine", isVirtual() ? "yes" : "");
        add("clock source",
                text("sys/devices/system/clocksource/clocksource0/current_clocksource"));
        add("CPU limit", cpuLimit());
        long[] memory = numbers(line("proc/meminfo", "MemTotal:"));
        add("memory", memory.length == 0
                ? "" : String.format(Locale.ROOT, "%.1f GiB", memory[0] / KIB_PER_GIB));
        add("huge pages", chosen(text("sys/kernel/mm/transparent_hugepage/enabled")));
    }

    private void add(String name, String value) {
        if (!value.isBlank()) {
            facts.put(name, value.trim());
        }
    }

    private String cpuModel() {
        for (String key : List.of("model name", "Model", "cpu model", "uarch")) {
            String found = line("proc/cpuinfo", key);
            if (!found.isEmpty()) {
                return found.substring(found.indexOf(':') + 1).trim();
            }
        }
        String part = line("proc/cpuinfo", "CPU part");
        return part.isEmpty() ? "" : System.getProperty("os.arch", "") + ", part "
                + part.substring(part.indexOf(':') + 1).trim();
    }

    private boolean isVirtual() {
        return Arrays.asList(line("proc/cpuinfo", "flags").split("\\s+")).contains("hypervisor");
    }

    private String governors() {
        TreeSet<String> found = new TreeSet<>();
        Path cpus = root.resolve("sys/devices/system/cpu");
        try (DirectoryStream<Path> each = Files.newDirectoryStream(cpus, "cpu[0-9]*")) {
            for (Path cpu : each) {
                String governor = read(cpu.resolve("cpufreq/scaling_governor"));
                if (!governor.isEmpty()) {
                    found.add(governor);
                }
            }
        } catch (IOException e) {
            return "";
        }
        return String.join(", ", found);
    }

    /** What cgroup 2 allows, if it is less than all. */
    private String cpuLimit() {
        String[] max = text("sys/fs/cgroup/cpu.max").split(" ");
        if (max.length < 2 || max[0].equals("max")) {
            return "";
        }
        try {
            return String.format(Locale.ROOT, "%.2f processors",
                    Double.parseDouble(max[0]) / Double.parseDouble(max[1]));
        } catch (NumberFormatException e) {
            return "";
        }
    }

    private String loadAverage() {
        String[] fields = text("proc/loadavg").split(" ");
        return fields.length < 3 ? "" : fields[0] + " " + fields[1] + " " + fields[2];
    }

    // ------------------------------------------------------------------ files

    private String statLine(String name) {
        String found = line("proc/stat", name);
        return found.isEmpty() ? "" : found.substring(name.length());
    }

    private String text(String path) {
        return read(root.resolve(path));
    }

    /** A file's text without blanks around it; empty if it cannot be read. */
    private static String read(Path path) {
        try {
            return new String(Files.readAllBytes(path), StandardCharsets.UTF_8).trim();
        } catch (IOException e) {
            return "";
        }
    }

    private String line(String path, String start) {
        for (String line : text(path).split("\n")) {
            if (line.startsWith(start)) {
                return line;
            }
        }
        return "";
    }

    /** The whole numbers among the words of a text. */
    private static long[] numbers(String text) {
        List<Long> found = new ArrayList<>();
        for (String word : text.trim().split("\\s+")) {
            if (word.matches("\\d{1,18}")) {
                found.add(Long.parseLong(word));
            }
        }
        return found.stream().mapToLong(Long::longValue).toArray();
    }

    /** Of a list of choices the one in brackets. */
    private static String chosen(String text) {
        int from = text.indexOf('[');
        int to = text.indexOf(']');
        return from >= 0 && to > from ? text.substring(from + 1, to) : text;
    }
}
