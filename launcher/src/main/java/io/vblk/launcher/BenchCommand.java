// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.BenchRun;
import io.vblk.bench.Comparison;
import io.vblk.bench.ComparisonReport;
import io.vblk.bench.Environment;
import io.vblk.bench.FioFormat;
import io.vblk.bench.JobReport;
import io.vblk.fio.BlockSizes;
import io.vblk.fio.FioOptions;
import io.vblk.fio.JobPlan;
import io.vblk.fio.JobSpec;
import io.vblk.fio.SizeSplit;
import io.vblk.fio.WaitMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/**
 * bench: loads in fio's language against images in this process, back-ends in others, and files.
 */
final class BenchCommand implements Command {
    @Override
    public String name() {
        return "bench";
    }

    @Override
    public String synopsis() {
        return "IMAGE|vhost-user:SOCKET|file:PATH... [JOBS.fio] [OPTION]...";
    }

    @Override
    public String summary() {
        return "Put loads in fio's language on disks and report latencies";
    }

    @Override
    public Options options() {
        Options options = new Options();
        ReportOutput.addTo(options);
        ProgressLine.addTo(options);
        options.addOption(CommonOptions.value("section", "NAME",
                "take this section of the job file; may be given several times"));
        options.addOption(CommonOptions.flag("parse-only", "only look whether the jobs are right"));
        options.addOption(CommonOptions.flag("showcmd",
                "show the jobs as a command line, and do nothing"));
        options.addOption(CommonOptions.value("cmdhelp", "NAME",
                "explain an option of jobs, or all of them: fio's, and those of vblk"));
        options.addOption(CommonOptions.flag("stats",
                "also report what the event loop did, handler by handler"));
        options.addOption(CommonOptions.flag("explain-tail",
                "also report why the slowest requests were slow"));
        AnatomyOptions.addTo(options);
        options.addOption(CommonOptions.value("report", "FILE",
                "also write an HTML page with pictures of the latencies, whole in itself"));
        DeviceOptions.addTo(options);
        WorkloadOptions.addTo(options);
        return options;
    }

    @Override
    public String unknown(String option) {
        return WorkloadOptions.unknown(option, options());
    }

    @Override
    public boolean shows(Option option) {
        return WorkloadOptions.isShown(option);
    }

    @Override
    public void checkArguments(CommandLine line) throws UsageException {
        for (String word : line.getArgList()) {
            if (word.isEmpty()) {
                throw new UsageException("bench: a target has no name: vblk bench " + synopsis());
            }
        }
    }

    @Override
    public int run(CommandLine line) throws UsageException, IOException {
        if (line.hasOption("cmdhelp")) {
            System.out.print(FioOptions.help(line.getOptionValue("cmdhelp")));
            return 0;
        }
        JobPlan plan = WorkloadOptions.plan(line, WaitMode.POLL);
        plan.warnings().forEach(warning -> System.err.println("vblk: " + warning));
        if (line.hasOption("showcmd")) {
            System.out.println("vblk bench " + String.join(" ", line.getArgList().stream()
                    .filter(word -> !WorkloadOptions.isJobFile(word)).toList())
                    + " " + plan.command());
            return 0;
        }
        if (line.hasOption("parse-only")) {
            return 0;
        }
        List<String> targets = targets(line, plan);
        return targets.size() > 1 ? compare(line, plan, targets) : measure(line, plan, targets);
    }

    private List<String> targets(CommandLine line, JobPlan plan) throws UsageException {
        List<String> targets = WorkloadOptions.targets(line);
        boolean named = plan.jobs().stream().allMatch(job -> job.target() != null);
        if (targets.isEmpty() && !named) {
            throw new UsageException("bench needs a target, or a filename in each job: vblk bench "
                    + synopsis());
        }
        if (!targets.isEmpty() && named) {
            throw new UsageException("all jobs have a target of their own (filename or ioengine): "
                    + "leave out " + String.join(" and ", targets));
        }
        return targets;
    }

    /** What no output may replace: targets, those of single jobs too, and job files. */
    private static List<String> words(CommandLine line, JobPlan plan) {
        List<String> words = new ArrayList<>(line.getArgList());
        plan.jobs().stream().map(JobSpec::target).filter(Objects::nonNull).forEach(words::add);
        return words;
    }

