// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The result as text, a table in the manner of benchstat. Thread: any. */
final class TextReport {
    static final String[] HEAD = {"scenario", "metric", "baseline", "candidate", "delta",
        "95% interval", "quartile", "A/A", "limit", "verdict"};
    private static final int LEFT_COLUMNS = 2;
    private static final double P999 = 99.9;
    private static final double PERCENT = 100;
    private static final double SLOW_SHARE_SHOWN = 0.02;

    private TextReport() {}

    /** What is said before anything is measured. */
    static String head(Build baseline, Build candidate, Settings settings,
            Environment environment) {
        return "baseline:  " + baseline + "\ncandidate: " + candidate + "\nmachine:   "
                + environment + "\nmethod:    " + settings.forks()
                + (settings.forks() == 1 ? " fork" : " forks") + " of each side, "
                + settings.rounds() + " to " + settings.roundsMax() + " rounds, seed "
                + settings.seed()
                + (settings.plant() == null ? "" : ", planted " + settings.plant()) + "\n\n";
    }

    /** The table, what is remarkable, and the verdict. */
    static String of(SuiteResult result) {
        StringBuilder out = new StringBuilder();
        out.append(result.scenarios().isEmpty() ? "" : table(result));
        List<String> notes = notes(result);
        if (!notes.isEmpty()) {
            out.append('\n');
            notes.forEach(note -> out.append(note).append('\n'));
        }
        out.append('\n').append(conclusion(result)).append('\n');
        return out.toString();
    }

    /** All in one line. */
    static String conclusion(SuiteResult result) {
        List<String> counts = new ArrayList<>();
        for (Verdict verdict : new Verdict[] {Verdict.REGRESSED, Verdict.INCONCLUSIVE,
            Verdict.WITHIN_NOISE, Verdict.NO_CHANGE, Verdict.IMPROVED}) {
            long count = result.count(verdict);
            if (count > 0) {
                counts.add(count + " " + verdict);
            }
        }
        return (result.stopped() ? "stopped: " : "verdict: ")
                + (counts.isEmpty() ? "nothing was compared" : String.join(", ", counts));
    }

    static String table(SuiteResult result) {
        List<String[]> rows = new ArrayList<>();
        rows.add(HEAD);
        rows.addAll(rows(result));
        return aligned(rows);
    }

    /** The rows of the table, a cell for each column. */
    static List<String[]> rows(SuiteResult result) {
        List<String[]> rows = new ArrayList<>();
        for (ScenarioResult scenario : result.scenarios()) {
            String name = scenario.scenario().name();
            for (Gate.Finding finding : scenario.findings()) {
                rows.add(row(name, finding, scenario.table()));
                name = "";
            }
            if (scenario.refused() != null) {
                rows.add(new String[] {name, "-", "-", "-", "-", "-", "-", "-", "-",
                    scenario.verdict().toString()});
            }
            rows.addAll(tailRows(scenario));
        }
        geometricMeans(result).forEach((metric, percent) -> rows.add(new String[] {"geomean",
            metric.toString(), "", "", Units.percent(percent), "", "", "", "", ""}));
        return rows;
    }

    private static String[] row(String name, Gate.Finding finding, SliceTable table) {
        Metric metric = finding.metric();
        Effect effect = finding.effect();
        return new String[] {name, metric.toString(),
            metric.show(table.median(Side.A, metric)), metric.show(table.median(Side.B, metric)),
            Units.percent(metric.percent(effect.hl())), interval(metric, effect),
            Units.percent(metric.percent(effect.q25())),
            finding.equal() == null ? "-" : Units.percent(metric.percent(finding.equal().hl())),
            Units.percent(metric.percent(finding.threshold())), finding.verdict().toString()};
    }

    static String interval(Metric metric, Effect effect) {
        double one = metric.percent(effect.low());
        double other = metric.percent(effect.high());
        return "[" + Units.percent(Math.min(one, other)) + ", "
                + Units.percent(Math.max(one, other)) + "]";
    }

