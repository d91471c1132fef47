// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayDeque;
import java.util.Deque;

/** Writes SVG elements (SVG 1.1), escaped and closed in order. Thread: the owner's. */
final class Svg {
    private final StringBuilder out = new StringBuilder(16_384);
    private final Deque<String> open = new ArrayDeque<>();

    /** Opens an element; attributes are names and values in turn. */
    Svg open(String name, Object... attributes) {
        start(name, attributes);
        out.append('>');
        open.push(name);
        return this;
    }

    /** Closes the element opened last. */
    Svg close() {
        out.append("</").append(open.pop()).append('>');
        if (open.size() < 2) {
            out.append('\n');
        }
        return this;
    }

    /** An element without content. */
    Svg leaf(String name, Object... attributes) {
        start(name, attributes);
        out.append("/>");
        return this;
    }

    /** An element with nothing but text in it. */
    Svg text(String name, String text, Object... attributes) {
        start(name, attributes);
        out.append('>').append(Markup.escape(text)).append("</").append(name).append('>');
        return this;
    }

    /** A piece of text that people see; anchor is start, middle or end. */
    Svg label(double x, double y, String anchor, String classes, String text) {
        return anchor.equals("start")
                ? text("text", text, "x", x, "y", y, "class", classes)
                : text("text", text, "x", x, "y", y, "class", classes, "text-anchor", anchor);
    }

    Svg line(double x1, double y1, double x2, double y2, String classes) {
        return leaf("line", "x1", x1, "y1", y1, "x2", x2, "y2", y2, "class", classes);
    }

    Svg rect(double x, double y, double width, double height, String classes) {
        return leaf("rect", "x", x, "y", y, "width", width, "height", height, "class", classes);
    }

    private void start(String name, Object... attributes) {
        out.append('<').append(name);
        for (int i = 0; i < attributes.length; i += 2) {
            Object value = attributes[i + 1];
            out.append(' ').append(attributes[i]).append("=\"")
                    .append(value instanceof Double number
                            ? number(number)
                            : Markup.escape(value.toString()))
                    .append('"');
        }
    }

    /** The whole text; everything opened has been closed. */
    @Override
    public String toString() {
        assert open.isEmpty() : "not closed: " + open;
        return out.toString();
    }

    /**
     * A coordinate to a tenth of a pixel, as short as it can be.
     *
     * @throws IllegalArgumentException if it is not a number: the chart should have left it out
     */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("not a coordinate: " + value);
        }
        long tenths = Math.round(value * 10);
        long whole = Math.abs(tenths) / 10;
        long rest = Math.abs(tenths) % 10;
        return (tenths < 0 ? "-" : "") + whole + (rest == 0 ? "" : "." + rest);
    }
}
