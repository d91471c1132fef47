// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.block.filter.FilterReport;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.Direction;
import io.vblk.fio.Goals;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Reporting;
import io.vblk.posix.ErrnoException;
import io.vblk.virtioblk.CallCoalescing;
import io.vblk.virtioblk.VirtioBlkStats;
import java.math.BigDecimal;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** fio's normal output: scripts look for its lines, so their spelling is fio's. */
final class TextReport {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long NANOS_PER_US = 1_000;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final double P99 = 99;
    private static final int CLASSES_PER_LINE = 5;
    private static final int PERCENTILES_PER_LINE = 4;
    private static final int PERCENTILE_DECIMALS_MIN = 2;
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT);

    private final JobReport report;
    private final Map<String, String> globals;
    private final StringBuilder out = new StringBuilder();

    TextReport(JobReport report, Map<String, String> globals) {
        this.report = report;
        this.globals = globals;
    }

    String write() {
        for (JobResult job : report.rows()) {
            writeJob(job);
        }
        List<Integer> groups = report.results().stream().map(JobResult::group).distinct().toList();
        groups.forEach(this::writeRunStatus);
        report.targets().forEach(this::writeTarget);
        if (report.tail() != null) {
            out.append(report.tail().toText());
        }
        report.rows().forEach(this::writeAnatomy);
        return out.toString();
    }

    private void line(String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private void writeAnatomy(JobResult row) {
        AnatomyReport anatomy = AnatomyReport.of(row.stats().anatomy);
        if (anatomy != null) {
            out.append(anatomy.toText(report.rows().size() == 1 ? "" : row.spec().name()));
        }
    }

    private void writeJob(JobResult result) {
        JobStats job = result.stats();
        JobSpec spec = result.spec();
        line("%s: (groupid=%d, jobs=%d): err=%2d: pid=%d: %s", spec.name(), result.group(),
                job.jobs, JobReport.errorOf(result), ProcessHandle.current().pid(),
                DATE.format(report.started()));
        String description = JobReport.descriptionOf(spec, globals);
        if (!description.isEmpty()) {
            line("  Description  : [%s]", description);
        }
        DirectionStats.KINDS.forEach(direction -> writeDirection(direction, result));
        writeLatencyClasses(job);
        writeSync(job, spec.reporting());
        writeUsage(job);
        writeDepths("IO depths    ", job.levels);
        writeDepths("   submit    ", job.submits);
        writeDepths("   complete  ", job.completes);
        line("     issued rwts: total=%d,%d,%d,%d short=0,0,0,0 dropped=0,0,0,0",
                job.read.ios, job.write.ios, job.trim.ios, job.sync.getTotalCount());
        if (spec.goals().goesOnAfterErrors()) {
            int first = JobReport.errorOf(result);
            line("     errors    : total=%d, first_error=%d/<%s>", job.allErrors(), first,
                    first == 0 ? "Success" : ErrnoException.describe(first));
        }
        Goals.LatencyTarget target = spec.goals().latency();
        line("     latency   : target=%d, window=%d, percentile=%.2f%%, depth=%d",
                target.targetNs(), target.windowNs() / NANOS_PER_US, target.percentile(),
                job.latencyDepth == 0 ? spec.iodepth() : job.latencyDepth);
        writeLoad(result);
        if (result.steady() != null) {
            writeSteady(result.steady());
        }
    }

    /** Without a rate fio's method and ours are the same, and its text has no line for it. */
    private void writeLoad(JobResult result) {
        JobSpec spec = result.spec();
        if (!spec.isOpenLoop()) {
            return;
        }
        ArrivalRate rate = spec.timing().rate();
        line("     load      : open loop, lat is from the intended start, rate%s=%s "
                + "rate_process=%s, due but never started=%d", rate.inBytes() ? "" : "_iops",
                rate.fioText(), rate.process().fioName(), result.stats().backlog);
        for (Direction direction : DirectionStats.KINDS) {
            DirectionStats stats = result.stats().of(direction);
            if (stats.ios > 0) {
                line("     %-10s: p99=%.1f us from the intended start, %.1f us uncorrected",
                        direction.name().toLowerCase(Locale.ROOT),
                        stats.lat.getValueAtPercentile(P99) / (double) NANOS_PER_US,
                        stats.clat.getValueAtPercentile(P99) / (double) NANOS_PER_US);
            }
        }
    }

    private void writeSteady(SteadyCheck steady) {
        String figure = steady.spec().kind().name().toLowerCase(Locale.ROOT)
                .replace("_slope", "");
        line("  steadystate  : attained=%s, bw=%s/s (%s/s), iops=%s, %s %s=%.3f%s",
                steady.attained() ? "yes" : "no",
                FioFormat.binaryBytes(steady.bytesPerSecondMean()),
                FioFormat.decimalBytes(steady.bytesPerSecondMean()),
                FioFormat.count(steady.iopsMean()), figure,
                steady.isSlope() ? "slope" : "mean dev", steady.criterion(),
                steady.spec().isPercent() ? "%" : "");
    }

    private void writeSync(JobStats job, Reporting reporting) {
        if (job.sync.getTotalCount() > 0) {
            line("  fsync/fdatasync/sync_file_range:");
            LatencyUnit unit = LatencyUnit.fitting(job.sync);
            line("    sync (%s): min=%s, max=%s, avg=%5.2f, stdev=%5.2f", unit.label,
                    FioFormat.count(job.sync.getMinValue() / unit.ns),
                    FioFormat.count(job.sync.getMaxValue() / unit.ns),
                    job.sync.getMean() / unit.ns, job.sync.getStdDeviation() / unit.ns);
            if (reporting.clatPercentiles() || reporting.latPercentiles()) {
                writePercentiles("sync", "", job.sync, reporting.percentiles());
            }
        }
    }

    private void writeDirection(Direction direction, JobResult result) {
        JobStats job = result.stats();
        DirectionStats stats = job.of(direction);
        if (stats.ios == 0) {
            return;
        }
        double seconds = job.elapsedNs / NANOS_PER_SECOND;
        line("  %5s: IOPS=%s, BW=%s/s (%s/s)(%s/%dmsec)", direction.name().toLowerCase(Locale.ROOT),
                FioFormat.count(stats.ios / seconds),
                FioFormat.binaryBytes(stats.bytes / seconds),
                FioFormat.decimalBytes(stats.bytes / seconds),
                FioFormat.binaryBytes(stats.bytes), job.elapsedNs / NANOS_PER_MS);
        writeLatency("slat", stats.slat);
        writeLatency("clat", stats.clat);
        writeLatency(" lat", stats.lat);
        writePercentiles(stats, result.spec());
        RunningStats bw = stats.bandwidth;
        if (bw.count() > 0) {
            line("   bw (  KiB/s): min=%5.0f, max=%5.0f, per=%3.2f%%, avg=%5.2f, stdev=%5.2f, "
                    + "samples=%d", bw.min(), bw.max(), report.shareOfGroup(result, direction),
                    bw.mean(), bw.deviation(), bw.count());
            RunningStats iops = stats.iops;
            line("   iops        : min=%5.0f, max=%5.0f, avg=%5.2f, stdev=%5.2f, samples=%d",
                    iops.min(), iops.max(), iops.mean(), iops.deviation(), iops.count());
        }
    }

    private void writeLatency(String name, Histogram histogram) {
        LatencyUnit unit = LatencyUnit.fitting(histogram);
        line("    %s (%s): min=%s, max=%s, avg=%5.2f, stdev=%5.2f", name, unit.label,
                FioFormat.count(histogram.getMinValue() / unit.ns),
                FioFormat.count(histogram.getMaxValue() / unit.ns),
                histogram.getMean() / unit.ns, histogram.getStdDeviation() / unit.ns);
    }

    private void writePercentiles(DirectionStats stats, JobSpec spec) {
        Reporting reporting = spec.reporting();
        boolean open = spec.isOpenLoop();
        if (reporting.slatPercentiles()) {
            writePercentiles("slat", "", stats.slat, reporting.percentiles());
        }
        if (reporting.clatPercentiles()) {
            writePercentiles("clat", open ? " uncorrected, from the actual start" : "",
                    stats.clat, reporting.percentiles());
        }
        if (reporting.latPercentiles() || open) {
            writePercentiles("lat", open ? " from the intended start" : "", stats.lat,
                    reporting.percentiles());
        }
    }

    private void writePercentiles(
            String name, String note, Histogram histogram, List<Double> percentiles) {
        LatencyUnit unit = LatencyUnit.fitting(histogram);
        line("    %s percentiles (%s):%s", name, unit.label, note);
        List<String> cells = new ArrayList<>();
        int width = 5;
        int decimals = PERCENTILE_DECIMALS_MIN;
        for (double percentile : percentiles) {
            decimals = Math.max(
                    decimals, BigDecimal.valueOf(percentile).stripTrailingZeros().scale());
            String value = Long.toString(
                    Math.round(histogram.getValueAtPercentile(percentile) / unit.ns));
            width = Math.max(width, value.length());
            cells.add(value);
        }
        for (int i = 0; i < cells.size(); i += PERCENTILES_PER_LINE) {
            StringJoiner row = new StringJoiner(", ", "     | ", "");
            for (int j = i; j < Math.min(i + PERCENTILES_PER_LINE, cells.size()); j++) {
                row.add(String.format(Locale.ROOT, "%" + (decimals + 3) + "." + decimals
                        + "fth=[%" + width + "s]", percentiles.get(j), cells.get(j)));
            }
            boolean last = i + PERCENTILES_PER_LINE >= cells.size();
            line("%s%s", row, last ? "" : ",");
        }
    }

    private static String heldBack(CallCoalescing calls) {
        return calls.isOn() ? ", calls wait for " + calls.completionsMax() + " completions or "
                + calls.delayNs() / NANOS_PER_US + " us" : "";
    }

    private void writeLatencyClasses(JobStats job) {
        LatencyClasses classes = LatencyClasses.of(job);
        writeClassLine("nsec", FioFormat.LATENCY_NS, classes.ns());
        writeClassLine("usec", FioFormat.LATENCY_US, classes.us());
        writeClassLine("msec", FioFormat.LATENCY_MS, classes.ms());
    }

    private void writeClassLine(String unit, int[] limits, double[] percents) {
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < percents.length; i++) {
            if (percents[i] > 0) {
                String limit = i < limits.length
                        ? Integer.toString(limits[i])
                        : ">=" + limits[limits.length - 1];
                cells.add(String.format(
                        Locale.ROOT, "%s=%.2f%%", limit, Math.max(percents[i], 0.01)));
            }
        }
        for (int i = 0; i < cells.size(); i += CLASSES_PER_LINE) {
            line("  lat (%s)   : %s", unit, String.join(", ",
                    cells.subList(i, Math.min(i + CLASSES_PER_LINE, cells.size()))));
        }
    }

    private void writeUsage(JobStats job) {
        ThreadUsage usage = job.usage;
        line("  cpu          : usr=%3.2f%%, sys=%3.2f%%, ctx=%d, majf=%d, minf=%d",
                cpuPercent(usage.userTicks(), job), cpuPercent(usage.systemTicks(), job),
                usage.contextSwitches(), usage.majorFaults(), usage.minorFaults());
    }

    /** Share of one processor. */
    static double cpuPercent(long ticks, JobStats job) {
        double seconds = Math.max(1, job.activeNs) / NANOS_PER_SECOND;
        return Math.min(100, 100.0 * ticks / ThreadUsage.TICKS_PER_SECOND / seconds);
    }

    private void writeDepths(String name, DepthCounts counts) {
        StringJoiner row = new StringJoiner(", ");
        for (int i = 0; i < counts.classes(); i++) {
            row.add(String.format(
                    Locale.ROOT, "%s=%.1f%%", counts.name(i), counts.percent(i)));
        }
        line("  %s: %s", name, row);
    }

    private void writeRunStatus(int group) {
        line("");
        line("Run status group %d (all jobs):", group);
        List<JobStats> jobs = report.results().stream()
                .filter(result -> result.group() == group).map(JobResult::stats).toList();
        writeGroupLine("READ", Direction.READ, jobs);
        writeGroupLine("WRITE", Direction.WRITE, jobs);
        writeGroupLine("TRIM", Direction.TRIM, jobs);
    }

    private void writeGroupLine(String name, Direction direction, List<JobStats> jobs) {
        RunningStats rates = new RunningStats();
        RunningStats times = new RunningStats();
        double bytes = 0;
        for (JobStats job : jobs) {
            rates.add(job.of(direction).bytes / (job.elapsedNs / NANOS_PER_SECOND));
            times.add(job.elapsedNs / NANOS_PER_MS);
            bytes += job.of(direction).bytes;
        }
        if (bytes == 0) {
            return;
        }
        double rate = bytes / (times.max() * NANOS_PER_MS / NANOS_PER_SECOND);
        line("  %5s: bw=%s/s (%s/s), %s/s-%s/s (%s/s-%s/s), io=%s (%s), run=%.0f-%.0fmsec", name,
                FioFormat.binaryBytes(rate), FioFormat.decimalBytes(rate),
                FioFormat.binaryBytes(rates.min()), FioFormat.binaryBytes(rates.max()),
                FioFormat.decimalBytes(rates.min()), FioFormat.decimalBytes(rates.max()),
                FioFormat.binaryBytes(bytes), FioFormat.decimalBytes(bytes),
                times.min(), times.max());
    }

    private void writeTarget(TargetReport target) {
        List<JobResult> jobs = report.results().stream()
                .filter(result -> result.target() == target).toList();
        JobStats total = JobStats.sum(jobs.stream().map(JobResult::stats).toList());
        String waits = jobs.stream()
                .map(job -> job.spec().queueing().waitMode().name().toLowerCase(Locale.ROOT))
                .distinct().collect(Collectors.joining(" and "));
        line("");
        if (target.ring() == null) {
            line("Straight to the disk (%s, aio=%s, no device between, jobs wait by %s)",
                    target.description(), target.engine(), waits);
        } else if (target.own() == null) {
            line("Back-end in another process (%s, %d queue(s) of %d, %s, guest waits by %s):",
                    target.description(), target.queues(), target.queueSize(), target.ring(),
                    waits);
            writeNotifications(target, total.completed);
        } else {
            writeDevice(target, target.own(), waits);
        }
        if (jobs.stream().anyMatch(job -> job.spec().verify().isOn())) {
            line("  verify       : %d blocks checked, %d wrong",
                    total.verifiedBlocks, total.verifyErrors);
        }
    }

    private void writeNotifications(TargetReport target, long requestCount) {
        double requests = Math.max(1, requestCount);
        line("  notifications: kicks=%d (%.3f a request), calls=%d (%.3f a request)",
                target.kicks(), target.kicks() / requests, target.calls(),
                target.calls() / requests);
    }

    private void writeDevice(TargetReport target, DeviceReport own, String waits) {
        AioStats loop = own.loopTotal();
        VirtioBlkStats device = own.stats();
        DeviceSetup setup = own.setup();
        int loops = own.loops().size();
        line("Device and event loop%s (%s, aio=%s, %d queue(s) of %d%s, %s, guest waits by %s%s):",
                loops == 1 ? "" : "s", target.description(), target.engine(),
                target.queues(), target.queueSize(),
                loops == 1 ? "" : " on " + loops + " iothreads", target.ring(), waits,
                heldBack(setup.device().coalescing()));
        line("  requests     : %d in %d batches (%.1f a batch), errors=%d, unsupported=%d, "
                + "malformed=%d", device.requests(), device.batches(),
                (double) device.requests() / Math.max(1, device.batches()), device.errors(),
                device.unsupported(), device.malformed());
        writeNotifications(target, device.requests());
        line("  loop         : iterations=%d, waits=%d, wake-ups sent=%d elided=%d",
                loop.iterations(), loop.waits(), loop.wakeupsSent(), loop.wakeupsElided());
        line("  polling      : max=%dns now=%dns peak=%dns, hits=%d, phases=%d, skips=%d, "
                + "in vain=%.1fms, asleep=%.1fms",
                setup.loop().options().polling().pollMaxNs(), loop.pollTimeNs(),
                loop.pollTimePeakNs(), loop.pollHits(),
                loop.pollPhases(), loop.pollSkips(), loop.pollNs() / 1e6, loop.waitNs() / 1e6);
        for (FilterReport filter : own.filters()) {
            filter.lines().forEach(text -> line("  filter       : %s", text));
        }
    }

    /** The unit in which fio would show a row: the coarsest that loses nothing of interest. */
    private enum LatencyUnit {
        NSEC("nsec", 1),
        USEC("usec", 1_000),
        MSEC("msec", 1_000_000);

        // fio's rule: a unit is too fine when minimum, maximum and deviation are all large in it.
        private static final double MIN_LARGE = 2_000;
        private static final double MAX_LARGE = 99_999;
        private static final double DEVIATION_LARGE = 1_000;

        private final String label;
        private final double ns;

        LatencyUnit(String label, double ns) {
            this.label = label;
            this.ns = ns;
        }

        static LatencyUnit fitting(Histogram histogram) {
            if (isTooFine(histogram, USEC)) {
                return MSEC;
            }
            return isTooFine(histogram, NSEC) ? USEC : NSEC;
        }

        private static boolean isTooFine(Histogram histogram, LatencyUnit unit) {
            return histogram.getMinValue() / unit.ns > MIN_LARGE
                    && histogram.getMaxValue() / unit.ns > MAX_LARGE
                    && histogram.getStdDeviation() / unit.ns > DEVIATION_LARGE;
        }
    }
}
