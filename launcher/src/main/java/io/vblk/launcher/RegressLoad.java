// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.SliceRunner;
import io.vblk.fio.JobSpec;
import io.vblk.fio.WaitMode;
import io.vblk.regress.BaselineBuilder;
import io.vblk.regress.Build;
import io.vblk.regress.StopSwitch;
import io.vblk.regress.Watcher;
import io.vblk.regress.Worker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** A scenario's keys as bench's options, and the hidden command that runs them. Thread: main. */
final class RegressLoad {
    /** For the harness alone. */
    static final String COMMAND = Worker.COMMAND;
    /** What says how long a run is or what becomes of it, which is not a scenario's to say. */
    private static final Set<String> NOT_A_SCENARIOS = Set.of("runtime", "time_based", "ramp_time",
            "verify", "verify_only", "output-format", "group_reporting", "stats", "explain-tail",
            "filename", "ioengine", "name", "number_ios", "loops", "showcmd", "parse-only",
            "cmdhelp", "section");

    private static final String NAME = "this build";

    private RegressLoad() {}

    /** Answers a harness on stdin; returns the exit code. */
    static int work() throws IOException {
        // A harness that is interrupted says so itself, by the end of stdin.
        Termination.handle();
        try (Worker worker = new Worker(
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
                System.out, RegressLoad::open)) {
            worker.run();
        }
        return 0;
    }

    /** This program, as it runs: from its jar, or from its classes. */
    static Build thisBuild(StopSwitch stop, Watcher watcher) throws IOException {
        Path from;
        try {
            from = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IOException("where this program lies is no path: " + e.getMessage(), e);
        }
        if (Files.isRegularFile(from)) {
            return new BaselineBuilder(from.getParent(), from.getParent(), stop, watcher)
                    .withHead(Build.ofJar(NAME, null, from.toString()));
        }
        List<String> program = new ArrayList<>();
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(a -> a.startsWith("--add-opens") || a.startsWith("--enable-native-access"))
                .forEach(program::add);
        program.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        return new Build(NAME, null, program);
    }

    /** Opens a load as a scenario describes it. */
    static SliceRunner open(
            String image, Map<String, String> options, List<Integer> guestCpus)
            throws IOException {
        try {
            CommandLine line = parse(image, options);
            List<JobSpec> jobs = LoadTargets.on(
                    WorkloadOptions.plan(line, WaitMode.POLL).jobs(), image);
            if (jobs.size() != 1) {
                throw new UsageException("a scenario is one job, with numjobs for several guests");
            }
            return SliceRunner.open(
                    LoadTargets.setups(line, jobs).get(image), jobs.get(0), guestCpus);
        } catch (UsageException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /**
     * Looks whether this build knows what a scenario says.
     *
     * @throws IllegalArgumentException if not, in words for an operator
     */
    static void check(String image, Map<String, String> options) {
        try {
            WorkloadOptions.plan(parse(image, options), WaitMode.POLL);
        } catch (UsageException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static CommandLine parse(String image, Map<String, String> options)
            throws UsageException {
        Options known = new BenchCommand().options();
        List<String> words = new ArrayList<>(List.of(image));
        for (Map.Entry<String, String> option : options.entrySet()) {
            if (NOT_A_SCENARIOS.contains(option.getKey())) {
                throw new UsageException(option.getKey() + " is not for a scenario to say");
            }
            boolean isFlag = known.hasLongOption(option.getKey())
                    && !known.getOption(option.getKey()).hasArg();
            words.add("--" + option.getKey() + (isFlag ? "" : "=" + option.getValue()));
        }
        try {
            return DefaultParser.builder().setAllowPartialMatching(false)
                    .setStripLeadingAndTrailingQuotes(false).get()
                    .parse(known, words.toArray(String[]::new));
        } catch (ParseException e) {
            throw new UsageException(e.getMessage());
        }
    }
}
