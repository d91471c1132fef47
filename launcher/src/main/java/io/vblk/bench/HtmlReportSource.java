// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.aio.PollingOptions;
import io.vblk.chart.StackedBars;
import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.virtioblk.VirtioBlkStats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** Takes what an HTML report shows from what a run measured. Thread: control. */
final class HtmlReportSource {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final List<Direction> KINDS =
            List.of(Direction.READ, Direction.WRITE, Direction.TRIM);

    private final List<JobReport> reports;
    private final JobReport report;
    private final Environment before;
    private final Environment after;
    private final String command;
    private final LatencyTimeline.Grid grid;

    /** Of one run, or of some that took turns. */
    HtmlReportSource(
            List<JobReport> reports, Environment before, Environment after, String command) {
        this.reports = List.copyOf(reports);
        this.report = reports.get(0);
        this.before = before;
        this.after = after;
        this.command = command;
        this.grid = LatencyTimeline.grid(reports.stream().flatMap(one -> KINDS.stream()
                .flatMap(kind -> timelines(one.total(), kind).stream())).toList());
    }

    /** What a page of one run shows. */
    HtmlReportData read() {
        List<JobResult> results = report.results();
        List<HtmlReportData.Kind> jobs = new ArrayList<>();
        for (int i = 0; i < results.size() && results.size() > 1; i++) {
            jobs.addAll(kinds(nameOf(i), "", results.get(i).stats()));
        }
        Map<String, String> texts = new LinkedHashMap<>();
        if (report.tail() != null) {
            texts.put("Why the slowest were slow", report.tail().toText());
        }
        texts.put("Text", report.toText() + report.loopsToText());
        List<String> names = report.targets().stream().map(TargetReport::name).toList();
        return new HtmlReportData("vblk bench: " + String.join(", ", names), subtitle(), command,
                isOpenLoop(), false, kinds("", "", report.total()), jobs, anatomy("", report),
                loops(),
                facts(), texts, report.failures());
    }

    /**
     * What a page of runs shows that took turns.
     *
     * @param names of their targets
     * @param text the ratios
     */
    HtmlReportData compared(List<String> names, String text) {
        List<HtmlReportData.Kind> all = new ArrayList<>();
        List<HtmlReportData.Anatomy> anatomy = new ArrayList<>();
        Map<String, String> texts = new LinkedHashMap<>();
        List<String> failures = new ArrayList<>();
        texts.put("Comparison", text);
        for (int i = 0; i < reports.size(); i++) {
            all.addAll(kinds("", " on " + names.get(i), reports.get(i).total()));
            anatomy.addAll(anatomy(names.get(i), reports.get(i)));
            texts.put(names.get(i), reports.get(i).toText());
            for (String failure : reports.get(i).failures()) {
                failures.add(names.get(i) + ": " + failure);
            }
        }
        return new HtmlReportData("vblk bench: " + String.join(" against ", names), subtitle(),
                command, isOpenLoop(), true, all, List.of(), anatomy, List.of(),
                Map.of("Environment", environment()), texts, failures);
    }

    private boolean isOpenLoop() {
        return report.results().stream().anyMatch(job -> job.spec().isOpenLoop());
    }

    private String nameOf(int index) {
        String name = report.results().get(index).spec().name();
        boolean isAlone = report.results().stream()
                .filter(other -> other.spec().name().equals(name)).count() == 1;
        return isAlone ? name : name + " " + (index + 1);
    }

    private String subtitle() {
        List<String> loads = report.results().stream().map(HtmlReportSource::load)
                .distinct().toList();
        int jobs = report.results().size();
        String load = loads.size() == 1
                ? loads.get(0) : loads.get(0) + ", and " + (loads.size() - 1) + " more";
        return load + (jobs == 1 ? "" : ", " + jobs + " jobs") + ", "
                + report.started().toOffsetDateTime().withNano(0);
    }

    private static String load(JobResult result) {
        JobSpec spec = result.spec();
        int bytes = spec.rw().reads()
                ? spec.access().sizes().read().maxBytes()
                : spec.rw().writes()
                        ? spec.access().sizes().write().maxBytes()
                        : spec.access().sizes().trim().maxBytes();
        return String.format(Locale.ROOT, "%s of %d bytes, iodepth %d, %s loop",
                spec.rw().fioName(), bytes, spec.iodepth(),
                spec.isOpenLoop() ? "open" : "closed");
    }

    // ------------------------------------------------------------------ requests

    private static List<LatencyTimeline> timelines(JobStats stats, Direction kind) {
        return stats.timelines.stream().map(job -> job.of(kind))
                .filter(timeline -> timeline != null && !timeline.isEmpty()).toList();
    }

