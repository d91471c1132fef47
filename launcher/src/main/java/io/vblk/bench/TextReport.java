// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.virtioblk.CallCoalescing;
import io.vblk.virtioblk.VirtioBlkStats;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.HdrHistogram.Histogram;

/** fio's normal output: scripts look for its lines, so their spelling is fio's. */
final class TextReport {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long NANOS_PER_US = 1_000;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final int PERCENTILES_PER_LINE = 3;
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT);

    private final JobReport report;
    private final boolean group;
    private final StringBuilder out = new StringBuilder();

    TextReport(JobReport report, boolean group) {
        this.report = report;
        this.group = group;
    }

    String write() {
        List<JobStats> jobs = report.jobs(group);
        for (JobStats job : jobs) {
            writeJob(job);
        }
        writeRunStatus();
        writeTarget();
        if (report.tail() != null) {
            out.append(report.tail().toText());
        }
        return out.toString();
    }

    private void line(String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private void writeJob(JobStats job) {
        line("vblk: (groupid=0, jobs=%d): err=%2d: pid=%d: %s", job.jobs, report.errorOf(job),
                ProcessHandle.current().pid(), DATE.format(report.started()));
        if (job.read.ios > 0) {
            writeDirection("read", job.read, job);
        }
        if (job.write.ios > 0) {
            writeDirection("write", job.write, job);
        }
        writeLatencyClasses(job);
        writeUsage(job);
        writeDepths("IO depths    ", job.levels);
        writeDepths("   submit    ", job.submits);
        writeDepths("   complete  ", job.completes);
        line("     issued rwts: total=%d,%d,0,0 short=0,0,0,0 dropped=0,0,0,0",
                job.read.ios, job.write.ios);
        line("     latency   : target=0, window=0, percentile=100.00%%, depth=%d",
                report.spec().iodepth());
        if (report.spec().isOpenLoop()) {
            line("     load      : open loop, lat is from the intended start, rate_iops=%s "
                    + "rate_process=%s, due but never started=%d", report.spec().rate().fioText(),
                    report.spec().rate().process().fioName(), job.backlog);
        }
    }

    private void writeDirection(String name, DirectionStats stats, JobStats job) {
        double seconds = job.elapsedNs / NANOS_PER_SECOND;
        line("  %5s: IOPS=%s, BW=%s/s (%s/s)(%s/%dmsec)", name,
                FioFormat.count(stats.ios / seconds),
                FioFormat.binaryBytes(stats.bytes / seconds),
                FioFormat.decimalBytes(stats.bytes / seconds),
                FioFormat.binaryBytes(stats.bytes), job.elapsedNs / NANOS_PER_MS);
        writeLatency("slat", stats.slat);
        writeLatency("clat", stats.clat);
        writeLatency(" lat", stats.lat);
        writePercentiles("clat", stats.clat);
        if (report.spec().isOpenLoop()) {
            writePercentiles(" lat", stats.lat);
        }
        RunningStats bw = stats.bandwidth;
        if (bw.count() > 0) {
            line("   bw (  KiB/s): min=%5.0f, max=%5.0f, per=100.00%%, avg=%8.2f, stdev=%8.2f, "
                    + "samples=%d", bw.min(), bw.max(), bw.mean(), bw.deviation(), bw.count());
            RunningStats iops = stats.iops;
            line("   iops        : min=%5.0f, max=%5.0f, avg=%8.2f, stdev=%8.2f, samples=%d",
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

    private void writePercentiles(String name, Histogram histogram) {
        LatencyUnit unit = LatencyUnit.fitting(histogram);
        line("    %s percentiles (%s):", name, unit.label);
        List<String> cells = new ArrayList<>();
        int width = 5;
        for (double percentile : FioFormat.PERCENTILES) {
            String value = Long.toString(
                    Math.round(histogram.getValueAtPercentile(percentile) / unit.ns));
            width = Math.max(width, value.length());
            cells.add(value);
        }
        for (int i = 0; i < cells.size(); i += PERCENTILES_PER_LINE) {
            StringJoiner row = new StringJoiner(", ", "     | ", "");
            for (int j = i; j < Math.min(i + PERCENTILES_PER_LINE, cells.size()); j++) {
                row.add(String.format(Locale.ROOT, "%5.2fth=[%" + width + "s]",
                        FioFormat.PERCENTILES[j], cells.get(j)));
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
        if (!cells.isEmpty()) {
            line("  lat (%s)   : %s", unit, String.join(", ", cells));
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

    private void writeRunStatus() {
        line("");
        line("Run status group 0 (all jobs):");
        writeGroupLine("READ", false);
        writeGroupLine("WRITE", true);
    }

    private void writeGroupLine(String name, boolean write) {
        RunningStats rates = new RunningStats();
        RunningStats times = new RunningStats();
        for (JobStats job : report.jobs(false)) {
            rates.add(job.of(write).bytes / (job.elapsedNs / NANOS_PER_SECOND));
            times.add(job.elapsedNs / NANOS_PER_MS);
        }
        double bytes = report.total().of(write).bytes;
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

    private void writeTarget() {
        TargetReport target = report.target();
        JobStats total = report.total();
        line("");
        if (target.own() == null) {
            line("Back-end in another process (%s, %d queue(s) of %d, %s, guest waits by %s):",
                    target.description(), target.queues(), target.queueSize(), target.ring(),
                    waitMode());
            writeNotifications(target, total.completed);
        } else {
            writeDevice(target, target.own());
        }
        if (report.spec().verify()) {
            line("  verify       : crc32c of %d blocks checked, %d wrong",
                    total.verifiedBlocks, total.verifyErrors);
        }
    }

    private String waitMode() {
        return report.spec().waitMode().name().toLowerCase(Locale.ROOT);
    }

    private void writeNotifications(TargetReport target, long requestCount) {
        double requests = Math.max(1, requestCount);
        line("  notifications: kicks=%d (%.3f a request), calls=%d (%.3f a request)",
                target.kicks(), target.kicks() / requests, target.calls(),
                target.calls() / requests);
    }

    private void writeDevice(TargetReport target, DeviceReport own) {
        AioStats loop = own.loopTotal();
        VirtioBlkStats device = own.stats();
        DeviceSetup setup = own.setup();
        int loops = own.loops().size();
        line("Device and event loop%s (%s, aio=%s, %d queue(s) of %d%s, %s, guest waits by %s%s):",
                loops == 1 ? "" : "s", target.description(), target.engine(),
                target.queues(), target.queueSize(),
                loops == 1 ? "" : " on " + loops + " iothreads", target.ring(), waitMode(),
                heldBack(setup.device().coalescing()));
        line("  requests     : %d in %d batches (%.1f a batch), errors=%d, unsupported=%d, "
                + "malformed=%d", device.requests(), device.batches(),
                (double) device.requests() / Math.max(1, device.batches()), device.errors(),
                device.unsupported(), device.malformed());
        writeNotifications(target, device.requests());
        line("  loop         : iterations=%d, waits=%d, wake-ups sent=%d elided=%d",
                loop.iterations(), loop.waits(), loop.wakeupsSent(), loop.wakeupsElided());
        line("  polling      : max=%dns now=%dns peak=%dns, hits=%d, phases=%d, "
                + "in vain=%.1fms, asleep=%.1fms",
                setup.loop().options().polling().pollMaxNs(), loop.pollTimeNs(),
                loop.pollTimePeakNs(), loop.pollHits(),
                loop.pollPhases(), loop.pollNs() / 1e6, loop.waitNs() / 1e6);
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
