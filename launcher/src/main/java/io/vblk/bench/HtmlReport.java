// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.chart.HeatMap;
import io.vblk.chart.HtmlPage;
import io.vblk.chart.HtmlTable;
import io.vblk.chart.Line;
import io.vblk.chart.PercentileChart;
import io.vblk.chart.Point;
import io.vblk.chart.StackedBars;
import io.vblk.chart.TimeChart;
import io.vblk.chart.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Writes a run's report as a page with pictures. Thread: control. */
final class HtmlReport {
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};
    private static final double NANOS_PER_SECOND = 1e9;

    private final HtmlReportData data;
    private final HtmlPage page;

    HtmlReport(HtmlReportData data) {
        this.data = data;
        this.page = new HtmlPage(data.title());
    }

    String write() {
        page.subtitle(data.subtitle());
        data.failures().forEach(page::warning);
        writeSummary();
        writeLatency();
        writeTime();
        if (!data.anatomy().isEmpty()) {
            writeAnatomy();
        }
        if (!data.loops().isEmpty()) {
            writeLoops();
        }
        if (!data.jobs().isEmpty()) {
            writeJobs();
        }
        int number = 0;
        for (String heading : data.facts().keySet()) {
            page.section("facts-" + ++number, heading).facts(data.facts().get(heading));
        }
        for (String heading : data.texts().keySet()) {
            page.section("text-" + ++number, heading)
                    .folded("as text", data.texts().get(heading).strip());
        }
        return page.footer("vblk " + Version.TEXT, data.command()).toHtml();
    }

    // ------------------------------------------------------------------ figures

    private void writeSummary() {
        page.section("summary", "Summary");
        page.table(table(data.all()));
        page.text(data.isOpenLoop()
                ? "Open loop: latency counts from when a request was due, so a stall is in the "
                        + "latency of all that it held up. Uncorrected is what a loop without a "
                        + "rate would have seen: from submission to completion."
                : "Closed loop: the next request starts when one has ended, so a stall is in the "
                        + "latency of the requests in flight only. Latency is from start to "
                        + "completion.");
    }

    private HtmlTable table(List<HtmlReportData.Kind> kinds) {
        HtmlTable table = new HtmlTable().words("").numbers("requests").numbers("IOPS")
                .numbers("bandwidth").numbers("mean");
        for (double percentile : PERCENTILES) {
            table.numbers(percentile == Math.rint(percentile)
                    ? "p" + (int) percentile : "p" + percentile);
        }
        table.numbers("max");
        for (HtmlReportData.Kind kind : kinds) {
            writeRow(table, kind);
        }
        return table;
    }

    private void writeRow(HtmlTable table, HtmlReportData.Kind kind) {
        String name = kind.job().isEmpty() ? kind.name() : kind.job() + ": " + kind.name();
        writeRow(table, kind, name, kind.lat());
        if (data.isOpenLoop()) {
            writeRow(table, kind, name + ", uncorrected", kind.clat());
        }
    }

    private static void writeRow(HtmlTable table, HtmlReportData.Kind kind, String name,
            HtmlReportData.Latency latency) {
        List<String> cells = new ArrayList<>(List.of(name, Long.toString(kind.requests()),
                Unit.PER_SECOND.format(kind.iops()),
                Unit.BYTES_PER_SECOND.format(kind.bytesPerSecond()),
                Unit.NANOSECONDS.format(latency.mean())));
        for (double percentile : PERCENTILES) {
            cells.add(Unit.NANOSECONDS.format(latency.at(percentile, kind.requests())));
        }
        cells.add(Unit.NANOSECONDS.format(latency.max()));
        table.row(HtmlTable.Mark.NONE, cells);
    }

    // ------------------------------------------------------------------ pictures

    private void writeLatency() {
        page.section("latency", "Latency by percentile");
        List<Line> lines = new ArrayList<>();
        for (HtmlReportData.Kind kind : data.all()) {
            lines.add(new Line(kind.name() + ": latency", kind.lat().curve()));
        }
        if (data.isOpenLoop()) {
            for (HtmlReportData.Kind kind : data.all()) {
                lines.add(new Line(kind.name() + ": uncorrected", kind.clat().curve()));
            }
        }
        for (HtmlReportData.Kind kind : data.all()) {
            lines.add(new Line(kind.name() + ": submission", kind.slat().curve()));
        }
        page.chart(new PercentileChart(data.jobs().isEmpty() ? "Latency" : "All jobs together",
                described(data.all()), Unit.NANOSECONDS, lines));
    }

    private void writeJobs() {
        page.section("jobs", "Job by job");
        for (HtmlReportData.Kind kind : data.all()) {
            List<HtmlReportData.Kind> jobs = data.jobs().stream()
                    .filter(job -> job.name().equals(kind.name())).toList();
            page.chart(new PercentileChart("Latency of " + kind.name() + "s",
                    "How much the latencies of the jobs differ.", Unit.NANOSECONDS, jobs.stream()
                            .map(job -> new Line(job.job(), job.lat().curve())).toList()));
            if (!timed(jobs).isEmpty()) {
                page.chart(overTime(kind.name() + "s per second", "IOPS", Unit.PER_SECOND,
                        timed(jobs), Timeline::iops, HtmlReportData.Kind::job));
            }
        }
        page.table(table(data.jobs()));
    }

    private static String described(List<HtmlReportData.Kind> kinds) {
        StringBuilder text = new StringBuilder("Latency by percentile, the tail stretched.");
        for (HtmlReportData.Kind kind : kinds) {
            text.append(' ').append(kind.name()).append(": half within ")
                    .append(Unit.NANOSECONDS.format(kind.lat().at(50, kind.requests())))
                    .append(", 99% within ")
                    .append(Unit.NANOSECONDS.format(kind.lat().at(99, kind.requests())))
                    .append(", all within ")
                    .append(Unit.NANOSECONDS.format(kind.lat().max())).append('.');
        }
        return text.toString();
    }

    private void writeTime() {
        List<HtmlReportData.Kind> kinds = timed(data.all());
        if (kinds.isEmpty()) {
            return;
        }
        page.section("time", "Over time");
        List<HeatMap.Panel> panels = kinds.stream()
                .map(kind -> new HeatMap.Panel(kind.name(), List.of(kind.timeline().counts())))
                .toList();
        page.chart(new HeatMap(
                kinds.size() == 1 ? "Latency: " + kinds.get(0).name() : "Latency",
                "How many requests took how long, over time.", "time", Unit.SECONDS,
                kinds.get(0).timeline().intervalNs() / NANOS_PER_SECOND,
                LatencyTimeline.bounds(), panels));
        if (data.isComparison()) {
            return; // each rate is nothing while the others have their turn
        }
        page.chart(overTime("Requests per second", "IOPS", Unit.PER_SECOND, kinds,
                Timeline::iops, HtmlReportData.Kind::name));
        page.chart(overTime("Bandwidth", "bytes per second", Unit.BYTES_PER_SECOND, kinds,
                Timeline::bandwidth, HtmlReportData.Kind::name));
    }

    private static List<HtmlReportData.Kind> timed(List<HtmlReportData.Kind> kinds) {
        return kinds.stream().filter(kind -> kind.timeline() != null).toList();
    }

    private static TimeChart overTime(String title, String valueName, Unit unit,
            List<HtmlReportData.Kind> kinds, Function<Timeline, List<Point>> values,
            Function<HtmlReportData.Kind, String> names) {
        return new TimeChart(title, title + " over the run.", valueName, unit, kinds.stream()
                .map(kind -> new Line(names.apply(kind), values.apply(kind.timeline())))
                .toList());
    }

    private void writeAnatomy() {
        page.section("anatomy", "Anatomy of a request");
        for (HtmlReportData.Anatomy anatomy : data.anatomy()) {
            page.chart(new StackedBars(anatomy.heading(), "Time of requests, stage by stage.",
                    Unit.NANOSECONDS, anatomy.stages(), anatomy.bars(), false));
            page.chart(new StackedBars("The same in shares", "Which part of the time is which.",
                    Unit.NANOSECONDS, anatomy.stages(), anatomy.bars(), true));
            page.lines(anatomy.text());
        }
    }

    private void writeLoops() {
        page.section("loops", "Event loops");
        page.chart(new StackedBars("What the event loops did with their time",
                "Time with work, polling in vain and asleep of each event loop.",
                Unit.NANOSECONDS,
                List.of("work, or polling that found some", "polling in vain", "asleep"),
                data.loops().stream().map(loop -> new StackedBars.Bar(loop.name(),
                        List.of(loop.busyNs(), loop.pollNs(), loop.waitNs()))).toList(),
                true));
    }
}
