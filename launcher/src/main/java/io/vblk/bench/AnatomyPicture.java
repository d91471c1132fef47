// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.List;
import java.util.Locale;

/**
 * Stacked bars, first as they are and then each as wide as the others, as one SVG element that
 * needs nothing else: readable in print, in a dark browser, and inside of a page. Thread: any.
 *
 * @param title stands above
 * @param parts what the bars are stacked of
 * @param bars from top to bottom
 */
record AnatomyPicture(String title, List<String> parts, List<Bar> bars) {
    private static final int WIDTH = 900;
    private static final int LABELS = 120;
    private static final int VALUES = 150;
    private static final int MARGIN = 16;
    private static final int BARS = WIDTH - LABELS - VALUES - 2 * MARGIN;
    private static final int BAR_HEIGHT = 22;
    private static final int ROW_HEIGHT = 30;
    private static final int LEGEND_COLUMNS = 5;
    private static final int LEGEND_ROW = 20;
    private static final int HEADING = 28;
    /** A narrower part has no number in it, only its tooltip. */
    private static final double NUMBERED_MIN = 34;
    private static final double PERCENT = 100;
    private static final double NANOS_PER_US = 1e3;

    /** Told apart by people who see fewer colours; letters on all of them are dark. */
    private static final String[] COLOURS = {"#77aadd", "#99ddff", "#ee8866", "#eedd88", "#ffaabb",
        "#44bb99", "#bbcc33", "#dddddd", "#aa9acd", "#ccbb77"};

    /**
     * A bar.
     *
     * @param label stands to its left
     * @param count how many it is the mean of
     * @param partsNs length of each part in nanoseconds
     */
    record Bar(String label, long count, double[] partsNs) {
        double totalNs() {
            double sum = 0;
            for (double ns : partsNs) {
                sum += ns;
            }
            return sum;
        }
    }

    /** The pictures one below the other, as one. */
    static String column(List<AnatomyPicture> pictures) {
        if (pictures.size() == 1) {
            return pictures.get(0).toSvg();
        }
        int height = pictures.stream().mapToInt(AnatomyPicture::height).sum();
        StringBuilder out = new StringBuilder();
        add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                + "height=\"%d\">", WIDTH, height, WIDTH, height);
        int y = 0;
        for (AnatomyPicture picture : pictures) {
            add(out, "<g transform=\"translate(0 %d)\">", y);
            out.append(picture.toSvg()).append("</g>\n");
            y += picture.height();
        }
        return out.append("</svg>\n").toString();
    }

    private int legendTop() {
        return MARGIN + HEADING;
    }

    private int timesTop() {
        int rows = (parts.size() + LEGEND_COLUMNS - 1) / LEGEND_COLUMNS;
        return legendTop() + rows * LEGEND_ROW + MARGIN;
    }

    private int sharesTop() {
        return timesTop() + HEADING + bars.size() * ROW_HEIGHT + MARGIN;
    }

    private int height() {
        return sharesTop() + HEADING + bars.size() * ROW_HEIGHT + MARGIN;
    }

    /** The picture. */
    String toSvg() {
        int height = height();
        StringBuilder out = new StringBuilder();
        add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"vblk-anatomy\" role=\"img\" "
                + "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">",
                WIDTH, height, WIDTH, height);
        add(out, "<title>%s</title>", escaped(title));
        out.append(STYLE);
        add(out, "<rect class=\"ground\" width=\"%d\" height=\"%d\"/>", WIDTH, height);
        text(out, "heading", MARGIN, MARGIN + 12, title);
        legend(out, legendTop());
        double longestNs = bars.stream().mapToDouble(Bar::totalNs).max().orElse(0);
        panel(out, timesTop(), "mean time", longestNs);
        panel(out, sharesTop(), "the same as shares", 0);
        out.append("</svg>\n");
        return out.toString();
    }

    private static final String STYLE = """
            <style>
            .vblk-anatomy { font: 13px sans-serif; }
            .vblk-anatomy text { fill: #222; }
            .vblk-anatomy .heading { font-weight: bold; }
            .vblk-anatomy .faint { fill: #666; }
            .vblk-anatomy .ground { fill: #fff; }
            .vblk-anatomy .part { stroke: #fff; stroke-width: 0.5; }
            .vblk-anatomy .number { fill: #111; font-size: 11px; text-anchor: middle; }
            @media screen and (prefers-color-scheme: dark) {
              .vblk-anatomy text { fill: #ddd; }
              .vblk-anatomy .faint { fill: #999; }
              .vblk-anatomy .ground { fill: #1b1b1b; }
              .vblk-anatomy .part { stroke: #1b1b1b; }
              .vblk-anatomy .number { fill: #111; }
            }
            </style>
            """;

    private void legend(StringBuilder out, int top) {
        int column = (WIDTH - 2 * MARGIN) / LEGEND_COLUMNS;
        for (int i = 0; i < parts.size(); i++) {
            int x = MARGIN + i % LEGEND_COLUMNS * column;
            int y = top + i / LEGEND_COLUMNS * LEGEND_ROW;
            add(out, "<rect x=\"%d\" y=\"%d\" width=\"13\" height=\"13\" fill=\"%s\"/>", x, y,
                    COLOURS[i % COLOURS.length]);
            text(out, "", x + 19, y + 11, parts.get(i));
        }
    }

    /** One row for each bar; all are as wide as can be if no longest one is given. */
    private void panel(StringBuilder out, int top, String heading, double longestNs) {
        text(out, "faint", MARGIN + LABELS, top + 14, heading);
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            int y = top + HEADING + i * ROW_HEIGHT;
            text(out, "", MARGIN, y + 15, bar.label);
            double whole = longestNs == 0 ? bar.totalNs() : longestNs;
            double x = MARGIN + LABELS;
            for (int part = 0; part < bar.partsNs.length; part++) {
                x = part(out, bar, part, x, y, bar.partsNs[part] / Math.max(1, whole) * BARS);
            }
            text(out, "faint", (int) Math.ceil(x) + 6, y + 15, longestNs == 0
                    ? String.format(Locale.ROOT, "%d sampled", bar.count)
                    : time(bar.totalNs()));
        }
    }

    /** Draws a part; returns where the next one begins. */
    private double part(StringBuilder out, Bar bar, int part, double x, int y, double width) {
        if (bar.partsNs[part] <= 0) {
            return x;
        }
        double share = bar.partsNs[part] / bar.totalNs();
        add(out, "<rect class=\"part\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" "
                        + "fill=\"%s\"><title>%s, %s: %s, %.1f %%</title></rect>", x, y, width,
                BAR_HEIGHT, COLOURS[part % COLOURS.length], escaped(bar.label),
                escaped(parts.get(part)), time(bar.partsNs[part]), PERCENT * share);
        if (width >= NUMBERED_MIN) {
            add(out, "<text class=\"number\" x=\"%.2f\" y=\"%d\">%.0f%%</text>", x + width / 2,
                    y + 15, PERCENT * share);
        }
        return x + width;
    }

    private static String time(double ns) {
        return String.format(Locale.ROOT, ns < 1e6 ? "%.2f us" : "%.0f us", ns / NANOS_PER_US);
    }

    private static void text(StringBuilder out, String kind, int x, int y, String text) {
        add(out, "<text%s x=\"%d\" y=\"%d\">%s</text>",
                kind.isEmpty() ? "" : " class=\"" + kind + "\"", x, y, escaped(text));
    }

    private static void add(StringBuilder out, String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
