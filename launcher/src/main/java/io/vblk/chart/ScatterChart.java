// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Points with names between two costs, of both of which less is better: the points that no other
 * beats in both are joined by a line (the Pareto front) and named. Immutable; thread: any.
 */
public final class ScatterChart extends Chart {
    private static final double PLOT_HEIGHT = 340;
    private static final double LABEL_MAX = 190;
    /** A name that has no line to its point is no further away. */
    private static final double NEAR = 21;
    /** A name this far above its point needs a line to it. */
    private static final double FAR = 36;
    /** Groups with a colour of their own; the legend has the line of the front besides. */
    private static final int GROUPS_MAX = Style.COLOURS - 1;

    /**
     * One point.
     *
     * @param name what was tried
     * @param group whose colour it has; points of equal groups look alike
     * @param x the first cost
     * @param y the second cost
     * @param isChosen whether it is to be seen first
     */
    public record Item(String name, String group, double x, double y, boolean isChosen) {
        private boolean isComplete() {
            return Double.isFinite(x) && Double.isFinite(y);
        }

        private boolean beats(Item other) {
            return x <= other.x && y <= other.y && (x < other.x || y < other.y);
        }
    }

    /**
     * What a side of the chart is.
     *
     * @param name such as latency
     * @param unit of its numbers
     */
    public record Side(String name, Unit unit) {}

    private record Box(double left, double top, double right, double bottom) {
        boolean holds(Box other) {
            return left <= other.left && other.right <= right
                    && top <= other.top && other.bottom <= bottom;
        }

        boolean meets(Box other) {
            return left < other.right && other.left < right
                    && top < other.bottom && other.top < bottom;
        }
    }

    private final Side xSide;
    private final Side ySide;
    private final List<Item> items;
    private final List<String> groups;
    private final Legend legend;

    /**
     * A chart of some points.
     *
     * @param title stands above it
     * @param description in words, for those who cannot see it
     * @param xSide the lower side
     * @param ySide the left side
     * @param items the points
     */
    public ScatterChart(
            String title, String description, Side xSide, Side ySide, List<Item> items) {
        super(title, description);
        this.xSide = xSide;
        this.ySide = ySide;
        this.items = items.stream().filter(Item::isComplete).toList();
        this.groups = this.items.stream().map(Item::group).distinct().toList();
        List<String> names = new ArrayList<>(groups.size() > 1 ? groups : List.of());
        if (names.size() > GROUPS_MAX) {
            names.subList(GROUPS_MAX - 1, names.size()).clear();
            names.add("others");
        }
        names.add("no other is better in both (Pareto front)");
        this.legend = new Legend(names);
    }

    /** The points that no other beats in both costs, from the left. */
    static List<Item> front(List<Item> items) {
        return items.stream()
                .filter(item -> items.stream().noneMatch(other -> other.beats(item)))
                .sorted(Comparator.comparingDouble(Item::x)).toList();
    }

    @Override
    boolean isEmpty() {
        return items.isEmpty();
    }

    @Override
    double fullHeight() {
        return TITLE_HEIGHT + legend.height() + Plot.ABOVE + PLOT_HEIGHT + Plot.BELOW;
    }

    @Override
    void draw(Svg svg, String id) {
        Extent xs = new Extent();
        Extent ys = new Extent();
        items.forEach(item -> {
            xs.add(item.x());
            ys.add(item.y());
        });
        legend.drawDots(svg, TITLE_HEIGHT);
        Plot plot = new Plot(svg, TITLE_HEIGHT + legend.height() + Plot.ABOVE, PLOT_HEIGHT,
                xs.fitting(xSide.unit()), ys.fitting(ySide.unit()));
        plot.drawGrid(xSide.name(), ySide.name());
        List<Item> front = front(items);
        drawFront(plot, front);
        for (Item item : items) {
            if (item.isChosen()) {
                svg.leaf("circle", "cx", plot.x(item.x()), "cy", plot.y(item.y()), "r", 8.0,
                        "class", "over");
            }
            plot.drawDot(item.x(), item.y(), front.contains(item) ? 4.5 : 3, "f" + colour(item),
                    (item.name() + "\n" + xSide.name() + " " + xSide.unit().format(item.x()))
                            + "\n" + ySide.name() + " " + ySide.unit().format(item.y()));
        }
        drawNames(svg, plot, front);
    }

    private int colour(Item item) {
        return Math.min(groups.indexOf(item.group()), GROUPS_MAX - 1);
    }

    /** Steps: what lies between two points of the front has the worse of each. */
    private static void drawFront(Plot plot, List<Item> front) {
        List<Point> points = new ArrayList<>();
        for (Item item : front) {
            if (!points.isEmpty()) {
                points.add(new Point(item.x(), points.get(points.size() - 1).y()));
            }
            points.add(new Point(item.x(), item.y()));
        }
        plot.drawLine(points, "over dashed");
    }

    /** Names beside their points, those chosen first; one that has no room is left to its tip. */
    private void drawNames(Svg svg, Plot plot, List<Item> front) {
        List<Item> named = new ArrayList<>(items.stream().filter(Item::isChosen).toList());
        front.stream().filter(item -> !item.isChosen()).forEach(named::add);
        List<Box> taken = new ArrayList<>();
        items.forEach(item -> taken.add(new Box(plot.x(item.x()) - 4, plot.y(item.y()) - 4,
                plot.x(item.x()) + 4, plot.y(item.y()) + 4)));
        for (Item item : named) {
            String text = Plot.fitting(item.name(), LABEL_MAX);
            Box whole = new Box(plot.left(), plot.top(), WIDTH, plot.bottom());
            double x = plot.x(item.x());
            double y = plot.y(item.y());
            Box box = places(x, y, Plot.widthOf(text), item.isChosen()).stream()
                    .filter(whole::holds)
                    .filter(place -> item.isChosen() || taken.stream().noneMatch(place::meets))
                    .min(Comparator.comparingLong(
                            place -> taken.stream().filter(place::meets).count()))
                    .orElse(null);
            if (box != null) {
                if (Math.abs(box.bottom - y) > FAR) {
                    svg.line(x, y - 8, (box.left + box.right) / 2, box.bottom, "axis thin");
                }
                svg.label(box.left, box.bottom - 3, "start", "ink halo", text);
                taken.add(box);
            }
        }
    }

    /** Where a name can stand, the best place first; a line leads to those that are far. */
    private static List<Box> places(double x, double y, double width, boolean isFarToo) {
        List<Box> boxes = new ArrayList<>();
        for (double baseline : new double[] {y - 7, y + 16, y - 20, y + 29, y - 44, y - 64,
            y - 84, y - 104}) {
            if (isFarToo || Math.abs(y - baseline) < NEAR) {
                for (double left : new double[] {x + 10, x - 10 - width, x - width / 2}) {
                    boxes.add(new Box(left, baseline - 11, left + width, baseline + 3));
                }
            }
        }
        return boxes;
    }
}
