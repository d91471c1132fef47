// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.aio.PollingOptions;
import io.vblk.bench.TuneGoal;
import io.vblk.bench.TunePlan;
import io.vblk.bench.TuneRules;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.engine.IoEngines;
import io.vblk.control.PollingControl;
import io.vblk.fio.JobSpec;
import io.vblk.fio.QueueDemand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** What is tried, what for and for how long: options of tune. Thread: main. */
final class TuneOptions {
    static final String SWEEP = "sweep";
    static final String CONTROL = "control";
    static final String SVG = "svg";
    private static final String POLL_MAX_NS = "poll-max-ns";
    private static final String IOTHREADS = "iothreads";
    private static final String AIO = "aio";
    private static final String BUDGET_DEFAULT = "60";
    private static final double CPU_LIMIT_MAX = 100_000;
    private static final long SEED_MAX = 1_000_000;

    /** What may be tried: the back-end's own, and nothing that a guest or its data would notice. */
    private static final List<String> NAMES = List.of(POLL_MAX_NS, "poll-grow", "poll-shrink",
            "poll-weight", "poll-policy", AIO, IOTHREADS, "fd-monitor", "aio-max-batch",
            "thread-pool-min", "thread-pool-max", "fixed-buffers", "cache", "queue-size",
            "call-delay-us", "call-batch-max");
    private static final Map<String, List<String>> USUAL = usual();

    private TuneOptions() {}

    private static Map<String, List<String>> usual() {
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put(POLL_MAX_NS, List.of("0", "4096", "16384", "32768", "131072"));
        values.put("poll-grow", List.of("4"));
        values.put("poll-shrink", List.of("4"));
        values.put("poll-weight", List.of("1", "5"));
        values.put("poll-policy", List.of("classic", "weighted"));
        return values;
    }

    static void addTo(Options options) {
        options.addOption(CommonOptions.value(SWEEP, "NAME=VALUE,...",
                "try these values of a device option, and leave alone what no --sweep names; may "
                        + "be given several times; default: polling, engine and event loops"));
        options.addOption(CommonOptions.value("budget", "TIME",
                "time for all of it: seconds, or with ms, s, m, h; default: " + BUDGET_DEFAULT));
        options.addOption(CommonOptions.value("goal", "GOAL",
                "p99, p50, iops or cpu (per request); default: p99"));
        options.addOption(CommonOptions.value("cpu-limit", "PERCENT",
                "recommend nothing that takes more of a processor; default: no limit"));
        options.addOption(CommonOptions.value("seed", "N",
                "seed of the order of slices; default: another each time, which is printed"));
        options.addOption(CommonOptions.value(CONTROL, "SOCKET",
                "control socket of the server behind vhost-user:SOCKET, which is tuned"));
        options.addOption(CommonOptions.value(SVG, "FILE",
                "draw processor time against p50 and p99 into a file"));
        options.addOption(CommonOptions.value("output-format", "FORMAT",
                "normal or json; default: normal"));
    }

    static TuneRules rules(CommandLine line, String target, String reference)
            throws UsageException {
        long budgetNs;
        String limit = CommonOptions.text(line, "cpu-limit", "0");
        double cpuLimit;
        try {
            budgetNs = Durations.parseNs(CommonOptions.text(line, "budget", BUDGET_DEFAULT));
        } catch (IllegalArgumentException e) {
            throw new UsageException("budget: " + e.getMessage());
        }
        try {
            cpuLimit = Double.parseDouble(limit);
        } catch (NumberFormatException e) {
            throw new UsageException("cpu-limit=" + limit + " is not a number");
        }
        if (line.hasOption("cpu-limit") && !(cpuLimit > 0 && cpuLimit <= CPU_LIMIT_MAX)) {
            throw new UsageException("cpu-limit must be more than 0, not " + limit);
        }
        return new TuneRules(target, reference,
                TuneGoal.of(CommonOptions.text(line, "goal", TuneGoal.P99.toString())),
                cpuLimit, budgetNs,
                CommonOptions.number(line, "seed", Math.floorMod(System.nanoTime(), SEED_MAX)));
    }

    // ------------------------------------------------------------------ what is tried

