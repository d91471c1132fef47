// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.bench.Version;
import io.vblk.chart.HeatMap;
import io.vblk.chart.HtmlPage;
import io.vblk.chart.HtmlTable;
import io.vblk.chart.Line;
import io.vblk.chart.PercentileChart;
import io.vblk.chart.Point;
import io.vblk.chart.StripPlot;
import io.vblk.chart.Unit;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** The result as a page for people: what, how large, and whether one burst decided. Thread: any. */
final class HtmlReport {
    /** Where a curve has its points: each further nine as far as the one before. */
    private static final double[] PERCENTILES = {0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75,
        99.9, 99.95, 99.975, 99.99, 99.995, 99.999};
    private static final int CLASSES = 72;
    /** Scenario, metric and verdict. */
    private static final int WORD_COLUMNS = 3;
    private static final double PERCENT = 100;

    private final SuiteResult result;
    private final HtmlPage page;

    private HtmlReport(SuiteResult result) {
        this.result = result;
        this.page = new HtmlPage("vblk regress: " + result.verdict());
    }

    static String of(SuiteResult result) {
        HtmlReport report = new HtmlReport(result);
        report.verdicts();
        result.scenarios().forEach(report::scenario);
        report.environment();
        report.page.footer("vblk " + Version.TEXT, result.command());
        return report.page.toHtml();
    }

    private void verdicts() {
        page.subtitle(result.candidate() + " beside " + result.baseline() + ", "
                + result.began().format(DateTimeFormatter.ofPattern(
                        "d MMMM yyyy HH:mm", Locale.ROOT)));
        page.section("verdict", "Verdict");
        page.text(TextReport.conclusion(result));
        HtmlTable table = new HtmlTable();
        List<String> columns = verdictThird(TextReport.columns());
        for (int i = 0; i < columns.size(); i++) {
            if (i < WORD_COLUMNS) {
                table.words(columns.get(i));
            } else {
                table.numbers(columns.get(i));
            }
        }
        for (String[] row : TextReport.rows(result)) {
            table.row(mark(row[row.length - 1]), verdictThird(List.of(row)));
        }
        page.table(table);
    }

    /** The last of a row further to the left, where narrow windows show it. */
    private static List<String> verdictThird(List<String> row) {
        List<String> cells = new ArrayList<>(row);
        cells.add(2, cells.remove(cells.size() - 1));
        return cells;
    }

    private static HtmlTable.Mark mark(String verdict) {
        if (verdict.equals(Verdict.REGRESSED.toString())) {
            return HtmlTable.Mark.BAD;
        }
        return verdict.equals(Verdict.IMPROVED.toString())
                ? HtmlTable.Mark.GOOD : HtmlTable.Mark.NONE;
    }

    private void scenario(ScenarioResult scenario) {
        String name = scenario.scenario().name();
        page.section(name, name + ": " + scenario.verdict());
        TextReport.notes(scenario).forEach(page::text);
        if (scenario.refused() != null) {
            return;
        }
        SliceTable table = scenario.table();
        if (!scenario.scenario().isStart()) {
            page.chart(percentiles(table));
        }
        for (Gate.Finding finding : scenario.findings()) {
            if (finding.metric().isFixed()) {
                page.chart(strips(finding, table));
            }
        }
        if (!scenario.scenario().isStart()) {
            page.chart(heat(table));
        }
    }

    private static PercentileChart percentiles(SliceTable table) {
        List<Line> lines = List.of(
                line("baseline", table, Side.A), line("candidate", table, Side.B));
        return new PercentileChart("Latency by percentile",
                "Latency by percentile of both builds, all slices together; the bands are from the"
                        + " lowest to the highest fork", Unit.NANOSECONDS, lines);
    }

    private static Line line(String name, SliceTable table, Side side) {
        Percentiles all = Percentiles.of(table, side);
        List<Percentiles> forks = new ArrayList<>();
        for (int fork = 0; fork < table.forks(); fork++) {
            forks.add(Percentiles.of(table, side, fork));
        }
        List<Point> points = new ArrayList<>();
        List<Line.Band> bands = new ArrayList<>();
        for (double percentile : PERCENTILES) {
            // A percentile that fewer than ten requests are beyond is chance.
            if ((PERCENT - percentile) / PERCENT * all.count() >= 10) {
                points.add(new Point(percentile, all.at(percentile)));
                long low = forks.stream().mapToLong(f -> f.at(percentile)).min().orElse(0);
                long high = forks.stream().mapToLong(f -> f.at(percentile)).max().orElse(0);
                bands.add(new Line.Band(percentile, low, high));
            }
        }
        return new Line(name, points, bands);
    }

