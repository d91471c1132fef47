// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * A value from result to result, with the places at which its level changed: a line for the mean
 * of each stretch between them. Immutable; thread: any.
 */
public final class SeriesChart extends Chart {
    private static final double PLOT_HEIGHT = 230;
    /** Results that say their values; of longer series the last ones. */
    private static final int TOLD_MAX = 600;

    /**
     * One result.
     *
     * @param label what it is of, such as a date or a commit
     * @param value its value; NaN if there is none
     * @param low lower end of its confidence interval, NaN if not known
     * @param high upper end
     */
    public record Entry(String label, double value, double low, double high) {
        /** A result of which nothing is known but its value. */
        public Entry(String label, double value) {
            this(label, value, Double.NaN, Double.NaN);
        }
    }

    /**
     * A change of the level.
     *
     * @param index of the first result on the new level
     * @param label what is said about it, such as the change in percent
     */
    public record Change(int index, String label) {}

    private final String valueName;
    private final Unit unit;
    private final List<Entry> entries;
    private final List<Change> changes;

    /**
     * A chart of some results.
     *
     * @param title stands above it
     * @param description in words, for those who cannot see it
     * @param valueName what the values are
     * @param unit of the values
     * @param entries the results, the oldest first
     * @param changes where the level changed, in rising order
     */
    public SeriesChart(String title, String description, String valueName, Unit unit,
            List<Entry> entries, List<Change> changes) {
        super(title, description);
        this.valueName = valueName;
        this.unit = unit;
        this.entries = List.copyOf(entries);
        this.changes = changes.stream()
                .filter(change -> change.index() > 0 && change.index() < entries.size()).toList();
    }

    @Override
    boolean isEmpty() {
        return entries.stream().noneMatch(entry -> Double.isFinite(entry.value()));
    }

    @Override
    double fullHeight() {
        return TITLE_HEIGHT + Plot.ABOVE + PLOT_HEIGHT + Plot.BELOW + 4;
    }

    @Override
    void draw(Svg svg, String id) {
        Extent values = new Extent();
        entries.forEach(entry -> values.add(entry.value(), entry.low(), entry.high()));
        double room = Math.max(values.max() - values.min(), Math.abs(values.max()) * 0.02) * 0.15;
        double low = values.min() >= 0 ? Math.max(0, values.min() - room) : values.min() - room;
        Plot plot = new Plot(svg, TITLE_HEIGHT + Plot.ABOVE + 4, PLOT_HEIGHT,
                Axis.linear(-0.5, entries.size() - 0.5, Unit.COUNT),
                Axis.linear(low, values.max() + room, unit));
        plot.drawGridWithout(valueName);
        drawLabels(svg, plot);
        drawLevels(svg, plot);
        List<Point> line = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            line.add(new Point(i, entries.get(i).value()));
        }
        plot.drawLine(new Line("", line).thinned(2_000).points(), "ln l0");
        for (int i = Math.max(0, entries.size() - TOLD_MAX); i < entries.size(); i++) {
            drawEntry(svg, plot, i);
        }
    }

    private void drawEntry(Svg svg, Plot plot, int index) {
        Entry entry = entries.get(index);
        if (!Double.isFinite(entry.value())) {
            return;
        }
        String tip = entry.label() + ": " + unit.format(entry.value());
        if (Double.isFinite(entry.low()) && Double.isFinite(entry.high())) {
            svg.line(plot.x(index), plot.y(entry.low()), plot.x(index), plot.y(entry.high()),
                    "ln l0 thin");
            tip += " (" + unit.format(entry.low()) + " to " + unit.format(entry.high()) + ")";
        }
        plot.drawDot(index, entry.value(), entries.size() > 150 ? 1.8 : 3, "f0", tip);
    }

    /** As many labels of results as there is room for, the last one always. */
    private void drawLabels(Svg svg, Plot plot) {
        double widest = entries.stream().mapToDouble(entry -> Plot.widthOf(shortened(entry)))
                .max().orElse(1) + 12;
        int every = (int) Math.ceil(entries.size() * widest / plot.width());
        double free = WIDTH;
        for (int i = entries.size() - 1; i >= 0; i -= Math.max(1, every)) {
            String text = shortened(entries.get(i));
            double half = Plot.widthOf(text) / 2;
            double x = Math.max(half, Math.min(plot.x(i), WIDTH - half));
            if (x + half > free) {
                continue;
            }
            free = x - half - 4;
            svg.line(plot.x(i), plot.bottom(), plot.x(i), plot.bottom() + 4, "axis thin");
            svg.label(x, plot.bottom() + 18, "middle", "soft", text);
        }
    }

    private static String shortened(Entry entry) {
        return Plot.fitting(entry.label(), 100);
    }

    private void drawLevels(Svg svg, Plot plot) {
        int from = 0;
        for (int i = 0; i <= changes.size(); i++) {
            int to = i < changes.size() ? changes.get(i).index() : entries.size();
            double mean = entries.subList(from, to).stream().mapToDouble(Entry::value)
                    .filter(Double::isFinite).average().orElse(Double.NaN);
            if (Double.isFinite(mean) && !changes.isEmpty()) {
                svg.open("g").text("title", "mean " + unit.format(mean));
                svg.line(plot.x(from - 0.5), plot.y(mean), plot.x(to - 0.5), plot.y(mean),
                        "rule dashed").close();
            }
            from = to;
        }
        double end = -1;
        int row = 0;
        for (Change change : changes) {
            double x = plot.x(change.index() - 0.5);
            String text = Plot.fitting(change.label(), 160);
            svg.line(x, plot.top(), x, plot.bottom(), "rule");
            row = x < end ? (row + 1) % 3 : 0;
            boolean isRight = x + 6 + Plot.widthOf(text) < WIDTH;
            svg.label(isRight ? x + 4 : x - 4, plot.top() + 12 + row * 14,
                    isRight ? "start" : "end", "ink halo", text);
            end = x + 12 + Plot.widthOf(text);
        }
    }
}
