// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.chart.Chart;
import io.vblk.chart.ScatterChart;
import io.vblk.chart.Unit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What trying settings has shown. Thread: control. */
public final class TuneReport {
    static final double LEVEL = 0.95;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_US = 1e3;
    private static final double PERCENT = 100;
    /** A choice that is less sure than this is not worth much. */
    private static final double SURE = 0.8;

    final TuneRules rules;
    final TuneVerdict verdict;
    final long sliceNs;
    final int rounds;
    final long tookNs;
    private final TuneEntry reference;
    private final List<Row> rows = new ArrayList<>();
    /** The best one's ratio in the rounds that decided. */
    private final String decisive;

    /** A setting with its ratio to the reference: costs, of which less is better. */
    record Row(TuneEntry entry, double ratio, TuneStatistics.Interval interval) {}

    TuneReport(TuneRules rules, long sliceNs, int rounds, long tookNs, List<TuneEntry> entries,
            TuneEntry reference, TuneVerdict verdict, TuneStatistics statistics) {
        this.rules = rules;
        this.sliceNs = sliceNs;
        this.rounds = rounds;
        this.tookNs = tookNs;
        this.reference = reference;
        this.verdict = verdict;
        this.decisive = ratio(row(verdict.best(), verdict.ratios(), statistics)).trim();
        for (TuneEntry entry : entries) {
            double[] ratios = statistics.ratios(entry, reference, 0);
            if (ratios.length > 0) {
                rows.add(row(entry, ratios, statistics));
            }
        }
        rows.sort(Comparator.comparingDouble(Row::ratio));
    }

    private static Row row(TuneEntry entry, double[] ratios, TuneStatistics statistics) {
        TuneStatistics.Interval in = statistics.interval(ratios, LEVEL);
        return new Row(entry, Math.exp(TuneStatistics.median(ratios)),
                new TuneStatistics.Interval(Math.exp(in.low()), Math.exp(in.high())));
    }

    /** The settings that were measured, the best first. */
    List<Row> rows() {
        return rows;
    }

    /**
     * Options that are recommended; empty for the reference.
     *
     * @return null if nothing is
     */
    public TuneSetting recommended() {
        return verdict.chosen() == null ? null : verdict.chosen().setting;
    }

    // ------------------------------------------------------------------ text

    /** The settings as a table, and what is recommended. */
    public String toText() {
        StringBuilder out = new StringBuilder();
        out.append(String.format(Locale.ROOT, "Tuning of %s for %s: %d round%s of slices of %d ms, "
                + "%.0f s, order from seed %d%n", rules.target(), rules.goal(), rounds,
                rounds == 1 ? "" : "s",
                sliceNs / 1_000_000, tookNs / NANOS_PER_SECOND, rules.seed()));
        if (rows.isEmpty()) {
            return out.append("Nothing is known yet: not one round was done\n").toString();
        }
        int width = rows.stream().mapToInt(row -> label(row.entry).length()).max().orElse(0);
        String name = "%-" + Math.max(width, 7) + "s ";
        out.append(String.format(Locale.ROOT, "  " + name + "%6s  %-22s %8s %9s %9s %7s %6s %6s "
                + "%6s%n", "setting", "rounds", rules.goal() + ", ratio", "IOPS", "p50 us",
                "p99 us", "CPU us", "CPU %", "hits", "kicks"));
        for (Row row : rows) {
            out.append(String.format(Locale.ROOT, "  " + name + "%6s  %s", label(row.entry),
                    row.entry.slices.size() + (row.entry.isOut() ? "-" : " "), ratio(row)));
            out.append(figures(row.entry)).append('\n');
        }
        out.append("  (medians of slices; ratios to ").append(rules.reference())
                .append(" within rounds with 95 % interval;\n   CPU, hits of polls and kicks "
                        + "for a request; rounds with -: left as clearly worse)\n");
        return out.append(advice()).toString();
    }

    private String label(TuneEntry entry) {
        return entry.setting.label(rules.reference());
    }

    private String ratio(Row row) {
        if (row.entry == reference) {
            return String.format(Locale.ROOT, "%-22s", "x 1");
        }
        double one = rules.goal().shown(row.interval.low());
        double two = rules.goal().shown(row.interval.high());
        return String.format(Locale.ROOT, "%-22s", String.format(Locale.ROOT,
                "x %.3f [%.3f, %.3f]", rules.goal().shown(row.ratio), Math.min(one, two),
                Math.max(one, two)));
    }