    private static int measure(CommandLine line, JobPlan plan, List<String> targets)
            throws UsageException, IOException {
        if (line.hasOption("stats") && targets.size() == 1
                && BackendTarget.isName(targets.get(0))) {
            throw new UsageException("--stats is about a device in this process: leave it out with "
                    + targets.get(0));
        }
        List<JobSpec> jobs = LoadTargets.on(plan.jobs(), targets.isEmpty() ? null : targets.get(0));
        List<String> words = words(line, plan);
        AnatomyOptions anatomy = AnatomyOptions.of(line, words);
        ReportFile file = ReportFile.of(line);
        Termination termination = Termination.handle();
        try (ReportOutput output = ReportOutput.open(line, plan.globals(), words);
                BenchRun run = BenchRun.open(jobs, LoadTargets.setups(line, jobs));
                ProgressLine progress = ProgressLine.of(line, jobs)) {
            termination.stops(run::stop);
            if (line.hasOption("explain-tail")) {
                run.explainTail();
            }
            anatomy.begin(run);
            output.note(headline(jobs));
            if (file != null) {
                run.drawOverTime(1);
            }
            Environment before = file == null ? null : Environment.look();
            run.showEvery(ProgressLine.intervalNs(line));
            if (output.intervalNs() > 0) {
                run.reportEvery(output.intervalNs(), report -> {
                    progress.erase();
                    output.write(report);
                });
            }
            JobReport report = run.run(progress);
            progress.erase();
            output.write(report);
            if (line.hasOption("stats")) {
                output.note(report.loopsToText());
            }
            output.finish();
            anatomy.draw(List.of(report));
            int code = termination.exitCodeAfter(Failures.print(report.failures()));
            if (file != null) {
                file.write(report.toHtml(before, Environment.look(), CommandText.of(line)));
            }
            return code;
        }
    }

    private static int compare(CommandLine line, JobPlan plan, List<String> targets)
            throws UsageException, IOException {
        for (String option : List.of("stats", "explain-tail")) {
            if (line.hasOption(option)) {
                throw new UsageException("--" + option + " is about one target: leave it out with "
                        + targets.size());
            }
        }
        List<String> words = words(line, plan);
        AnatomyOptions anatomy = AnatomyOptions.of(line, words);
        ReportFile file = ReportFile.of(line);
        Termination termination = Termination.handle();
        List<BenchRun> runs = new ArrayList<>();
        try (ReportOutput output = ReportOutput.open(line, plan.globals(), words);
                ProgressLine progress = ProgressLine.of(line, plan.jobs())) {
            if (output.intervalNs() > 0) {
                throw new UsageException("status-interval is about one target: leave it out with "
                        + targets.size());
            }
            for (String target : targets) {
                List<JobSpec> jobs = LoadTargets.on(plan.jobs(), target);
                runs.add(BenchRun.open(jobs, LoadTargets.setups(line, jobs)));
            }
            runs.forEach(anatomy::begin);
            Comparison comparison = new Comparison(targets, runs, plan.jobs());
            termination.stops(comparison::stop);
            output.note(headline(plan.jobs()));
            if (file != null) {
                runs.forEach(run -> run.drawOverTime(runs.size()));
            }
            Environment before = file == null ? null : Environment.look();
            long beganNs = System.nanoTime();
            ComparisonReport report = comparison.run(round ->
                    progress.round(round, comparison.rounds(), System.nanoTime() - beganNs));
            progress.erase();
            output.write(report);
            output.finish();
            anatomy.draw(report.wholes());
            int code = termination.exitCodeAfter(Failures.print(report.failures()));
            if (file != null) {
                file.write(report.toHtml(before, Environment.look(), CommandText.of(line)));
            }
            return code;
        } finally {
            closeAll(runs);
        }
    }

    private static void closeAll(List<BenchRun> runs) throws IOException {
        IOException failure = null;
        for (BenchRun run : runs) {
            try {
                run.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static String range(SizeSplit sizes) {
        return FioFormat.binaryBytes(sizes.minBytes()) + "-"
                + FioFormat.binaryBytes(sizes.maxBytes());
    }

    private static String headline(List<JobSpec> jobs) {
        StringBuilder text = new StringBuilder();
        int group = -1;
        int guests = 0;
        int open = 0;
        for (JobSpec job : jobs) {
            BlockSizes sizes = job.access().sizes();
            group += group < 0 || job.stonewall() || job.newGroup() ? 1 : 0;
            guests += job.clones();
            open += job.isOpenLoop() ? job.clones() : 0;
            text.append(String.format(Locale.ROOT, "%s: (g=%d): rw=%s, bs=(R) %s, (W) %s, "
                    + "(T) %s, ioengine=%s, iodepth=%d%n", job.name(), group,
                    job.rw().fioName(), range(sizes.read()), range(sizes.write()),
                    range(sizes.trim()), Objects.requireNonNullElse(
                            job.attachment().ioengine(), "vblk"), job.iodepth()));
        }
        String loop = open == 0 ? "closed loop" : open == guests ? "open loop"
                : open + " open loop, " + (guests - open) + " closed loop";
        return text.append(String.format(Locale.ROOT, "Starting %d guest%s (%s)%n", guests,
                guests == 1 ? "" : "s", loop)).toString();
    }
}
