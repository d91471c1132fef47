// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.BenchRun;
import io.vblk.bench.DeviceSetup;
import io.vblk.bench.JobReport;
import io.vblk.bench.JobSpec;
import io.vblk.fio.WaitMode;
import io.vblk.block.image.ImageSpec;
import java.io.IOException;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** bench: a fio-like load against an image in this process, or a back-end in another. */
final class BenchCommand implements Command {
    @Override
    public String name() {
        return "bench";
    }

    @Override
    public String synopsis() {
        return "IMAGE|vhost-user:SOCKET [OPTION]...";
    }

    @Override
    public String summary() {
        return "Put a fio-like load on an image through the virtqueue and report latencies";
    }

    @Override
    public Options options() {
        Options options = new Options();
        CommonOptions.addWorkload(options);
        options.addOption(CommonOptions.value("numjobs", "N",
                "guests that do the same at once, each with its own queue; default: 1"));
        options.addOption(CommonOptions.toggle("time_based",
                "go on until the runtime is over"));
        options.addOption(CommonOptions.value("ramp_time", "TIME",
                "time at the start that does not count"));
        options.addOption(CommonOptions.value("rate_iops", "N[,M]",
                "requests per second and job, or reads and writes: an open loop, whose latencies "
                        + "count from the intended start; default: as fast as they are answered"));
        options.addOption(CommonOptions.value("rate_process", "PROCESS",
                "how a rate spreads requests: linear or poisson; default: linear"));
        options.addOption(CommonOptions.toggle("group_reporting",
                "report all jobs as one"));
        options.addOption(CommonOptions.value("output-format", "FORMAT",
                "normal or json, in fio's shape; default: normal"));
        options.addOption(CommonOptions.flag("stats",
                "also report what the event loop did, handler by handler"));
        options.addOption(CommonOptions.flag("explain-tail",
                "also report why the slowest requests were slow"));
        DeviceOptions.addTo(options);
        return options;
    }

    @Override
    public int run(CommandLine line) throws UsageException, IOException {
        boolean json = isJson(line);
        boolean group = CommonOptions.isOn(line, "group_reporting", false);
        boolean timeBased = CommonOptions.isOn(line, "time_based", false);
        JobSpec job = CommonOptions.job(
                line, CommonOptions.integer(line, "numjobs", 1), timeBased, WaitMode.POLL)
                .withRate(CommonOptions.rate(line));
        Termination termination = Termination.handle();
        try (BenchRun run = open(line, job);
                ProgressLine progress = ProgressLine.onTerminal(run.spec())) {
            termination.stops(run::stop);
            if (line.hasOption("explain-tail")) {
                run.explainTail();
            }
            if (!json) {
                System.out.println(headline(run.spec()));
            }
            JobReport report = run.run(progress);
            progress.erase();
            System.out.print(json ? report.toJson(group) + "\n" : "\n" + report.toText(group));
            if (line.hasOption("stats") && !json) {
                System.out.print(report.loopsToText());
            }
            return termination.exitCodeAfter(Failures.print(report));
        }
    }

    private static BenchRun open(CommandLine line, JobSpec job)
            throws UsageException, IOException {
        if (BackendTarget.isNamed(line)) {
            return BenchRun.open(BackendTarget.setup(line, job), job);
        }
        ImageSpec image = ImageAccess.forLoad(line, job.rw().writes());
        DeviceSetup setup = DeviceOptions.setup(line, image, job);
        IdleOptions.warn(line, image.target());
        return BenchRun.open(setup, job);
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

    private static String headline(JobSpec spec) {
        int bytes = spec.blockBytes();
        return String.format(Locale.ROOT, "vblk: (g=0): rw=%1$s, bs=(R) %2$dB-%2$dB, "
                        + "(W) %2$dB-%2$dB, (T) %2$dB-%2$dB, ioengine=vblk, iodepth=%3$d%n"
                        + "Starting %4$d guest%5$s (%6$s loop)",
                spec.rw().fioName(), bytes, spec.iodepth(), spec.numjobs(),
                spec.numjobs() == 1 ? "" : "s", spec.isOpenLoop() ? "open" : "closed");
    }
}