    private static String figures(TuneEntry entry) {
        return " " + column(8, entry, TuneSlice::iops, 1)
                + column(10, entry, TuneSlice::p50Ns, NANOS_PER_US)
                + column(10, entry, TuneSlice::p99Ns, NANOS_PER_US)
                + column(8, entry, TuneSlice::cpuNs, NANOS_PER_US)
                + column(7, entry, TuneSlice::cpuPercent, 1)
                + column(7, entry, TuneSlice::pollHits, 1)
                + column(7, entry, TuneSlice::kicks, 1);
    }

    private static String column(int width, TuneEntry entry, ToDoubleFunction<TuneSlice> figure,
            double unit) {
        double value = entry.median(figure) / unit;
        String text = !Double.isFinite(value) ? "-"
                : value >= 10_000 ? FioFormat.count(value)
                : String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f",
                        value);
        return String.format(Locale.ROOT, "%" + width + "s", text);
    }

    /** What is recommended, and how sure that is. */
    String advice() {
        if (rounds < TuneRace.ROUNDS_MIN) {
            return String.format(Locale.ROOT, "Nothing can be recommended yet: %d round%s, and %d "
                    + "are the least%n", rounds, rounds == 1 ? "" : "s", TuneRace.ROUNDS_MIN);
        }
        if (verdict.chosen() == null) {
            return rules.cpuLimitPercent() > 0
                    ? String.format(Locale.ROOT, "No setting stays below %.0f %% of a processor%n",
                            rules.cpuLimitPercent())
                    : "Nothing can be recommended yet\n";
        }
        String sure = String.format(Locale.ROOT, "confidence %.0f %%, %d rounds",
                PERCENT * verdict.confidence(), verdict.rounds());
        String more = verdict.confidence() < SURE
                ? "The settings are too alike, or the machine too busy, to be surer: a larger "
                        + "--budget helps\n" : "";
        if (verdict.chosen() == reference) {
            return "Keep " + (rules.reference().equals("now") ? "it as it is now"
                    : "the " + rules.reference()) + " (" + sure + "): "
                    + (verdict.best() == reference ? "nothing is better\n" : String.format(
                            Locale.ROOT, "nothing is surely better.%nNearest is %s: %s %s in these "
                                    + "rounds, the best with confidence %.0f %%%n",
                            label(verdict.best()), rules.goal(), decisive,
                            PERCENT * verdict.bestConfidence())) + more;
        }
        return "Recommended (" + sure + "): " + verdict.chosen().setting.commandLine() + "\n"
                + (rules.allows(reference) ? "" : "The " + rules.reference()
                        + " take more of a processor than allowed\n") + more;
    }

    // ------------------------------------------------------------------ pictures

    /** Processor time against p50 and against p99, one above the other, as an SVG file. */
    public String toSvg() {
        return Chart.toFile(List.of(chart(TuneGoal.P50), chart(TuneGoal.P99)));
    }

    private Chart chart(TuneGoal goal) {
        String name = goal.toString();
        List<ScatterChart.Item> items = new ArrayList<>();
        for (Row row : rows) {
            items.add(new ScatterChart.Item(label(row.entry), group(row.entry),
                    beside(TuneGoal.CPU, row.entry), beside(goal, row.entry),
                    row.entry == reference || row.entry == verdict.chosen()));
        }
        return new ScatterChart("Processor time against " + name + " of " + rules.target(),
                "Each point is a setting: processor time of the device for a request, and the "
                        + name + " of latency; circled are " + rules.reference()
                        + " and what is recommended",
                new ScatterChart.Side("CPU for a request", Unit.NANOSECONDS),
                new ScatterChart.Side(name, Unit.NANOSECONDS), items);
    }

    /** A figure as it would be in the reference's rounds: some were tried in bad times. */
    private double beside(TuneGoal goal, TuneEntry entry) {
        return reference.median(goal::cost) * Math.exp(
                TuneStatistics.median(TuneStatistics.ratios(goal, entry, reference, 0)));
    }

    /** What decides most beside polling. */
    private static String group(TuneEntry entry) {
        List<String> words = new ArrayList<>();
        entry.setting.options().forEach((option, value) -> {
            if (!option.startsWith("poll-")) {
                words.add(option + "=" + value);
            }
        });
        return words.isEmpty() ? "as usual" : String.join(" ", words);
    }

    // ------------------------------------------------------------------ JSON

    /** All of it, with the values of each slice. */
    public String toJson() throws IOException {
        return new TuneJson(this).write();
    }
}
