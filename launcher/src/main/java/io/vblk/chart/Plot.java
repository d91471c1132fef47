// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.List;

/** The rectangle between two axes: grid, marks and places of numbers. Thread: the owner's. */
final class Plot {
    /** Height of a line of text. */
    static final double LINE_HEIGHT = 16;
    /** Room below the plot for the marks and what they are. */
    static final double BELOW = 40;
    /** Room above the plot for what the marks on the left are. */
    static final double ABOVE = 24;

    private static final double LABEL_GAP = 14;
    private static final double RIGHT = 14;

    private final Svg svg;
    private final Axis xAxis;
    private final Axis yAxis;
    private final List<Axis.Tick> yTicks;
    private final double left;
    private final double top;
    private final double width;
    private final double height;

    Plot(Svg svg, double top, double height, Axis xAxis, Axis yAxis) {
        this(svg, top, height, xAxis, yAxis, 0);
    }

    /** A plot whose left side is at least so far from the picture's. */
    Plot(Svg svg, double top, double height, Axis xAxis, Axis yAxis, double leftMin) {
        this.svg = svg;
        this.xAxis = xAxis;
        this.yAxis = yAxis;
        this.top = top;
        this.height = height;
        this.yTicks = yAxis.ticks((int) (height / 34));
        double longest = leftMin;
        for (Axis.Tick tick : yTicks) {
            longest = Math.max(longest, widthOf(tick.label()) + 10);
        }
        this.left = longest;
        this.width = Chart.WIDTH - RIGHT - left;
    }

    double x(double value) {
        return left + width * xAxis.position(value);
    }

    double y(double value) {
        return top + height * (1 - yAxis.position(value));
    }

    boolean containsY(double value) {
        return yAxis.contains(value);
    }

    double left() {
        return left;
    }

    double right() {
        return left + width;
    }

    double top() {
        return top;
    }

    double bottom() {
        return top + height;
    }

    double width() {
        return width;
    }

    /** The lines behind the data and what they stand for. */
    void drawGrid(String xName, String yName) {
        drawLeft(yName);
        drawBelow(xName);
    }

    /** The same without marks on the lower side. */
    void drawGridWithout(String yName) {
        drawLeft(yName);
        svg.line(left, bottom(), right(), bottom(), "axis thin");
    }

    private void drawLeft(String yName) {
        double lowest = Double.MAX_VALUE;
        for (Axis.Tick tick : yTicks) {
            double at = y(tick.value());
            boolean isMinor = tick.label().isEmpty();
            svg.line(left, at, right(), at, isMinor ? "grid fine" : "grid thin");
            if (!isMinor && lowest - at >= LABEL_GAP) {
                svg.label(left - 6, at + 4, "end", "soft", tick.label());
                lowest = at;
            }
        }
        svg.label(0, top - 11, "start", "soft", yName);
    }

    private void drawBelow(String xName) {
        double end = -Double.MAX_VALUE;
        for (Axis.Tick tick : xAxis.ticks((int) (width / 70))) {
            double at = x(tick.value());
            boolean isMinor = tick.label().isEmpty();
            svg.line(at, top, at, bottom(), isMinor ? "grid fine" : "grid thin");
            double half = widthOf(tick.label()) / 2;
            double middle = Math.min(at, Chart.WIDTH - half);
            if (!isMinor && middle - half > end) {
                svg.label(middle, bottom() + 15, "middle", "soft", tick.label());
                end = middle + half + 6;
            }
        }
        svg.line(left, bottom(), right(), bottom(), "axis thin");
        svg.label(right(), bottom() + 32, "end", "soft", xName);
    }

    /** A line through points, broken where one is missing. */
    void drawLine(List<Point> points, String classes) {
        String path = path(points);
        if (!path.isEmpty()) {
            svg.leaf("path", "class", classes, "d", path);
        }
    }

    private String path(List<Point> points) {
        StringBuilder path = new StringBuilder();
        boolean isDown = false;
        for (int i = 0; i < points.size(); i++) {
            Point point = points.get(i);
            if (point.isGap()) {
                isDown = false;
                continue;
            }
            boolean isAlone = !isDown && (i + 1 == points.size() || points.get(i + 1).isGap());
            path.append(isDown ? 'L' : 'M').append(Svg.number(x(point.x()))).append(' ')
                    .append(Svg.number(y(point.y())));
            if (isAlone) {
                path.append("m-3 0h6");
            }
            isDown = true;
        }
        return path.toString();
    }

    /** The area between the ends of a line's bands. */
    void drawBands(List<Line.Band> bands, String classes) {
        StringBuilder path = new StringBuilder();
        StringBuilder back = new StringBuilder();
        for (Line.Band band : bands) {
            if (!band.isGap()) {
                String x = Svg.number(x(band.x()));
                path.append(path.length() == 0 ? 'M' : 'L').append(x).append(' ')
                        .append(Svg.number(y(band.high())));
                back.insert(0, "L" + x + " " + Svg.number(y(band.low())));
            }
        }
        if (path.length() > 0) {
            svg.leaf("path", "class", classes, "d", path.append(back).append('Z').toString());
        }
    }

    /** A dot that says what it is under the mouse. */
    void drawDot(double x, double y, double radius, String classes, String tip) {
        svg.open("circle", "cx", x(x), "cy", y(y), "r", radius, "class", classes);
        svg.text("title", tip).close();
    }

    /** About how wide a text is, in one of the wider fonts that a browser may take. */
    static double widthOf(String text) {
        return text.codePoints().mapToDouble(Plot::widthOf).sum();
    }

    private static double widthOf(int letter) {
        if (letter > 0x2E7F) {
            return 12.5;
        }
        if (".,:;'|!ijl() fIt/".indexOf(letter) >= 0) {
            return 4.4;
        }
        boolean isWide = "mwMW%@+<>=\u2026".indexOf(letter) >= 0;
        return isWide ? 10.8 : Character.isUpperCase(letter) ? 8.6 : 7.4;
    }

    /** As much of a text as there is room for. */
    static String fitting(String text, double room) {
        if (widthOf(text) <= room) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        double left = room - widthOf("\u2026");
        for (int i = 0; i < text.length(); i = text.offsetByCodePoints(i, 1)) {
            int letter = text.codePointAt(i);
            left -= widthOf(letter);
            if (left < 0 && i > 0) {
                break;
            }
            out.appendCodePoint(letter);
        }
        return out.append("\u2026").toString();
    }
}