    /** What is tried of a device in this process. */
    static TunePlan ofDevice(CommandLine line, String target, List<JobSpec> jobs)
            throws UsageException, IOException {
        Map<String, String> fixed = new LinkedHashMap<>();
        jobs.forEach(job -> fixed.putAll(job.attachment().device()));
        for (Option option : line.getOptions()) {
            if (NAMES.contains(option.getLongOpt())) {
                fixed.put(option.getLongOpt(), option.getValue());
            }
        }
        Map<String, List<String>> sweep = new LinkedHashMap<>(asked(
                line, NAMES, "it takes values of " + String.join(", ", NAMES)));
        for (String name : sweep.keySet()) {
            if (fixed.containsKey(name)) {
                throw new UsageException(name + " cannot be both fixed to " + fixed.get(name)
                        + " and swept: leave one out");
            }
        }
        if (sweep.isEmpty()) {
            sweep.putAll(USUAL);
            if (isFile(line, target)) {
                sweep.put(AIO, IoEngines.choose(IoEngineKind.AUTO).kind() == IoEngineKind.IO_URING
                        ? List.of("io_uring", "threads") : List.of("threads"));
            }
            sweep.put(IOTHREADS, iothreads(line, jobs));
            sweep.keySet().removeAll(fixed.keySet());
            if ("0".equals(fixed.get(POLL_MAX_NS))) {
                sweep.keySet().removeAll(TunePlan.FINE);
            }
        }
        Map<String, String> defaults = new LinkedHashMap<>(Map.of(
                POLL_MAX_NS, Long.toString(PollingOptions.POLL_MAX_NS_DEFAULT),
                "poll-grow", "0", "poll-shrink", "0",
                "poll-weight", Integer.toString(PollingOptions.POLL_WEIGHT_DEFAULT),
                "poll-policy", PollingOptions.POLICY_DEFAULT.toString(),
                AIO, IoEngines.choose(IoEngineKind.AUTO).kind().toString(), IOTHREADS, "1"));
        defaults.putAll(fixed);
        return new TunePlan(sweep, defaults);
    }

    private static boolean isFile(CommandLine line, String target) {
        return "raw".equals(CommonOptions.text(line, "format", null))
                || !target.startsWith("null:") && !target.startsWith("memory:");
    }

    /** As many as have a queue and a processor, in steps of two times. */
    private static List<String> iothreads(CommandLine line, List<JobSpec> jobs)
            throws UsageException {
        int queues = Math.max(QueueDemand.of(jobs).queues(),
                CommonOptions.integer(line, "num-queues", 1));
        int most = Math.min(queues, Runtime.getRuntime().availableProcessors());
        List<String> counts = new ArrayList<>();
        for (int count = 1; count < most; count *= 2) {
            counts.add(Integer.toString(count));
        }
        counts.add(Integer.toString(most));
        return counts;
    }

    /** What is tried of a running server: only what can be changed meanwhile. */
    static TunePlan ofServer(CommandLine line, Map<String, String> found) throws UsageException {
        Map<String, List<String>> sweep = new LinkedHashMap<>(asked(line, PollingControl.OPTIONS,
                "a running server can only be asked for "
                        + String.join(", ", PollingControl.OPTIONS)));
        for (Map.Entry<String, List<String>> option : sweep.entrySet()) {
            for (String value : option.getValue()) {
                checkNumber(option.getKey(), value);
            }
        }
        if (sweep.isEmpty()) {
            sweep.putAll(USUAL);
            sweep.keySet().retainAll(PollingControl.OPTIONS);
        }
        return new TunePlan(sweep, found);
    }

    private static void checkNumber(String name, String value) throws UsageException {
        try {
            if (Long.parseLong(value) >= 0) {
                return;
            }
        } catch (NumberFormatException e) {
            throw new UsageException(name + "=" + value + " is not a number");
        }
        throw new UsageException(name + " must not be negative, as " + value);
    }

    private static Map<String, List<String>> asked(CommandLine line, List<String> names,
            String otherwise) throws UsageException {
        Map<String, List<String>> sweep = new LinkedHashMap<>();
        String[] words = line.getOptionValues(SWEEP);
        for (String word : words == null ? new String[0] : words) {
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            if (!names.contains(name)) {
                throw new UsageException(SWEEP + "=" + word + ": " + otherwise);
            }
            List<String> values = equals < 0
                    ? List.of() : List.of(word.substring(equals + 1).split(",", -1));
            if (values.isEmpty() || values.contains("")) {
                throw new UsageException(SWEEP + "=" + word
                        + " needs values, such as " + name + "=0,32768");
            }
            if (sweep.put(name, values.stream().distinct().toList()) != null) {
                throw new UsageException(SWEEP + ": " + name + " stands there twice");
            }
        }
        return sweep;
    }
}
