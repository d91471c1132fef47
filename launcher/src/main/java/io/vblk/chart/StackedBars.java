// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * Bars that lie, each made of parts in the same order: what a whole is the sum of. Immutable;
 * thread: any.
 */
public final class StackedBars extends Chart {
    private static final double BAR_HEIGHT = 26;
    private static final double BAR_GAP = 12;
    private static final double NAME_MAX = 150;
    private static final double HATCH = 7;

    /**
     * One bar.
     *
     * @param name stands left of it
     * @param parts what it is made of, a value for each name of a part; less than nothing and what
     *     is not a number counts as nothing
     */
    public record Bar(String name, List<Double> parts) {
        /** Copies the list. */
        public Bar {
            parts = List.copyOf(parts);
        }

        private double part(int index) {
            double value = index < parts.size() ? parts.get(index) : 0;
            return Double.isFinite(value) ? Math.max(0, value) : 0;
        }

        private double total() {
            double sum = 0;
            for (int i = 0; i < parts.size(); i++) {
                sum += part(i);
            }
            return sum;
        }
    }

    private final Unit unit;
    private final List<String> partNames;
    private final List<Bar> bars;
    private final boolean asShares;
    private final Legend legend;

    /**
     * A chart of some bars.
     *
     * @param title stands above it
     * @param description in words, for those who cannot see it
     * @param unit of the values
     * @param partNames the parts, from the left
     * @param bars the bars, from above
     * @param asShares whether all bars are equally long, for wholes of very different sizes
     */
    public StackedBars(String title, String description, Unit unit, List<String> partNames,
            List<Bar> bars, boolean asShares) {
        super(title, description);
        this.unit = unit;
        this.partNames = List.copyOf(partNames);
        this.bars = List.copyOf(bars);
        this.asShares = asShares;
        this.legend = new Legend(partNames, Style.AREAS);
    }

    @Override
    boolean isEmpty() {
        return bars.stream().allMatch(bar -> bar.total() <= 0);
    }

    @Override
    double fullHeight() {
        return TITLE_HEIGHT + legend.height() + 8 + bars.size() * (BAR_HEIGHT + BAR_GAP)
                + Plot.BELOW;
    }

    @Override
    void draw(Svg svg, String id) {
        double longest = bars.stream().mapToDouble(Bar::total).max().orElse(0);
        drawHatches(svg, id);
        legend.drawAreas(svg, TITLE_HEIGHT, id);
        double left = 12 + bars.stream()
                .mapToDouble(bar -> Math.min(NAME_MAX, Plot.widthOf(bar.name()))).max().orElse(0);
        // Right of the bars there is room for their totals.
        double width = WIDTH - left - 76;
        double top = TITLE_HEIGHT + legend.height() + 4;
        double bottom = top + 4 + bars.size() * (BAR_HEIGHT + BAR_GAP);
        Axis axis = asShares
                ? Axis.linear(0, 100, Unit.PERCENT)
                : Axis.linear(0, longest, unit);
        drawAxis(svg, axis, left, width, top, bottom);
        double y = top + BAR_GAP / 2;
        for (Bar bar : bars) {
            svg.open("text", "x", left - 8, "y", y + 17, "class", "ink", "text-anchor", "end");
            svg.text("tspan", Plot.fitting(bar.name(), NAME_MAX));
            svg.text("title", bar.name()).close();
            double total = bar.total();
            double scale = total <= 0 ? 0 : width / (asShares ? total : longest);
            drawBar(svg, id, bar, left, y, scale);
            svg.label(left + total * scale + 6, y + 17, "start", "ink", unit.format(total));
            y += BAR_HEIGHT + BAR_GAP;
        }
    }

    private static void drawAxis(
            Svg svg, Axis axis, double left, double width, double top, double bottom) {
        double end = -1;
        for (Axis.Tick tick : axis.ticks(8)) {
            double x = left + width * axis.position(tick.value());
            double half = Plot.widthOf(tick.label()) / 2;
            svg.line(x, top, x, bottom, "grid thin");
            if (x - half > end) {
                svg.label(x, bottom + 15, "middle", "soft", tick.label());
                end = x + half + 6;
            }
        }
        svg.line(left, top, left, bottom, "axis thin");
    }

    private void drawBar(Svg svg, String id, Bar bar, double left, double y, double scale) {
        double total = bar.total();
        double x = left;
        for (int i = 0; i < partNames.size(); i++) {
            double value = bar.part(i);
            double width = value * scale;
            if (width < 0.05) {
                continue;
            }
            String share = Unit.PERCENT.format(100 * value / total);
            svg.open("g").text("title", bar.name() + ": " + partNames.get(i) + " "
                    + unit.format(value) + ", " + share);
            svg.rect(x, y, width, BAR_HEIGHT, Legend.areaClass(i));
            svg.leaf("rect", "x", x, "y", y, "width", width, "height", BAR_HEIGHT,
                    "class", "hatch", "fill", Legend.hatch(id, i));
            String text = unit.format(value);
            if (Plot.widthOf(text) + 8 < width) {
                svg.label(x + width / 2, y + 17, "middle",
                        "o" + Math.min(i, Style.AREAS - 1), text);
            }
            svg.close();
            x += width;
        }
    }

    /** Four ways to fill an area on paper; without lines, rising, falling, upright. */
    private static void drawHatches(Svg svg, String id) {
        List<String> paths = new ArrayList<>();
        paths.add("");
        paths.add("M0 7L7 0M-1 1L1 -1M6 8L8 6");
        paths.add("M0 0L7 7M-1 6L1 8M6 -1L8 1");
        paths.add("M3.5 0V7");
        svg.open("defs");
        for (int i = 0; i < paths.size(); i++) {
            svg.open("pattern", "id", id + "-h" + i, "width", HATCH, "height", HATCH,
                    "patternUnits", "userSpaceOnUse");
            svg.leaf("path", "d", paths.get(i), "stroke", "#000", "stroke-width", "0.8",
                    "stroke-opacity", "0.45", "fill", "none");
            svg.close();
        }
        svg.close();
    }
}
