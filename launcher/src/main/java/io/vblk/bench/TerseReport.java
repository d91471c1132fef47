// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Reporting;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * fio's terse output: a line of fields with semicolons between for each job. Their places are those
 * of fio 3.33's versions 3, 4 (with trims) and 5 (with IOPS); latencies are in microseconds,
 * bandwidths in KiB/s. Numbers of disks of the host, which fio adds, there are none.
 */
final class TerseReport {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final double NANOS_PER_US = 1_000;
    private static final double BYTES_PER_KIB = 1024;
    private static final int VERSION_TRIM = 4;
    private static final int VERSION_IOPS = 5;

    private final JobReport report;
    private final Map<String, String> globals;
    private final int version;
    private final StringBuilder out = new StringBuilder();

    TerseReport(JobReport report, Map<String, String> globals, int version) {
        this.report = report;
        this.globals = globals;
        this.version = version;
    }

    String write() {
        report.rows().forEach(this::writeJob);
        return out.toString();
    }

    private void field(String format, Object... arguments) {
        out.append(';').append(String.format(Locale.ROOT, format, arguments));
    }

    private void writeJob(JobResult result) {
        JobStats job = result.stats();
        JobSpec spec = result.spec();
        out.append(version);
        field("vblk-%s", Version.TEXT);
        field("%s", plain(spec.name()));
        field("%d;%d", result.group(), JobReport.errorOf(result));
        writeDirection(Direction.READ, result);
        writeDirection(Direction.WRITE, result);
        if (version >= VERSION_TRIM) {
            writeDirection(Direction.TRIM, result);
        }
        field("%f%%;%f%%", TextReport.cpuPercent(job.usage.userTicks(), job),
                TextReport.cpuPercent(job.usage.systemTicks(), job));
        field("%d;%d;%d", job.usage.contextSwitches(), job.usage.majorFaults(),
                job.usage.minorFaults());
        for (int i = 0; i < job.levels.classes(); i++) {
            field("%3.1f%%", job.levels.percent(i));
        }
        writeClasses(LatencyClasses.of(job));
        if (spec.goals().goesOnAfterErrors()) {
            field("%d;%d", job.allErrors(), JobReport.errorOf(result));
        }
        String description = JobReport.descriptionOf(spec, globals);
        if (!description.isEmpty()) {
            field("%s", plain(description));
        }
        out.append('\n');
    }

    /** A text that cannot be taken for several fields or lines. */
    private static String plain(String text) {
        return text.replaceAll("[;\\p{Cntrl}]", " ");
    }

    private void writeDirection(Direction direction, JobResult result) {
        JobStats job = result.stats();
        DirectionStats stats = job.of(direction);
        double seconds = job.elapsedNs / NANOS_PER_SECOND;
        boolean used = stats.ios > 0;
        field("%d;%d;%d;%d", (long) (stats.bytes / BYTES_PER_KIB),
                used ? (long) (stats.bytes / seconds / BYTES_PER_KIB) : 0,
                used ? (long) (stats.ios / seconds) : 0,
                used ? job.elapsedNs / NANOS_PER_MS : 0);
        writeLatency(stats.slat);
        writeLatency(stats.clat);
        writePercentiles(stats, result.spec());
        writeLatency(stats.lat);
        RunningStats bw = stats.bandwidth;
        field("%d;%d;%f%%;%f;%f", Math.round(bw.min()), Math.round(bw.max()),
                report.shareOfGroup(result, direction), bw.mean(), bw.deviation());
        if (version >= VERSION_IOPS) {
            RunningStats iops = stats.iops;
            field("%d", bw.count());
            field("%d;%d;%f;%f;%d", Math.round(iops.min()), Math.round(iops.max()), iops.mean(),
                    iops.deviation(), iops.count());
        }
    }

    private void writeLatency(Histogram histogram) {
        boolean used = histogram.getTotalCount() > 0;
        field("%d;%d;%f;%f", used ? (long) (histogram.getMinValue() / NANOS_PER_US) : 0,
                used ? (long) (histogram.getMaxValue() / NANOS_PER_US) : 0,
                histogram.getMean() / NANOS_PER_US, histogram.getStdDeviation() / NANOS_PER_US);
    }

    /** Of total latencies if these are asked for, else of completions: there is one place. */
    private void writePercentiles(DirectionStats stats, JobSpec spec) {
        Reporting reporting = spec.reporting();
        boolean total = reporting.latPercentiles() || spec.isOpenLoop();
        List<Double> percentiles = total || reporting.clatPercentiles()
                ? reporting.percentiles() : List.of();
        Histogram histogram = total ? stats.lat : stats.clat;
        for (double percentile : percentiles) {
            field("%f%%=%d", percentile,
                    (long) (histogram.getValueAtPercentile(percentile) / NANOS_PER_US));
        }
        for (int i = percentiles.size(); i < Reporting.PERCENTILES_MAX; i++) {
            field("0%%=0");
        }
    }

    /** Nanoseconds have no places of their own: the first of microseconds has them, too. */
    private void writeClasses(LatencyClasses classes) {
        double below = 0;
        for (double percent : classes.ns()) {
            below += percent;
        }
        for (int i = 0; i < classes.us().length; i++) {
            field("%3.2f%%", classes.us()[i] + (i == 0 ? below : 0));
        }
        for (double percent : classes.ms()) {
            field("%3.2f%%", percent);
        }
    }
}