    /** What is reported and never gated: too few samples tell it. */
    private static List<String[]> tailRows(ScenarioResult scenario) {
        Map<Side, Percentiles> all = scenario.percentiles();
        if (all.isEmpty() || all.get(Side.A).count() == 0 || scenario.scenario().isStart()) {
            return List.of();
        }
        Percentiles a = all.get(Side.A);
        Percentiles b = all.get(Side.B);
        return List.of(
                tail("p99.9", a.at(P999), b.at(P999)), tail("max", a.maxNs(), b.maxNs()));
    }

    private static String[] tail(String name, double a, double b) {
        return new String[] {"", name, Units.time(a), Units.time(b),
            Units.percent(PERCENT * (b / Math.max(1, a) - 1)), "", "", "", "", "not gated"};
    }

    /** Of each metric over all scenarios that have it, if they are several. */
    static Map<Metric, Double> geometricMeans(SuiteResult result) {
        Map<Metric, List<Double>> effects = new EnumMap<>(Metric.class);
        for (ScenarioResult scenario : result.scenarios()) {
            for (Gate.Finding finding : scenario.findings()) {
                if (finding.metric() != Metric.POLL_HITS && finding.effect().pairs() > 0) {
                    effects.computeIfAbsent(finding.metric(), m -> new ArrayList<>())
                            .add(finding.effect().hl());
                }
            }
        }
        Map<Metric, Double> means = new EnumMap<>(Metric.class);
        effects.forEach((metric, all) -> {
            if (all.size() > 1) {
                means.put(metric, metric.percent(
                        all.stream().mapToDouble(e -> e).average().orElse(0)));
            }
        });
        return means;
    }

    /** What explains a verdict, or makes one wonder about it, each after its scenario. */
    static List<String> notes(SuiteResult result) {
        List<String> all = new ArrayList<>();
        for (ScenarioResult scenario : result.scenarios()) {
            String name = scenario.scenario().name();
            notes(scenario).forEach(note -> all.add(name + ": " + note));
        }
        return all;
    }

    /** The same of one scenario. */
    static List<String> notes(ScenarioResult scenario) {
        if (scenario.refused() != null) {
            return List.of(scenario.refused());
        }
        List<String> notes = new ArrayList<>();
        Map<String, String> doubts = new LinkedHashMap<>();
        for (Gate.Finding finding : scenario.findings()) {
            if (finding.doubt() != null) {
                doubts.merge(finding.doubt(), finding.metric().toString(),
                        (first, second) -> first + ", " + second);
            }
        }
        doubts.forEach((doubt, metrics) -> notes.add(metrics + ": " + doubt));
        notes.add(facts(scenario));
        return notes;
    }

    private static String facts(ScenarioResult scenario) {
        SliceTable table = scenario.table();
        StringBuilder line = new StringBuilder();
        line.append(scenario.runs() > 1 ? scenario.runs() + " runs, " : "")
                .append(table.rounds()).append(" rounds of ")
                .append(scenario.scenario().isStart() ? "a start"
                        : scenario.sliceMs() + " ms, " + Units.count(table.samples())
                                + " samples a slice")
                .append(", processors: ").append(scenario.placement())
                .append(String.format(Locale.ROOT, ", %.0f s", scenario.seconds()));
        if (scenario.stealPercent() >= 1) {
            line.append(String.format(Locale.ROOT, ", %.0f%% of the processors' time stolen",
                    scenario.stealPercent()));
        }
        if (scenario.planted() != null) {
            line.append(", planted ").append(scenario.planted());
        }
        double slow = Math.max(table.slowShare(Side.A), table.slowShare(Side.B));
        if (slow >= SLOW_SHARE_SHOWN && !scenario.scenario().isStart()) {
            line.append(String.format(Locale.ROOT, ", %.0f%% of the slices slow",
                    PERCENT * slow));
        }
        return line.toString();
    }

    private static String aligned(List<String[]> rows) {
        int[] widths = new int[HEAD.length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder out = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                boolean left = i < LEFT_COLUMNS || i == row.length - 1;
                String blanks = " ".repeat(widths[i] - row[i].length());
                line.append(i == 0 ? "" : "  ").append(left ? row[i] + blanks : blanks + row[i]);
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
        return out.toString();
    }

    /** The names of the columns. */
    static List<String> columns() {
        return Arrays.asList(HEAD);
    }
}