    private List<HtmlReportData.Kind> kinds(String job, String where, JobStats stats) {
        List<HtmlReportData.Kind> kinds = new ArrayList<>();
        for (Direction kind : KINDS) {
            DirectionStats figures = stats.of(kind);
            if (figures.ios > 0) {
                List<LatencyTimeline> timelines = timelines(stats, kind);
                kinds.add(new HtmlReportData.Kind(
                        job, kind.name().toLowerCase(Locale.ROOT) + where,
                        figures.ios, figures.bytes, stats.elapsedNs / NANOS_PER_SECOND,
                        latency(figures.lat), latency(figures.clat), latency(figures.slat),
                        timelines.isEmpty() ? null : LatencyTimeline.sum(
                                timelines, grid, job.isEmpty())));
            }
        }
        return kinds;
    }

    private static HtmlReportData.Latency latency(Histogram histogram) {
        return new HtmlReportData.Latency(histogram.getMean(), histogram.getMaxValue(),
                PercentileCurve.of(histogram));
    }

    private static List<HtmlReportData.Anatomy> anatomy(String target, JobReport report) {
        List<HtmlReportData.Anatomy> all = new ArrayList<>();
        for (JobResult row : report.rows()) {
            AnatomyReport anatomy = AnatomyReport.of(row.stats().anatomy);
            if (anatomy != null) {
                String job = report.rows().size() == 1 ? "" : row.spec().name();
                all.add(new HtmlReportData.Anatomy(
                        String.join(", ", Stream.of("By how long requests took", target, job)
                                .filter(word -> !word.isEmpty()).toList()),
                        anatomy.stages().stream()
                                .map(stage -> stage.stage().key()).toList(),
                        anatomy.bands().stream().map(band -> new StackedBars.Bar(band.label(),
                                Arrays.stream(band.meansNs()).boxed().toList())).toList(),
                        anatomy.toText("").strip()));
            }
        }
        return all;
    }

    // ------------------------------------------------------------------ device

    private List<HtmlReportData.Loop> loops() {
        List<HtmlReportData.Loop> loops = new ArrayList<>();
        double allNs = after.secondsSince(before) * NANOS_PER_SECOND;
        for (TargetReport target : report.targets()) {
            if (target.own() == null) {
                continue;
            }
            for (LoopReport loop : target.own().loops()) {
                AioStats stats = loop.stats();
                String name = "iothread " + loop.iothread();
                loops.add(new HtmlReportData.Loop(
                        report.targets().size() == 1 ? name : target.name() + ", " + name,
                        Math.max(0, allNs - stats.pollNs() - stats.waitNs()), stats.pollNs(),
                        stats.waitNs()));
            }
        }
        return loops;
    }

    private Map<String, Map<String, String>> facts() {
        Map<String, Map<String, String>> facts = new LinkedHashMap<>();
        for (TargetReport target : report.targets()) {
            String heading = report.targets().size() == 1 ? "Device" : "Device " + target.name();
            facts.put(heading, device(target));
        }
        facts.put("Environment", environment());
        return facts;
    }

    private Map<String, String> environment() {
        Map<String, String> environment = before.facts();
        environment.putAll(after.since(before));
        return environment;
    }

    private Map<String, String> device(TargetReport target) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("disk", target.description());
        if (!target.engine().isEmpty()) {
            facts.put("engine", target.engine());
        }
        facts.put("rings", target.queues() + " of " + target.queueSize() + ", " + target.ring());
        if (target.own() != null) {
            addOwn(facts, target.own());
        }
        double requests = Math.max(1, report.completedBy(target));
        facts.put("kicks", perRequest(target.kicks(), requests));
        facts.put("calls", perRequest(target.calls(), requests));
        return facts;
    }

    private static void addOwn(Map<String, String> facts, DeviceReport own) {
        VirtioBlkStats device = own.stats();
        AioStats loop = own.loopTotal();
        PollingOptions polling = own.setup().loop().options().polling();
        facts.put("requests", String.format(Locale.ROOT,
                "%d in %d batches (%.1f a batch), %d errors", device.requests(),
                device.batches(), (double) device.requests() / Math.max(1, device.batches()),
                device.errors()));
        facts.put("polling", String.format(Locale.ROOT,
                "policy %s, up to %d ns, %d ns now, %d ns at most", polling.policy(),
                polling.pollMaxNs(), loop.pollTimeNs(), loop.pollTimePeakNs()));
        facts.put("poll hits", String.format(Locale.ROOT, "%d; polled %d times in %d iterations",
                loop.pollHits(), loop.pollPhases(), loop.iterations()));
        facts.put("sleeps", String.format(Locale.ROOT, "%d, %.1f ms", loop.waits(),
                loop.waitNs() / 1e6));
        facts.put("wake-ups", loop.wakeupsSent() + " sent, " + loop.wakeupsElided() + " elided");
    }

    private static String perRequest(long count, double requests) {
        return String.format(Locale.ROOT, "%d, %.3f a request", count, count / requests);
    }
}
