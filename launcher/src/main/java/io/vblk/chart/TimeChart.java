// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.List;

/** Rates or other values over time; points have seconds as x. Immutable; thread: any. */
public final class TimeChart extends Chart {
    private static final double PLOT_HEIGHT = 190;
    private static final int POINTS_MAX = 6_000;
    private static final int POINTS_MIN = 60;
    /** Most slots of time that say their values. */
    private static final int SLOTS_MAX = 80;

    private final String valueName;
    private final List<Line> lines;
    private final Unit unit;
    private final Legend legend;

    /**
     * A chart of some lines.
     *
     * @param title stands above it
     * @param description in words, for those who cannot see it
     * @param valueName what the values are, such as IOPS
     * @param unit of the values
     * @param lines the lines; those after the eighth are drawn thin and grey
     */
    public TimeChart(String title, String description, String valueName, Unit unit,
            List<Line> lines) {
        super(title, description);
        int points = Math.max(POINTS_MIN, POINTS_MAX / Math.max(1, lines.size()));
        this.valueName = valueName;
        this.unit = unit;
        this.lines = lines.stream().map(line -> line.thinned(points)).toList();
        this.legend = new Legend(lines.stream().map(Line::name).toList());
    }

    @Override
    boolean isEmpty() {
        return lines.stream().allMatch(Line::isEmpty);
    }

    @Override
    double fullHeight() {
        return TITLE_HEIGHT + legend.height() + Plot.ABOVE + PLOT_HEIGHT + Plot.BELOW;
    }

    @Override
    void draw(Svg svg, String id) {
        Extent times = new Extent();
        Extent values = new Extent();
        for (Line line : lines) {
            line.points().stream().filter(point -> !point.isGap()).forEach(point -> {
                times.add(point.x());
                values.add(point.y());
            });
            line.bands().stream().filter(band -> !band.isGap())
                    .forEach(band -> values.add(band.low(), band.high()));
        }
        legend.drawLines(svg, TITLE_HEIGHT, false);
        Axis time = Axis.linear(Math.min(0, times.min()), Math.max(times.max(), 1e-3),
                Unit.SECONDS);
        Plot plot = new Plot(svg, TITLE_HEIGHT + legend.height() + Plot.ABOVE, PLOT_HEIGHT,
                time, Axis.fromZero(values.max(), unit));
        plot.drawGrid("time", valueName);
        for (int i = lines.size() - 1; i >= 0; i--) {
            plot.drawBands(lines.get(i).bands(), "band f" + Math.min(i, Style.COLOURS - 1));
            plot.drawLine(lines.get(i).points(), Legend.lineClass(i, false));
        }
        drawSlots(svg, plot, time);
    }

    /** Says under the mouse what the lines are there. */
    private void drawSlots(Svg svg, Plot plot, Axis time) {
        int most = lines.stream().mapToInt(line -> line.points().size()).max().orElse(0);
        int slots = Math.max(1, Math.min(most, SLOTS_MAX));
        double seconds = (time.max() - time.min()) / slots;
        for (int slot = 0; slot < slots; slot++) {
            double from = time.min() + slot * seconds;
            String told = told(from, slot + 1 == slots ? Double.MAX_VALUE : from + seconds);
            if (!told.isEmpty()) {
                double left = plot.x(from);
                double width = plot.x(from + seconds) - left;
                svg.open("rect", "x", left, "y", plot.top(), "width", width,
                        "height", plot.bottom() - plot.top(), "class", "hover");
                svg.text("title", Unit.SECONDS.format(from) + told).close();
            }
        }
    }

    private String told(double from, double to) {
        List<String> rows = new ArrayList<>();
        for (Line line : lines.subList(0, Math.min(lines.size(), Style.COLOURS))) {
            double mean = line.points().stream()
                    .filter(point -> !point.isGap() && point.x() >= from && point.x() < to)
                    .mapToDouble(Point::y).average().orElse(Double.NaN);
            if (!Double.isNaN(mean)) {
                rows.add("\n" + line.name() + ": " + unit.format(mean));
            }
        }
        return String.join("", rows);
    }
}
