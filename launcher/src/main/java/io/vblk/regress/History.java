// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.files.WholeFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Results of many comparisons, a JSON line for each metric: what the candidate was beside its
 * baseline. Series are of one machine, one baseline, one scenario and one metric, for nothing else
 * can be compared. Thread: control.
 */
public final class History {
    private static final int VERSION = 1;
    /** A smaller change of a series is no news, in percent. */
    private static final double LEAST_PERCENT = 2;
    private static final String LEVELS = "▁▂▃▄▅▆▇█";
    private static final int SHOWN_MAX = 60;
    private static final int COMMIT_LETTERS = 10;

    /**
     * A value of a series.
     *
     * @param date when, as ISO 8601 has it
     * @param commit the candidate's, or what is known of it
     * @param percent how the candidate differs from the baseline
     * @param low lower end of the 95 % interval
     * @param high its upper end
     */
    record Point(String date, String commit, double percent, double low, double high,
            String verdict) {}

    private final Map<String, List<Point>> series = new LinkedHashMap<>();

    private History() {}

    /** Adds the lines of a result. */
    static void append(Path file, SuiteResult result) throws IOException {
        StringBuilder lines = new StringBuilder();
        Environment environment = result.environment();
        for (ScenarioResult scenario : result.scenarios()) {
            for (Gate.Finding finding : scenario.findings()) {
                Metric metric = finding.metric();
                Effect effect = finding.effect();
                double one = metric.percent(effect.low());
                double other = metric.percent(effect.high());
                lines.append(new JsonLine().with("vblk-regress-history", VERSION)
                        .with("date", result.began().withNano(0)
                                .format(DateTimeFormatter.ISO_OFFSET_DATE_TIME))
                        .with("commit", known(result.candidate()))
                        .with("baseline", known(result.baseline()))
                        .with("machine", environment.fingerprint())
                        .with("cpu", environment.cpu()).with("cpus", environment.cpus())
                        .with("jdk", environment.jdk()).with("kernel", environment.kernel())
                        .with("scenario", scenario.scenario().name()).with("metric", metric)
                        .with("percent", metric.percent(effect.hl()))
                        .with("low", Math.min(one, other)).with("high", Math.max(one, other))
                        .with("verdict", finding.verdict())).append('\n');
            }
        }
        if (lines.length() > 0) {
            WholeFile.append(file, lines.toString());
        }
    }

    private static String known(Build build) {
        return build.commit() == null ? build.name() : build.commit();
    }

    /**
     * Reads a file; lines of a version that is not known are left out.
     *
     * @throws IOException in words for an operator
     */
    public static History read(Path file) throws IOException {
        History history = new History();
        JsonLines.read(file, history::line);
        return history;
    }

    private void line(JsonLine line) throws IOException {
        if (line.whole("vblk-regress-history") != VERSION || line.text("percent") == null) {
            return;
        }
        String key = line.text("scenario", "?") + " " + line.text("metric", "?") + ", baseline "
                + letters(line.text("baseline", "?")) + ", machine " + line.text("machine", "?");
        series.computeIfAbsent(key, k -> new ArrayList<>()).add(new Point(
                line.text("date", "?"), letters(line.text("commit", "?")),
                line.number("percent"), line.numberOr("low", Double.NaN),
                line.numberOr("high", Double.NaN), line.text("verdict", "")));
    }

    private static String letters(String commit) {
        return commit.matches("[0-9a-f]{40}") ? commit.substring(0, COMMIT_LETTERS) : commit;
    }

    /** The series by what they are of, in the order of their first values. */
    Map<String, List<Point>> series() {
        return series;
    }

    static List<ChangePoints.Change> changes(List<Point> points) {
        return ChangePoints.of(
                points.stream().mapToDouble(Point::percent).toArray(), LEAST_PERCENT);
    }

    /** Prints each series with its changes. */
    public void print(PrintStream out) {
        if (series.isEmpty()) {
            out.println("no results yet");
        }
        series.forEach((key, points) -> {
            Point last = points.get(points.size() - 1);
            out.println(key + ": " + points.size() + (points.size() == 1 ? " run" : " runs"));
            out.println("  " + sparkline(points) + "  last " + Units.percent(last.percent())
                    + " [" + Units.percent(last.low()) + ", " + Units.percent(last.high()) + "] "
                    + last.verdict() + ", " + last.commit());
            for (ChangePoints.Change change : changes(points)) {
                Point first = points.get(change.index());
                out.println(String.format(Locale.ROOT,
                        "  changed in run %d (%s, %s): %s to %s, p = %.3f", change.index() + 1,
                        first.date(), first.commit(), Units.percent(change.before()),
                        Units.percent(change.after()), change.probability()));
            }
        });
    }

    /** The latest values as blocks of eight heights, between the lowest and the highest. */
    static String sparkline(List<Point> points) {
        List<Point> shown = points.subList(Math.max(0, points.size() - SHOWN_MAX), points.size());
        double low = shown.stream().mapToDouble(Point::percent).min().orElse(0);
        double high = shown.stream().mapToDouble(Point::percent).max().orElse(0);
        StringBuilder line = new StringBuilder();
        for (Point point : shown) {
            double height = high - low < 1e-9 ? 0 : (point.percent() - low) / (high - low);
            line.append(LEVELS.charAt((int) Math.round(height * (LEVELS.length() - 1))));
        }
        return line + "  " + Units.percent(low) + " to " + Units.percent(high);
    }

    /** Writes all series as a page for people. */
    public void draw(Path file) throws IOException {
        WholeFile.write(file, HistoryPage.of(this));
    }
}
