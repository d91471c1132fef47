// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.BenchRun;
import io.vblk.bench.DeviceSetup;
import io.vblk.bench.JobReport;
import io.vblk.bench.LoopSetup;
import io.vblk.fio.JobPlan;
import io.vblk.fio.JobSpec;
import io.vblk.fio.WaitMode;
import io.vblk.block.image.ImageException;
import io.vblk.block.image.ImageSpec;
import io.vblk.posix.Signals;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** serve: an image for guests on a socket, or for simulated ones, until told to end. */
final class ServeCommand implements Command {
    /** Of vhost-user.json, for a back-end of type block. */
    private static final String CAPABILITIES = "{\"type\": \"block\", "
            + "\"features\": [\"read-only\", \"blk-file\"]}";

    @Override
    public String name() {
        return "serve";
    }

    @Override
    public String synopsis() {
        return "IMAGE (--socket-path=PATH | --fd=N | [LOAD]) [OPTION]...";
    }

    @Override
    public String summary() {
        return "Serve an image to virtual machines on a socket, or to simulated guests";
    }

    @Override
    public Options options() {
        Options options = new Options();
        SocketOptions.addTo(options);
        options.addOption(CommonOptions.value("guests", "N",
                "simulated guests, each a thread with its own queue; default: 1"));
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
    public boolean logsForOperators(List<String> words) {
        return SocketOptions.areIn(words);
    }

    @Override
    public void checkArguments(CommandLine line) throws UsageException {
        if (line.hasOption("print-capabilities")) {
            return;
        }
        if (!line.hasOption("blk-file")) {
            Command.super.checkArguments(line);
        } else if (!line.getArgList().isEmpty()) {
            throw new UsageException("serve takes IMAGE or --blk-file, not both");
        }
    }

    @Override
    public int run(CommandLine line) throws UsageException, IOException {
        if (line.hasOption("print-capabilities")) {
            System.out.println(CAPABILITIES);
            return 0;
        }
        BackendTarget.refuse(line);
        SocketOptions.check(line);
        return SocketOptions.areIn(line) ? serveSocket(line) : serveSimulated(line);
    }

    private static int serveSocket(CommandLine line) throws UsageException, IOException {
        LoopSetup loop = DeviceOptions.loop(line);
        DiskSpec disk = SocketOptions.disk(line, loop);
        IdleOptions.warn(line, disk.image().target());
        List<DiskSpec> disks = ControlSocket.prepare(line, List.of(disk));
        try (DiskServer server = DiskServer.open(IothreadSpec.all(loop), disks)) {
            server.openControl(line);
            System.out.printf(Locale.ROOT, "serving %s%s on %s (pid %d)%n",
                    disk.image().target(),
                    disk.image().throwAwayCopy() ? " (throw-away copy)" : "", disk.socket(),
                    ProcessHandle.current().pid());
            System.out.flush();
            server.run();
        }
        return 0;
    }

    private static int serveSimulated(CommandLine line) throws UsageException, IOException {
        int guests = CommonOptions.integer(line, "guests", 1);
        if (guests < 1 || guests > JobSpec.CLONES_MAX) {
            throw new UsageException(
                    "guests must be 1 to " + JobSpec.CLONES_MAX + ", not " + guests);
        }
        JobPlan plan = WorkloadOptions.plan(line, WaitMode.EVENT);
        if (plan.jobs().size() > 1 || plan.jobs().get(0).clones() > 1) {
            throw new UsageException("serve has one job and --guests of it: use bench for more");
        }
        plan.warnings().forEach(warning -> System.err.println("vblk: " + warning));
        JobSpec asked = plan.jobs().get(0).withClones(guests);
        JobSpec job = asked.withTiming(asked.timing().untilStopped())
                .withReporting(asked.reporting().grouped());
        ImageSpec image = ImageAccess.forLoad(line, line.getArgList().get(0), job.changesDisk());
        DeviceSetup setup = DeviceOptions.setup(line, image, List.of(job));
        IdleOptions.warn(line, image.target());
        Termination termination = Termination.handle();
        AtomicBoolean sizeAsked = new AtomicBoolean();
        Signals.onUser1(() -> sizeAsked.set(true));
        try (BenchRun run = BenchRun.open(setup, job);
                ProgressLine progress = ProgressLine.forGuests(job)) {
            termination.stops(run::stop);
            System.out.printf(Locale.ROOT,
                    "serving %s (pid %d) to %d guest%s, rw=%s bs=%d iodepth=%d; Ctrl-C ends%n",
                    image.target(), ProcessHandle.current().pid(), guests,
                    guests == 1 ? "" : "s", job.rw().fioName(),
                    job.access().sizes().maxBytes(job.rw()), job.iodepth());
            System.out.flush();
            JobReport report = run.run(state -> {
                if (sizeAsked.getAndSet(false)) {
                    progress.erase();
                    followSize(run, image.target());
                }
                progress.accept(state);
            });
            progress.erase();
            System.out.print("\n" + report.toText());
            return Failures.print(report.failures());
        }
    }

    /** A server goes on, whatever has become of its file. */
    private static void followSize(BenchRun run, String target) {
        try {
            long capacityBytes = run.followSize();
            System.out.println(capacityBytes == 0
                    ? target + " has no block more than before"
                    : target + " has grown: guests see " + capacityBytes + " bytes");
        } catch (ImageException e) {
            System.err.println("vblk: " + e.getMessage());
        }
    }
}