    private static StripPlot strips(Gate.Finding finding, SliceTable table) {
        Metric metric = finding.metric();
        double[][] a = table.costs(Side.A, metric);
        double[][] b = table.costs(Side.B, metric);
        List<StripPlot.Group> groups = new ArrayList<>();
        for (int fork = 0; fork < a.length; fork++) {
            List<Double> ratios = new ArrayList<>();
            for (int round = 0; round < Math.min(a[fork].length, b[fork].length); round++) {
                ratios.add(b[fork][round] - a[fork][round]);
            }
            groups.add(new StripPlot.Group("forks " + (fork + 1), ratios));
        }
        Effect effect = finding.effect();
        return new StripPlot(metric + " round by round: " + finding.verdict(),
                "The candidate's " + metric + " beside the baseline's in each round, by pairs of"
                        + " forks", groups, new StripPlot.Effect(effect.hl(), effect.low(),
                        effect.high(), finding.threshold()));
    }

    private static HeatMap heat(SliceTable table) {
        List<Histogram> a = slices(table, Side.A);
        List<Histogram> b = slices(table, Side.B);
        double[] bounds = bounds(a, b);
        return new HeatMap("Latencies slice by slice",
                "How many requests of each slice took how long, for both builds on one scale",
                "slice", Unit.COUNT, 1, bounds,
                List.of(new HeatMap.Panel("baseline", counts(a, bounds)),
                        new HeatMap.Panel("candidate", counts(b, bounds))));
    }

    /** In the order of the rounds, the forks of a round beside each other. */
    private static List<Histogram> slices(SliceTable table, Side side) {
        List<Histogram> all = new ArrayList<>();
        for (int round = 0; round < table.rounds(); round++) {
            for (int fork = 0; fork < table.forks(); fork++) {
                List<Slice> slices = table.of(side, fork);
                if (round < slices.size() && slices.get(round) != null) {
                    all.add(Percentiles.of(slices.get(round)));
                }
            }
        }
        return all;
    }

    private static double[] bounds(List<Histogram> a, List<Histogram> b) {
        double low = Double.MAX_VALUE;
        double high = 1;
        for (List<Histogram> side : List.of(a, b)) {
            for (Histogram slice : side) {
                if (slice.getTotalCount() > 0) {
                    low = Math.min(low, Math.max(1, slice.getMinNonZeroValue()));
                    high = Math.max(high, slice.getMaxValue());
                }
            }
        }
        low = Math.min(low, high / 2);
        double[] bounds = new double[CLASSES + 1];
        for (int i = 0; i <= CLASSES; i++) {
            bounds[i] = low * Math.pow(1.01 * high / low, (double) i / CLASSES);
        }
        return bounds;
    }

    private static List<long[]> counts(List<Histogram> slices, double[] bounds) {
        List<long[]> all = new ArrayList<>();
        double step = Math.log(bounds[1] / bounds[0]);
        for (Histogram slice : slices) {
            long[] counts = new long[CLASSES];
            for (HistogramIterationValue value : slice.recordedValues()) {
                double place = Math.log(Math.max(1, value.getValueIteratedTo()) / bounds[0]) / step;
                counts[(int) Math.max(0, Math.min(CLASSES - 1, place))] +=
                        value.getCountAddedInThisIterationStep();
            }
            all.add(counts);
        }
        return all;
    }

    private void environment() {
        Settings settings = result.settings();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("baseline", result.baseline().toString());
        facts.put("candidate", result.candidate().toString());
        facts.put("machine", result.environment().toString());
        facts.put("forks", settings.forks() + " of each side");
        facts.put("rounds", settings.rounds() + " to " + settings.roundsMax());
        facts.put("warm-up", settings.warmUpMs() + " ms");
        facts.put("seed", Long.toString(settings.seed()));
        if (settings.plant() != null) {
            facts.put("planted", settings.plant().toString());
        }
        page.section("environment", "Environment").facts(facts);
    }
}
