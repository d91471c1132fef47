// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.BenchRun;
import io.vblk.bench.TargetSetup;
import io.vblk.bench.TuneBench;
import io.vblk.bench.TuneDevices;
import io.vblk.bench.TunePlan;
import io.vblk.bench.TuneRace;
import io.vblk.bench.TuneReport;
import io.vblk.bench.TuneRules;
import io.vblk.bench.TuneSetting;
import io.vblk.control.PollingControl;
import io.vblk.files.WholeFile;
import io.vblk.fio.JobPlan;
import io.vblk.fio.JobSpec;
import io.vblk.fio.WaitMode;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** tune: which settings of a device suit a load best. */
final class TuneCommand implements Command {
    private static final int STDERR = 2;
    private static final long ANSWER_NS = 10_000_000_000L;
    private static final String ALLOW_WRITE = "allow-write";
    private static final String DEFAULTS = "defaults";
    private static final String AS_FOUND = "now";

    @Override
    public String name() {
        return "tune";
    }

    @Override
    public String synopsis() {
        return "IMAGE|vhost-user:SOCKET [JOBS.fio] [OPTION]...";
    }

    @Override
    public String summary() {
        return "Try settings of a device under a load and recommend one";
    }

    @Override
    public Options options() {
        Options options = new Options();
        TuneOptions.addTo(options);
        options.addOption(CommonOptions.value("section", "NAME",
                "take this section of the job file; may be given several times"));
        DeviceOptions.addTo(options);
        WorkloadOptions.addTo(options);
        return options;
    }

    @Override
    public boolean shows(Option option) {
        return WorkloadOptions.isShown(option) && !option.getLongOpt().equals("runtime");
    }

    @Override
    public void checkArguments(CommandLine line) throws UsageException {
        List<String> targets = WorkloadOptions.targets(line);
        if (targets.size() != 1 || targets.get(0).isEmpty()) {
            throw new UsageException(
                    "tune takes one image or back-end: vblk tune " + synopsis());
        }
    }

    @Override
    public int run(CommandLine line) throws UsageException, IOException {
        boolean json = isJson(line);
        String target = WorkloadOptions.targets(line).get(0);
        Path svg = picture(line);
        JobPlan plan = WorkloadOptions.plan(line, WaitMode.POLL);
        plan.warnings().forEach(warning -> System.err.println("vblk: " + warning));
        List<JobSpec> jobs = checked(line, LoadTargets.on(plan.jobs(), target), target);
        boolean served = BackendTarget.isName(target);
        if (line.hasOption(TuneOptions.CONTROL) != served) {
            throw new UsageException(served
                    ? "a back-end in another process is tuned through its control socket: add "
                            + "--control=SOCKET, as given to vblk serve"
                    : "--control is for vhost-user:SOCKET: leave it out with " + target);
        }
        return served ? tuneServer(line, jobs, target, json, svg)
                : tuneDevice(line, jobs, target, json, svg);
    }

    private static List<JobSpec> checked(CommandLine line, List<JobSpec> jobs, String target)
            throws UsageException {
        if (line.hasOption("runtime")) {
            throw new UsageException("tune runs short slices of the load: say --budget=TIME for "
                    + "all of it instead of --runtime");
        }
        for (JobSpec job : jobs) {
            if (!job.target().equals(target)) {
                throw new UsageException("tune is about one device: job " + job.name()
                        + " goes to " + job.target() + ", not to " + target);
            }
            if (job.verify().isOn()) {
                throw new UsageException("tune measures and does not check data: leave verify out");
            }
        }
        if (JobPlan.phases(jobs).size() > 1) {
            throw new UsageException("tune takes jobs that run together: leave out stonewall");
        }
        if (target.startsWith("file:")) {
            throw new UsageException(target + " has no device to tune: leave file: out");
        }
        return jobs;
    }

    // ------------------------------------------------------------------ devices

    private static int tuneDevice(CommandLine line, List<JobSpec> jobs, String target,
            boolean json, Path svg) throws UsageException, IOException {
        TunePlan plan = TuneOptions.ofDevice(line, target, jobs);
        TuneRules rules = TuneOptions.rules(line, target, DEFAULTS);
        // What makes no sense is to be said before anything runs.
        for (Map.Entry<String, List<String>> option : plan.sweep().entrySet()) {
            for (String value : option.getValue()) {
                setups(line, jobs, target,
                        new TuneSetting(Map.of(option.getKey(), value)));
            }
        }
        Map<TuneSetting, Map<String, TargetSetup>> known = new HashMap<>();
        boolean writes = jobs.stream().anyMatch(JobSpec::changesDisk);
        TuneDevices devices = new TuneDevices(setting -> {
            Map<String, TargetSetup> setups = known.get(setting);
            if (setups == null) {
                try {
                    setups = setups(line, jobs, target, setting);
                } catch (UsageException e) {
                    throw new IOException(e.getMessage(), e);
                }
                known.put(setting, setups);
            }
            return BenchRun.open(jobs, setups);
        }, !writes || target.startsWith("null:"));
        return race(plan, rules, devices, "", json, svg);
    }

