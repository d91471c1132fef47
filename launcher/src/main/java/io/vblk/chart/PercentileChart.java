// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.List;

/**
 * Values by percentile: the lower side is 1/(1-q), so that each further nine of a percentile gets
 * as much room as the one before and the tail is not a wall at the right end. Points have the
 * percentile as x, and 100 (the maximum) lies at the right end. Immutable; thread: any.
 */
public final class PercentileChart extends Chart {
    private static final double PLOT_HEIGHT = 280;
    private static final int POINTS_MAX = 6_000;
    private static final int POINTS_MIN = 60;
    /** Percentiles whose dots say their values. */
    private static final double[] TOLD = {50, 90, 99, 99.9, 99.99, 99.999, 99.9999};

    private final List<Line> lines;
    private final Unit unit;
    private final Legend legend;

    /**
     * A chart of some lines.
     *
     * @param title stands above it
     * @param description in words, for those who cannot see it
     * @param unit of the values
     * @param lines the lines; those after the eighth are drawn thin and grey
     */
    public PercentileChart(String title, String description, Unit unit, List<Line> lines) {
        super(title, description);
        int points = Math.max(POINTS_MIN, POINTS_MAX / Math.max(1, lines.size()));
        this.lines = lines.stream().map(line -> line.thinned(points)).toList();
        this.unit = unit;
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
        Extent values = new Extent();
        double highest = 90;
        for (Line line : lines) {
            for (Point point : line.points()) {
                if (!point.isGap()) {
                    values.add(point.y());
                    highest = Math.max(highest, point.x() < 100 ? point.x() : 0);
                }
            }
            line.bands().stream().filter(band -> !band.isGap())
                    .forEach(band -> values.add(band.low(), band.high()));
        }
        legend.drawLines(svg, TITLE_HEIGHT, true);
        Plot plot = new Plot(svg, TITLE_HEIGHT + legend.height() + Plot.ABOVE, PLOT_HEIGHT,
                Axis.percentile(highest), values.fitting(unit));
        plot.drawGrid("percentile", "latency");
        for (int i = lines.size() - 1; i >= 0; i--) {
            plot.drawBands(lines.get(i).bands(), "band f" + Math.min(i, Style.COLOURS - 1));
        }
        for (int i = lines.size() - 1; i >= 0; i--) {
            plot.drawLine(lines.get(i).points(), Legend.lineClass(i, true));
        }
        for (int i = 0; i < Math.min(lines.size(), Style.COLOURS); i++) {
            drawDots(plot, lines.get(i), i);
        }
    }

    private void drawDots(Plot plot, Line line, int index) {
        for (double percentile : TOLD) {
            Point point = at(line.points(), percentile);
            if (point != null) {
                plot.drawDot(percentile, point.y(), 2.6, "f" + index, line.name() + ": "
                        + Axis.percentileName(percentile) + "% within " + unit.format(point.y()));
            }
        }
    }

    /** The first point at a percentile or above it; null if the line ends below. */
    private static Point at(List<Point> points, double percentile) {
        for (Point point : points) {
            if (!point.isGap() && point.x() >= percentile && point.x() < 100) {
                return point;
            }
        }
        return null;
    }
}
