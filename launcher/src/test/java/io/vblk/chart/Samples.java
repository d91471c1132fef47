// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Charts of data as they come and as they should not come, and what holds of all of them. */
final class Samples {
    static final String HOSTILE = "<script>alert('x')</script>&\"\u0000\u001b[31m\u202e\ud800]]>";
    static final int CLASSES = 240;

    private Samples() {}

    /** Bounds of classes of latency, eight for each power of two, from 128 ns on. */
    static double[] bounds() {
        double[] bounds = new double[CLASSES + 1];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = 128 * Math.pow(2, i / 8.0);
        }
        return bounds;
    }

    static Line curve(String name, double baseNs, double decades, double requests) {
        List<Point> points = new ArrayList<>();
        for (double x = 1; x < requests; x *= 1.2) {
            double rise = requests > 1 ? decades * Math.log10(x) / Math.log10(requests) : 0;
            points.add(new Point(100 - 100 / x, baseNs * Math.pow(10, rise)));
        }
        points.add(new Point(100, baseNs * Math.pow(10, decades)));
        return new Line(name, points);
    }

    /** Columns of which each cell has another count, so that nothing can be merged. */
    static HeatMap.Panel noise(String name, int columns, long seed) {
        Random random = new Random(seed);
        List<long[]> counts = new ArrayList<>();
        for (int column = 0; column < columns; column++) {
            long[] classes = new long[CLASSES];
            for (int i = 0; i < CLASSES; i++) {
                classes[i] = 1L << random.nextInt(40);
            }
            counts.add(classes);
        }
        return new HeatMap.Panel(name, counts);
    }

    static HeatMap.Panel panelOf(int columns, int latencyClass, long count) {
        List<long[]> counts = new ArrayList<>();
        for (int column = 0; column < columns; column++) {
            long[] classes = new long[CLASSES];
            classes[latencyClass] = count;
            counts.add(classes);
        }
        return new HeatMap.Panel("", counts);
    }

    static HeatMap heatMap(HeatMap.Panel... panels) {
        return new HeatMap("heat", "d", "time", Unit.SECONDS, 0.1, bounds(), List.of(panels));
    }

    /** Every kind of chart without data, with little, with much, and with what is no number. */
    static Map<String, Chart> charts() {
        double nan = Double.NaN;
        double inf = Double.POSITIVE_INFINITY;
        List<Line> jobs = new ArrayList<>();
        List<Point> seconds = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            jobs.add(curve("job " + i, 1e4 + i * 1e3, 2, 1e5));
        }
        for (int i = 0; i < 100_000; i++) {
            seconds.add(new Point(i * 0.1, i % 1000 == 0 ? nan : i % 777));
        }
        List<Line> odd = List.of(new Line(HOSTILE, List.of(new Point(0, nan), new Point(50, inf),
                new Point(nan, 5), new Point(99, 7), new Point(100, 0)),
                List.of(new Line.Band(50, nan, 3), new Line.Band(99, 1, inf))));
        List<Line> none = List.of(new Line("none", List.of()));
        return Map.ofEntries(
                Map.entry("curves", percentiles(List.of(curve("a", 300, 5, 1e7)))),
                Map.entry("curves of 64 jobs", percentiles(jobs)),
                Map.entry("curve of one request", percentiles(List.of(curve("a", 4711, 0, 1)))),
                Map.entry("odd curve", percentiles(odd)),
                Map.entry("no curve", percentiles(none)),
                Map.entry("curve of zeroes",
                        percentiles(List.of(new Line("z", List.of(new Point(0, 0)))))),
                Map.entry("time", overTime(List.of(new Line("long", seconds)))),
                Map.entry("odd time", overTime(odd)),
                Map.entry("no time", overTime(none)),
                Map.entry("time of zeroes",
                        overTime(List.of(new Line("z", List.of(new Point(0, 0)))))),
                Map.entry("heat", heatMap(noise("A", 600, 1), noise("B", 599, 2))),
                Map.entry("heat of one request", heatMap(panelOf(1, 77, 1))),
                Map.entry("heat at the ends", heatMap(panelOf(3, 0, 5), panelOf(9, 239, 1L << 60))),
                Map.entry("no heat", heatMap(panelOf(5, 3, 0))),
                Map.entry("bars", bars(List.of(new StackedBars.Bar(HOSTILE, List.of(1e3, 2e9))))),
                Map.entry("odd bars", bars(List.of(new StackedBars.Bar("odd", List.of(nan, -5.0)),
                        new StackedBars.Bar("more", List.of(1.0, inf, 3.0))))),
                Map.entry("no bars", bars(List.of())),
                Map.entry("strip", strip(List.of(0.1, 0.11, -3.0, 0.12, nan, inf), 0.1, 0.05)),
                Map.entry("strip without effect", strip(List.of(0.0), nan, nan)),
                Map.entry("strip far away", strip(List.of(-7.0, 7.0), 6, 0.01)),
                Map.entry("no strip", strip(List.of(nan), nan, 0.05)),
                Map.entry("scatter", scatter(200)),
                Map.entry("one point", scatter(1)),
                Map.entry("no point", scatter(0)),
                Map.entry("series", series(5_000, 12e3)),
                Map.entry("series of zeroes", series(3, 0)),
                Map.entry("no series", series(0, 0)));
    }

    private static Chart percentiles(List<Line> lines) {
        return new PercentileChart("curves " + HOSTILE, HOSTILE, Unit.NANOSECONDS, lines);
    }

    private static Chart overTime(List<Line> lines) {
        return new TimeChart("time", "d", "IOPS", Unit.PER_SECOND, lines);
    }

    private static Chart bars(List<StackedBars.Bar> bars) {
        return new StackedBars("bars", "d", Unit.NANOSECONDS, List.of("one", HOSTILE, "three"),
                bars, false);
    }

    private static Chart strip(List<Double> ratios, double median, double threshold) {
        return new StripPlot("strip", "d", List.of(new StripPlot.Group(HOSTILE, ratios)),
                new StripPlot.Effect(median, median - 0.01, median + 0.01, threshold));
    }

    private static Chart scatter(int points) {
        Random random = new Random(3);
        List<ScatterChart.Item> items = new ArrayList<>();
        for (int i = 0; i < points; i++) {
            items.add(new ScatterChart.Item(HOSTILE + i, "group " + i % 11,
                    i == 5 ? Double.NaN : 100 * random.nextDouble(),
                    1e6 * random.nextDouble(), i == 7));
        }
        return new ScatterChart("scatter", "d", new ScatterChart.Side("CPU", Unit.PERCENT),
                new ScatterChart.Side("p99", Unit.NANOSECONDS), items);
    }

    private static Chart series(int results, double level) {
        List<SeriesChart.Entry> entries = new ArrayList<>();
        for (int i = 0; i < results; i++) {
            entries.add(i == 1
                    ? new SeriesChart.Entry("missing", Double.NaN)
                    : new SeriesChart.Entry("commit " + i, level + level * (i % 7) / 100,
                            level * 0.98, level * 1.08));
        }
        return new SeriesChart("series", "d", "p50", Unit.NANOSECONDS, entries, List.of(
                new SeriesChart.Change(results / 2, HOSTILE), new SeriesChart.Change(-1, "never"),
                new SeriesChart.Change(results, "beyond")));
    }

    /** Parses text as XML, without looking anything up elsewhere. */
    static Document parse(String xml) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd",
                    false);
            return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
        } catch (SAXException | IOException | ParserConfigurationException e) {
            throw new AssertionError(e.getMessage() + " in\n" + xml.substring(
                    0, Math.min(500, xml.length())), e);
        }
    }
}