    /** How the target is opened, with a setting in place of what the command line says. */
    private static Map<String, TargetSetup> setups(CommandLine line, List<JobSpec> jobs,
            String target, TuneSetting setting) throws UsageException, IOException {
        Options options = DeviceOptions.all();
        options.addOption(CommonOptions.flag(ALLOW_WRITE, ""));
        List<String> words = new ArrayList<>();
        for (Option option : line.getOptions()) {
            String name = option.getLongOpt();
            if (options.hasLongOption(name) && !setting.options().containsKey(name)) {
                words.add("--" + name + (option.getValue() == null
                        ? "" : "=" + option.getValue()));
            }
        }
        setting.options().forEach((name, value) -> words.add("--" + name + "=" + value));
        words.add("--");
        words.add(target);
        try {
            return LoadTargets.setups(DefaultParser.builder().setAllowPartialMatching(false)
                    .setStripLeadingAndTrailingQuotes(false).get()
                    .parse(options, words.toArray(String[]::new)), jobs);
        } catch (ParseException e) {
            throw new UsageException("tune: " + e.getMessage());
        }
    }

    // ------------------------------------------------------------------ servers

    private static int tuneServer(CommandLine line, List<JobSpec> jobs, String target,
            boolean json, Path svg) throws UsageException, IOException {
        String socket = CommonOptions.text(line, TuneOptions.CONTROL, "");
        Map<String, TargetSetup> setups = LoadTargets.setups(line, jobs);
        PollingControl control = PollingControl.open(socket, ANSWER_NS);
        try {
            TunePlan plan = TuneOptions.ofServer(line, control.found());
            TuneRules rules = TuneOptions.rules(line, target, AS_FOUND);
            TuneServed server = new TuneServed(control, BenchRun.open(jobs, setups));
            control = null;
            return race(plan, rules, server, socket, json, svg);
        } finally {
            if (control != null) {
                control.close();
            }
        }
    }

    // ------------------------------------------------------------------ the race

    private static int race(TunePlan plan, TuneRules rules, TuneBench bench, String control,
            boolean json, Path svg) throws IOException {
        Termination termination = Termination.handle();
        TuneReport report;
        try (bench) {
            TuneRace race = new TuneRace(plan, rules, bench);
            termination.stops(race::stop);
            boolean terminal = Posix.isTerminal(STDERR);
            report = race.run(step -> {
                if (terminal) {
                    System.err.print(progress(step));
                    System.err.flush();
                }
            });
            if (terminal) {
                System.err.print("\r" + " ".repeat(70) + "\r");
            }
        }
        System.out.print(json ? report.toJson() + "\n" : report.toText());
        TuneSetting chosen = report.recommended();
        if (!json && !control.isEmpty() && chosen != null && !chosen.isReference()) {
            System.out.println("As it is, the server polls as before. To change it: vblk ctl "
                    + control + " set-polling " + chosen.commandLine().replace("--", ""));
        }
        if (svg != null) {
            WholeFile.write(svg, report.toSvg());
        }
        return termination.exitCodeAfter(0);
    }

    private static String progress(TuneRace.Step step) {
        long seconds = step.leftNs() / 1_000_000_000L;
        String text = String.format(Locale.ROOT,
                "Tune: %s, round %d, %d settings [eta %02dm:%02ds]",
                step.stage(), step.round(), step.left(), seconds / 60, seconds % 60);
        return "\r" + text + " ".repeat(Math.max(0, 70 - text.length()));
    }

    private static boolean isJson(CommandLine line) throws UsageException {
        String format = CommonOptions.text(line, "output-format", "normal");
        return switch (format) {
            case "normal" -> false;
            case "json" -> true;
            default -> throw new UsageException(
                    "output-format=" + format + " is none of normal, json");
        };
    }

    // ------------------------------------------------------------------ the picture

    private static Path picture(CommandLine line) throws UsageException, IOException {
        String file = CommonOptions.text(line, TuneOptions.SVG, null);
        if (file == null) {
            return null;
        }
        try {
            Path path = Path.of(file);
            Path directory = path.toAbsolutePath().getParent();
            if (file.isEmpty() || Files.isDirectory(path) || directory == null
                    || !Files.isDirectory(directory) || !Files.isWritable(directory)) {
                throw new IOException("svg=" + file
                        + " cannot be written: name a file in a directory that may be written to");
            }
            OutputPath.checkOther(TuneOptions.SVG, file, line.getArgList());
            return path;
        } catch (InvalidPathException e) {
            throw new UsageException("svg=" + file + " is no path");
        }
    }
}
