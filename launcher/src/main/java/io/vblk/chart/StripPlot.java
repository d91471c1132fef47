// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The result of each round of a comparison as a dot, in the order of the rounds: ln(B/A), written
 * as the change in percent. Shows at a glance whether all rounds agree or one burst decided. Dots
 * that are far from the others stand at the edge as triangles. Immutable; thread: any.
 */
public final class StripPlot extends Chart {
    private static final double PLOT_HEIGHT = 190;
    /** How far the axis reaches beyond the middle of the dots, in widths of their middle part. */
    private static final double REACH = 2.5;

    /**
     * Rounds that belong together, such as those of one pair of processes.
     *
     * @param name stands below them
     * @param ratios ln(B/A) of each round; NaN of one that did not count
     */
    public record Group(String name, List<Double> ratios) {
        /** Copies the list. */
        public Group {
            ratios = List.copyOf(ratios);
        }
    }

    /**
     * What came out of the rounds; NaN for what is not known.
     *
     * @param median the effect, ln(B/A)
     * @param low lower end of its confidence interval
     * @param high upper end
     * @param threshold from which change on there is a verdict, above 0
     */
    public record Effect(double median, double low, double high, double threshold) {}

    private final List<Group> groups;
    private final Effect effect;

    /**
     * A plot of some groups of rounds.
     *
     * @param title stands above it
     * @param description in words, for those who cannot see it
     * @param groups the rounds in their order
     * @param effect what came out of them
     */
    public StripPlot(String title, String description, List<Group> groups, Effect effect) {
        super(title, description);
        this.groups = List.copyOf(groups);
        this.effect = effect;
    }

    @Override
    boolean isEmpty() {
        return groups.stream().noneMatch(
                group -> group.ratios().stream().anyMatch(Double::isFinite));
    }

    @Override
    double fullHeight() {
        return TITLE_HEIGHT + 22 + Plot.ABOVE + PLOT_HEIGHT + Plot.BELOW;
    }

    @Override
    void draw(Svg svg, String id) {
        List<Double> all = new ArrayList<>();
        groups.forEach(group -> group.ratios().stream().filter(Double::isFinite)
                .forEach(all::add));
        Collections.sort(all);
        int rounds = groups.stream().mapToInt(group -> group.ratios().size()).sum();
        Plot plot = new Plot(svg, TITLE_HEIGHT + 22 + Plot.ABOVE, PLOT_HEIGHT,
                Axis.linear(0.5, rounds + 0.5, Unit.COUNT), ratioAxis(all));
        drawNames(svg);
        drawZone(svg, plot);
        plot.drawGrid("round", "B against A");
        svg.line(plot.left(), plot.y(0), plot.right(), plot.y(0), "axis thin");
        drawInterval(svg, plot);
        drawGroups(svg, plot);
        if (Double.isFinite(effect.median())) {
            double y = plot.y(effect.median());
            svg.open("g").text("title", "effect " + Unit.LOG_RATIO.format(effect.median()));
            svg.line(plot.left(), y, plot.right(), y, "rule").close();
        }
    }

    private Axis ratioAxis(List<Double> sorted) {
        Extent extent = new Extent();
        int size = sorted.size();
        double low = sorted.get(size / 10);
        double high = sorted.get(size - 1 - size / 10);
        double reach = Math.max(high - low, 0.004) * REACH;
        extent.add(0, effect.median(), effect.low(), effect.high());
        extent.add(effect.threshold() * 1.3, -effect.threshold() * 1.3);
        extent.add(Math.max(sorted.get(0), low - reach));
        extent.add(Math.min(sorted.get(size - 1), high + reach));
        double room = Math.max((extent.max() - extent.min()) * 0.06, 0.001);
        return Axis.linear(extent.min() - room, extent.max() + room, Unit.LOG_RATIO);
    }

    private void drawNames(Svg svg) {
        double y = TITLE_HEIGHT + 11;
        double x = 0;
        if (Double.isFinite(effect.median())) {
            svg.line(0, y - 4, 22, y - 4, "rule");
            String told = "effect " + Unit.LOG_RATIO.format(effect.median());
            if (Double.isFinite(effect.low()) && Double.isFinite(effect.high())) {
                told += " (" + Unit.LOG_RATIO.format(effect.low()) + " to "
                        + Unit.LOG_RATIO.format(effect.high()) + ")";
            }
            svg.label(28, y, "start", "ink", told);
            x = 28 + Plot.widthOf(told) + 18;
        }
        if (effect.threshold() > 0) {
            svg.rect(x, y - 10, 22, 12, "zone ink");
            svg.label(x + 28, y, "start", "ink",
                    "threshold " + Unit.LOG_RATIO.format(effect.threshold()));
        }
    }

    private void drawZone(Svg svg, Plot plot) {
        if (effect.threshold() > 0) {
            double top = plot.y(effect.threshold());
            svg.rect(plot.left(), top, plot.width(), plot.y(-effect.threshold()) - top,
                    "zone ink");
        }
    }

    private void drawInterval(Svg svg, Plot plot) {
        if (Double.isFinite(effect.low()) && Double.isFinite(effect.high())) {
            double top = plot.y(effect.high());
            svg.rect(plot.left(), top, plot.width(),
                    Math.max(0, plot.y(effect.low()) - top), "band f0");
        }
    }

    private void drawGroups(Svg svg, Plot plot) {
        int round = 1;
        double end = -1;
        for (int i = 0; i < groups.size(); i++) {
            Group group = groups.get(i);
            double from = plot.x(round - 0.5);
            if (i > 0) {
                svg.line(from, plot.top(), from, plot.bottom(), "axis thin dashed");
            }
            for (double ratio : group.ratios()) {
                if (Double.isFinite(ratio)) {
                    drawRound(svg, plot, round, ratio, group.name());
                }
                round++;
            }
            double middle = (from + plot.x(round - 0.5)) / 2;
            double half = Plot.widthOf(group.name()) / 2;
            if (middle - half > end && middle + half < plot.right() - 44) {
                svg.label(middle, plot.bottom() + 32, "middle", "ink", group.name());
                end = middle + half + 8;
            }
        }
    }

    private static void drawRound(Svg svg, Plot plot, int round, double ratio, String group) {
        String tip = (group.isEmpty() ? "" : group + ", ") + "round " + round + ": "
                + Unit.LOG_RATIO.format(ratio);
        if (plot.containsY(ratio)) {
            plot.drawDot(round, ratio, 3, "f0", tip);
            return;
        }
        double x = plot.x(round);
        double y = plot.y(ratio);
        String toEdge = ratio > 0 ? "v0l5 9h-10z" : "v0l5 -9h-10z";
        svg.open("path", "class", "f1", "d", "M" + Svg.number(x) + " " + Svg.number(y) + toEdge);
        svg.text("title", tip).close();
    }
}
