// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.List;

/** Names of lines or areas beside a sample of each, in as many rows as it takes. Immutable. */
final class Legend {
    private static final double SAMPLE = 22;
    private static final double GAP = 18;
    private static final double NAME_MAX = 260;

    private record Place(double x, int row, String text) {}

    private final List<String> names;
    private final List<Place> places = new ArrayList<>();
    private final int rows;

    /** Of more names than there are colours the last sample stands for all that are left. */
    Legend(List<String> all) {
        this(all, Style.COLOURS);
    }

    /** The same of so many colours. */
    Legend(List<String> all, int colours) {
        names = all.size() <= colours
                ? List.copyOf(all)
                : withRest(all.subList(0, colours), all.size() - colours);
        double x = 0;
        int row = 0;
        for (String name : names) {
            String text = Plot.fitting(name, NAME_MAX);
            double width = SAMPLE + 6 + Plot.widthOf(text);
            if (x > 0 && x + width > Chart.WIDTH) {
                x = 0;
                row++;
            }
            places.add(new Place(x, row, text));
            x += width + GAP;
        }
        rows = names.isEmpty() ? 0 : row + 1;
    }

    private static List<String> withRest(List<String> first, int rest) {
        List<String> names = new ArrayList<>(first);
        names.add(rest + " more");
        return names;
    }

    double height() {
        return rows * Plot.LINE_HEIGHT + (rows == 0 ? 0 : 6);
    }

    void drawLines(Svg svg, double top, boolean isDashed) {
        for (int i = 0; i < places.size(); i++) {
            double y = yOf(i, top);
            double x = places.get(i).x;
            svg.line(x, y - 4, x + SAMPLE, y - 4, lineClass(i, isDashed));
            drawName(svg, i, y);
        }
    }

    /** Dots, and for the last name a dashed line. */
    void drawDots(Svg svg, double top) {
        for (int i = 0; i < places.size(); i++) {
            double y = yOf(i, top);
            double x = places.get(i).x;
            if (i + 1 == places.size()) {
                svg.line(x, y - 4, x + SAMPLE, y - 4, "over dashed");
            } else {
                svg.leaf("circle", "cx", x + SAMPLE - 7, "cy", y - 4, "r", 4,
                        "class", "f" + Math.min(i, Style.COLOURS - 1));
            }
            drawName(svg, i, y);
        }
    }

    void drawAreas(Svg svg, double top, String id) {
        for (int i = 0; i < places.size(); i++) {
            double y = yOf(i, top);
            double x = places.get(i).x + SAMPLE - 13;
            svg.rect(x, y - 10, 12, 12, areaClass(i));
            svg.leaf("rect", "x", x, "y", y - 10, "width", 12, "height", 12,
                    "class", "hatch", "fill", hatch(id, i));
            drawName(svg, i, y);
        }
    }

    private double yOf(int index, double top) {
        return top + 12 + places.get(index).row * Plot.LINE_HEIGHT;
    }

    private void drawName(Svg svg, int index, double y) {
        Place place = places.get(index);
        svg.open("text", "x", place.x + SAMPLE + 6, "y", y, "class", "ink");
        svg.text("tspan", place.text);
        if (!place.text.equals(names.get(index))) {
            svg.text("title", names.get(index));
        }
        svg.close();
    }

    static String lineClass(int index, boolean isDashed) {
        if (index >= Style.COLOURS) {
            return "lm";
        }
        return "ln l" + index + (isDashed && index > 0 ? " d" + index : "");
    }

    static String areaClass(int index) {
        return "p" + Math.min(index, Style.AREAS - 1) + " edge";
    }

    static String hatch(String id, int index) {
        return "url(#" + id + "-h" + index % 4 + ")";
    }
}
