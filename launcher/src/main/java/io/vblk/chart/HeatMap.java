// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How many requests took how long, over time: a column for each interval or slice, a row for each
 * class of latency, more requests in a stronger colour, by the logarithm of their number. Several
 * panels have one scale, so that they can be compared. The median and the 99th percentile of each
 * column are drawn on top. Neighbours are merged until a cell is some pixels large, so the size of
 * the picture does not depend on that of the data. Immutable; thread: any.
 */
public final class HeatMap extends Chart {
    private static final double PLOT_HEIGHT = 230;
    private static final double PANEL_GAP = 26;
    private static final int COLUMNS_MAX = 150;
    private static final int ROWS_MAX = 46;
    private static final double[] DRAWN = {0.5, 0.99};

    /**
     * Counts over time.
     *
     * @param name stands above it if there are several
     * @param counts for each interval the requests of each class of latency, in the order of the
     *     bounds
     */
    public record Panel(String name, List<long[]> counts) {
        /** Copies the list, not the counts. */
        public Panel {
            counts = List.copyOf(counts);
        }
    }

    private final String timeName;
    private final Unit timeUnit;
    private final double interval;
    /** Null if there is no request. */
    private final HeatCells cells;
    private final List<Panel> panels;

    /**
     * A map of some panels.
     *
     * @param title stands above it
     * @param description in words, for those who cannot see it
     * @param timeName what the columns are, such as time or slice
     * @param timeUnit the unit of the interval
     * @param interval what a column lasts in that unit, 1 for numbered slices
     * @param bounds of the classes of latency in nanoseconds, rising, above 0, one more than
     *     classes
     * @param panels at least one
     */
    public HeatMap(String title, String description, String timeName, Unit timeUnit,
            double interval, double[] bounds, List<Panel> panels) {
        super(title, description);
        this.timeName = timeName;
        this.timeUnit = timeUnit;
        this.interval = interval;
        this.panels = List.copyOf(panels);
        this.cells = HeatCells.of(this.panels, bounds, COLUMNS_MAX, ROWS_MAX);
    }

    @Override
    boolean isEmpty() {
        return cells == null;
    }

    @Override
    double fullHeight() {
        return TITLE_HEIGHT + Plot.ABOVE + 22 + panels.size() * (PLOT_HEIGHT + Plot.BELOW)
                + (panels.size() - 1) * PANEL_GAP;
    }

    @Override
    void draw(Svg svg, String id) {
        drawScale(svg);
        Axis time = Axis.linear(0, cells.columns() * cells.merged() * interval, timeUnit);
        Axis latency = Axis.logExactly(cells.bound(0), cells.bound(cells.rows()),
                Unit.NANOSECONDS);
        double top = TITLE_HEIGHT + 22 + Plot.ABOVE;
        for (int i = 0; i < panels.size(); i++) {
            Plot plot = new Plot(svg, top, PLOT_HEIGHT, time, latency, 56);
            String name = panels.get(i).name();
            plot.drawGrid(timeName, panels.size() == 1 ? "latency" : name + ": latency");
            drawCells(svg, plot, i);
            for (double quantile : DRAWN) {
                drawQuantile(plot, i, quantile);
            }
            drawColumns(svg, plot, i);
            top += PLOT_HEIGHT + Plot.BELOW + PANEL_GAP;
        }
    }

    private void drawScale(Svg svg) {
        double y = TITLE_HEIGHT;
        svg.label(0, y + 11, "start", "ink", "requests:");
        double x = 64;
        svg.label(x + 8, y + 11, "end", "soft", "1");
        for (int heat = 0; heat < Style.HEATS; heat++) {
            svg.open("rect", "x", x + 14 + heat * 18, "y", y, "width", 18, "height", 13,
                    "class", "h" + heat);
            svg.text("title", "from " + Unit.COUNT.format(Math.ceil(
                    Math.pow(cells.countMax(), (double) heat / Style.HEATS))) + " on").close();
        }
        x += 20 + Style.HEATS * 18;
        String most = Unit.COUNT.format(cells.countMax());
        svg.label(x, y + 11, "start", "soft", most);
        x += Plot.widthOf(most) + 24;
        svg.line(x, y + 7, x + 22, y + 7, "over");
        svg.label(x + 28, y + 11, "start", "ink", "median");
        x += 96;
        svg.line(x, y + 7, x + 22, y + 7, "over dashed");
        svg.label(x + 28, y + 11, "start", "ink", "99th percentile");
    }

    /** One path for each colour, a rectangle for neighbours that have it. */
    private void drawCells(Svg svg, Plot plot, int panel) {
        StringBuilder[] paths = new StringBuilder[Style.HEATS];
        Arrays.setAll(paths, heat -> new StringBuilder());
        double columnWidth = plot.width() / cells.columns();
        for (int row = 0; row < cells.rows(); row++) {
            double bottom = tenths(plot.y(cells.bound(row)));
            String height = Svg.number(tenths(plot.y(cells.bound(row + 1))) - bottom);
            int column = 0;
            while (column < cells.columns()) {
                int heat = cells.heat(panel, column, row);
                int from = column++;
                while (column < cells.columns() && cells.heat(panel, column, row) == heat) {
                    column++;
                }
                if (heat >= 0) {
                    double left = tenths(plot.left() + from * columnWidth);
                    String width = Svg.number(tenths(plot.left() + column * columnWidth) - left);
                    paths[heat].append('M').append(Svg.number(left)).append(' ')
                            .append(Svg.number(bottom)).append('v').append(height)
                            .append('h').append(width).append("V")
                            .append(Svg.number(bottom)).append('z');
                }
            }
        }
        for (int heat = 0; heat < Style.HEATS; heat++) {
            if (paths[heat].length() > 0) {
                svg.leaf("path", "class", "h" + heat, "shape-rendering", "crispEdges",
                        "d", paths[heat].toString());
            }
        }
    }

    /** To the precision of a coordinate, so that neighbours meet. */
    private static double tenths(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private void drawQuantile(Plot plot, int panel, double quantile) {
        List<Point> points = new ArrayList<>();
        for (int column = 0; column < cells.columns(); column++) {
            points.add(new Point((column + 0.5) * cells.merged() * interval,
                    cells.quantile(panel, column, quantile)));
        }
        plot.drawLine(points, "under");
        plot.drawLine(points, quantile == DRAWN[0] ? "over" : "over dashed");
    }

    private void drawColumns(Svg svg, Plot plot, int panel) {
        double width = plot.width() / cells.columns();
        for (int column = 0; column < cells.columns(); column++) {
            long count = cells.count(panel, column);
            if (count > 0) {
                double left = plot.left() + column * width;
                svg.open("rect", "x", left, "y", plot.top(), "width", width,
                        "height", plot.bottom() - plot.top(), "class", "hover");
                svg.text("title", timeUnit.format(column * cells.merged() * interval)
                        + ": " + Unit.COUNT.format(count) + " requests"
                        + tip(panel, column, "\nmedian ", 0.5)
                        + tip(panel, column, "\n99% within ", 0.99)
                        + tip(panel, column, "\nall within ", 1));
                svg.close();
            }
        }
    }

    private String tip(int panel, int column, String name, double quantile) {
        return name + Unit.NANOSECONDS.format(cells.quantile(panel, column, quantile));
    }
}
