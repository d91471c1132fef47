// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a run measured. Immutable once made; thread: any. */
public final class JobReport {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double BYTES_PER_KIB = 1024;

    private final ZonedDateTime started;
    private final List<JobResult> results;
    private final TailReport tail;
    private final List<String> troubles;

    JobReport(ZonedDateTime started, List<JobResult> results, TailReport tail,
            List<String> troubles) {
        this.started = started;
        this.results = List.copyOf(results);
        this.tail = tail;
        this.troubles = List.copyOf(troubles);
    }

    /** The same, of jobs without a [global]. */
    public String toText() {
        return toText(Map.of());
    }

    /**
     * fio's normal output, with the loops' statistics after it.
     *
     * @param globals options of [global], name to value
     */
    public String toText(Map<String, String> globals) {
        return new TextReport(this, globals).write();
    }

    /** What a job says of itself, or [global] of all; empty if neither does. */
    static String descriptionOf(JobSpec spec, Map<String, String> globals) {
        return spec.options().getOrDefault(
                "description", globals.getOrDefault("description", ""));
    }

    /** What the event loops did, handler by handler; empty if they are in another process. */
    public String loopsToText() {
        StringBuilder text = new StringBuilder();
        for (TargetReport target : targets()) {
            if (target.own() != null) {
                text.append(new LoopText(target.own().setup(), target.own().loops()).write());
            }
        }
        return text.toString();
    }

    /**
     * fio's JSON; our own figures stand under "vblk" in each job.
     *
     * @param globals options of [global], name to value
     * @param bins whether latencies come with their bins: json+
     * @param oneLine whether it is to be a line of JSON Lines
     */
    public String toJson(Map<String, String> globals, boolean bins, boolean oneLine)
            throws IOException {
        return new JsonReport(this, globals, bins, oneLine).write();
    }

    /**
     * fio's terse lines, one for each job.
     *
     * @param globals options of [global], name to value
     * @param version 3 to 5; 4 adds trims, 5 adds IOPS
     */
    public String toTerse(Map<String, String> globals, int version) {
        return new TerseReport(this, globals, version).write();
    }

    /** The stages of the requests of these reports as an SVG element; empty if nobody asked. */
    public static String anatomyToSvg(List<JobReport> reports) {
        List<AnatomyPicture> pictures = new ArrayList<>();
        for (JobReport report : reports) {
            for (JobResult row : report.rows()) {
                AnatomyReport anatomy = AnatomyReport.of(row.stats().anatomy);
                if (anatomy != null) {
                    pictures.add(anatomy.picture("Anatomy of a request: " + row.target().name()
                            + ", " + row.spec().name() + ", " + row.spec().rw().fioName()
                            + ", iodepth=" + row.spec().iodepth()));
                }
            }
        }
        return pictures.isEmpty() ? "" : AnatomyPicture.column(pictures);
    }

    /**
     * A page with pictures, whole in itself. Requests over time are on it if the run noted them.
     *
     * @param before the machine before the run
     * @param after the machine after it
     * @param command what repeats the run
     */
    public String toHtml(Environment before, Environment after, String command) {
        return new HtmlReport(
                new HtmlReportSource(List.of(this), before, after, command).read()).write();
    }

    /** The figures of these runs of the same jobs, one after another, as of one. */
    public JobReport with(JobReport later) {
        List<JobResult> both = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            both.add(results.get(i).with(later.results.get(i)));
        }
        List<String> all = new ArrayList<>(troubles);
        all.addAll(later.troubles);
        return new JobReport(started, both, tail, all);
    }

    /** The same of a run that nobody stopped: it must have measured something. */
    JobReport ofWholeRun() {
        if (!failures().isEmpty() || total().ios() > 0
                || results.stream().allMatch(job -> job.spec().timing().rampNs() == 0)) {
            return this;
        }
        return new JobReport(started, results, tail, List.of("nothing was measured: the load ended"
                + " within ramp_time; give it a runtime and time_based"));
    }

    /** What went wrong, a line each, for the operator; empty after a good run. */
    public List<String> failures() {
        List<String> lines = new ArrayList<>();
        for (JobResult result : results) {
            JobStats job = result.stats();
            if (job.errorText != null) {
                lines.add(job.errorText
                        + (job.error == Posix.EIO ? ": " + hostError(result.target()) : "")
                        + (job.errors > 1 ? ", and " + (job.errors - 1) + " more" : ""));
            }
            lines.addAll(job.verifyFailures);
        }
        JobStats total = total();
        if (total.verifyErrors > 0) {
            lines.add(total.verifyErrors + (total.verifyErrors == 1 ? " block" : " blocks")
                    + " did not read back as written");
        }
        lines.addAll(troubles);
        return lines;
    }

    /** What ended a job as an errno, the host's own where the device only said I/O error. */
    static int errorOf(JobResult result) {
        int error = result.stats().error;
        return error == Posix.EIO && hostErrno(result.target()) != 0
                ? hostErrno(result.target()) : error;
    }

    private static int hostErrno(TargetReport target) {
        // The device counts them and does not say which request had which.
        return target.own() == null || target.own().stats().errnosDiffer()
                ? 0 : target.own().stats().lastErrno();
    }

    private static String hostError(TargetReport target) {
        return hostErrno(target) == 0
                ? "the device answered with an I/O error"
                : ErrnoException.describe(hostErrno(target));
    }

    /** Why the slowest requests were slow; null if nobody asked. */
    TailReport tail() {
        return tail;
    }

    ZonedDateTime started() {
        return started;
    }

    /** The jobs one by one. */
    List<JobResult> results() {
        return results;
    }

    /** What is reported, a row for each. */
    List<JobResult> rows() {
        return JobResult.rows(results);
    }

    /** Mean bandwidth of a job in percent of what its group had in all; 0 without samples. */
    double shareOfGroup(JobResult row, Direction direction) {
        RunningStats bandwidth = row.stats().of(direction).bandwidth;
        double bytes = 0;
        long longestNs = 1;
        for (JobResult result : results) {
            if (result.group() == row.group()) {
                bytes += result.stats().of(direction).bytes;
                longestNs = Math.max(longestNs, result.stats().elapsedNs);
            }
        }
        return bandwidth.count() == 0 || bytes == 0 ? 0
                : Math.min(100, 100 * bandwidth.mean() * BYTES_PER_KIB
                        / (bytes / (longestNs / NANOS_PER_SECOND)));
    }

    /** Where the load went, each once. */
    List<TargetReport> targets() {
        return results.stream().map(JobResult::target).distinct().toList();
    }

    /** Requests that a target's jobs had answered. */
    long completedBy(TargetReport target) {
        return results.stream().filter(result -> result.target() == target)
                .mapToLong(result -> result.stats().completed).sum();
    }

    JobStats total() {
        return JobStats.sum(results.stream().map(JobResult::stats).toList());
    }
}
