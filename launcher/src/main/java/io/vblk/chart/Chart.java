// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.List;

/**
 * A picture of data, as SVG with real text and tool tips, without scripts. What is not a number in
 * the data is left out; a chart without any data says so. Immutable; thread: any.
 */
public abstract class Chart {
    /** Width in pixels of the SVG's own coordinates; a browser scales it. */
    static final double WIDTH = 760;
    /** Below the title. */
    static final double TITLE_HEIGHT = 24;

    private static final double EMPTY_HEIGHT = 60;
    /** Around a picture that is a file of its own. */
    private static final double BORDER = 8;

    private final String title;
    private final String description;

    Chart(String title, String description) {
        this.title = title;
        this.description = description;
    }

    /** What stands above it. */
    public final String title() {
        return title;
    }

    /** Whether there is nothing to draw. */
    abstract boolean isEmpty();

    /** Height in pixels of one that is not empty. */
    abstract double fullHeight();

    /** Draws what stands below the title; {@code id} is this chart's alone on its page. */
    abstract void draw(Svg svg, String id);

    /** The element for a page that has the style sheet; {@code id} is unlike any other's there. */
    final String toSvg(String id) {
        return write(id, false);
    }

    /** A whole file, with the style sheet in it. */
    public final String toFile() {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + write("c0", true);
    }

    /** A whole file of several, one above the other. */
    public static String toFile(List<Chart> charts) {
        double width = WIDTH + 2 * BORDER;
        double height = BORDER;
        StringBuilder column = new StringBuilder();
        for (Chart chart : charts) {
            column.append("<g transform=\"translate(").append(Svg.number(BORDER)).append(' ')
                    .append(Svg.number(height)).append(")\">")
                    .append(chart.toSvg("c" + charts.indexOf(chart))).append("</g>\n");
            height += (chart.isEmpty() ? EMPTY_HEIGHT : chart.fullHeight()) + 2 * BORDER;
        }
        Svg frame = new Svg();
        frame.open("svg", "xmlns", "http://www.w3.org/2000/svg", "class", "vblk",
                "viewBox", "0 0 " + Svg.number(width) + " " + Svg.number(height),
                "width", width, "height", height);
        frame.text("style", Style.charts());
        frame.rect(0, 0, width, height, "paper");
        String whole = frame.close().toString();
        int end = whole.lastIndexOf("</svg>");
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + whole.substring(0, end) + "\n"
                + column + whole.substring(end);
    }

    private String write(String id, boolean isFile) {
        Svg svg = new Svg();
        double height = isEmpty() ? EMPTY_HEIGHT : fullHeight();
        double border = isFile ? BORDER : 0;
        double width = WIDTH + 2 * border;
        height += 2 * border;
        String box = Svg.number(-border) + " " + Svg.number(-border) + " " + Svg.number(width)
                + " " + Svg.number(height);
        svg.open("svg", "xmlns", "http://www.w3.org/2000/svg", "class", "vblk", "id", id,
                "viewBox", box, "width", width, "height", height, "role", "img",
                "aria-labelledby", id + "-t " + id + "-d");
        svg.text("title", title, "id", id + "-t");
        svg.text("desc", description, "id", id + "-d");
        if (isFile) {
            svg.text("style", Style.charts());
            svg.rect(-border, -border, width, height, "paper");
        }
        svg.label(0, 14, "start", "title ink", Plot.fitting(title, WIDTH / 1.2));
        if (isEmpty()) {
            svg.label(0, TITLE_HEIGHT + 18, "start", "soft", "nothing was measured");
        } else {
            draw(svg, id);
        }
        return svg.close().toString();
    }
}
