// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.BenchRun;
import io.vblk.bench.DeviceSetup;
import io.vblk.bench.JobReport;
import io.vblk.bench.TargetSetup;
import io.vblk.fio.BlockSizes;
import io.vblk.fio.JobSpec;
import io.vblk.fio.WaitMode;
import io.vblk.block.image.ImageSpec;
import java.io.IOException;
import java.util.List;
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
        JobSpec job = CommonOptions.job(line, CommonOptions.integer(line, "numjobs", 1),
                CommonOptions.isOn(line, "time_based", false), WaitMode.POLL);
        if (CommonOptions.isOn(line, "group_reporting", false)) {
            job = job.withReporting(job.reporting().grouped());
        }
        Termination termination = Termination.handle();
        try (BenchRun run = BenchRun.open(setup(line, job), job);
                ProgressLine progress = ProgressLine.onTerminal(List.of(job))) {
            termination.stops(run::stop);
            if (line.hasOption("explain-tail")) {
                run.explainTail();
            }
            if (!json) {
                System.out.println(headline(job));
            }
            JobReport report = run.run(progress);
            progress.erase();
            System.out.print(json ? report.toJson() + "\n" : "\n" + report.toText());
            if (line.hasOption("stats") && !json) {
                System.out.print(report.loopsToText());
            }
            return termination.exitCodeAfter(Failures.print(report));
        }
    }

    private static TargetSetup setup(CommandLine line, JobSpec job)
            throws UsageException, IOException {
        if (BackendTarget.isNamed(line)) {
            return BackendTarget.setup(line, job);
        }
        ImageSpec image = ImageAccess.forLoad(line, job.changesDisk());
        DeviceSetup setup = DeviceOptions.setup(line, image, job);
        IdleOptions.warn(line, image.target());
        return setup;
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
        BlockSizes sizes = spec.access().sizes();
        return String.format(Locale.ROOT, "%s: (g=0): rw=%s, bs=(R) %dB-%dB, (W) %dB-%dB, "
                        + "(T) %dB-%dB, ioengine=vblk, iodepth=%d%nStarting %d guest%s (%s loop)",
                spec.name(), spec.rw().fioName(), sizes.read().minBytes(), sizes.read().maxBytes(),
                sizes.write().minBytes(), sizes.write().maxBytes(), sizes.trim().minBytes(),
                sizes.trim().maxBytes(), spec.iodepth(), spec.clones(),
                spec.clones() == 1 ? "" : "s", spec.isOpenLoop() ? "open" : "closed");
    }
}
