// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A history as SVG: a small plot for each series, one below the other. Thread: any. */
final class HistoryPicture {
    private static final int WIDTH = 720;
    private static final int ROW = 110;
    private static final int LEFT = 60;
    private static final int RIGHT = 20;
    private static final int TOP = 26;
    private static final int PLOT = 64;
    private static final double MARGIN_PERCENT = 1;

    private final StringBuilder out = new StringBuilder();

    private HistoryPicture() {}

    static String of(History history) {
        HistoryPicture picture = new HistoryPicture();
        Map<String, List<History.Point>> series = history.series();
        int height = Math.max(1, series.size()) * ROW + TOP;
        picture.out.append(String.format(Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                        + " font-family=\"sans-serif\" font-size=\"12\">%n<style>svg{background:"
                        + "#fff;color:#222}text{fill:currentColor}.b{stroke:#9db4d0}.l{stroke:"
                        + "#1f5fa8;fill:none;stroke-width:1.5}.p{fill:#1f5fa8}.c{stroke:#c33}"
                        + ".z{stroke:#999;stroke-dasharray:3 3}@media (prefers-color-scheme:dark)"
                        + "{svg{background:#16181c;color:#ddd}.l{stroke:#7db3f0}.p{fill:#7db3f0}"
                        + ".b{stroke:#41566f}.c{stroke:#f77}}</style>%n", WIDTH, height, WIDTH));
        int top = TOP;
        for (Map.Entry<String, List<History.Point>> one : series.entrySet()) {
            picture.row(top, one.getKey(), one.getValue());
            top += ROW;
        }
        return picture.out.append("</svg>\n").toString();
    }

    private void row(int top, String key, List<History.Point> points) {
        double low = -MARGIN_PERCENT;
        double high = MARGIN_PERCENT;
        for (History.Point point : points) {
            low = Math.min(low, point.percent() - MARGIN_PERCENT);
            high = Math.max(high, point.percent() + MARGIN_PERCENT);
        }
        text(LEFT, top - 8, "start", key);
        text(LEFT - 6, top + 10, "end", Units.percent(high));
        text(LEFT - 6, top + PLOT, "end", Units.percent(low));
        line("z", LEFT, y(top, 0, low, high), WIDTH - RIGHT, y(top, 0, low, high), "");
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < points.size(); i++) {
            History.Point point = points.get(i);
            double x = x(i, points.size());
            double y = y(top, point.percent(), low, high);
            if (Double.isFinite(point.low()) && Double.isFinite(point.high())) {
                line("b", x, y(top, Math.max(low, point.low()), low, high), x,
                        y(top, Math.min(high, point.high()), low, high), "");
            }
            path.append(i == 0 ? 'M' : 'L').append(number(x)).append(' ').append(number(y));
            out.append("<circle class=\"p\" cx=\"").append(number(x)).append("\" cy=\"")
                    .append(number(y)).append("\" r=\"2.5\"><title>")
                    .append(escaped(point.date() + " " + point.commit() + " "
                            + Units.percent(point.percent()) + " " + point.verdict()))
                    .append("</title></circle>\n");
        }
        out.append("<path class=\"l\" d=\"").append(path).append("\"/>\n");
        for (ChangePoints.Change change : History.changes(points)) {
            double x = (x(change.index() - 1, points.size()) + x(change.index(), points.size()))
                    / 2;
            line("c", x, top, x, top + PLOT, "changed from " + Units.percent(change.before())
                    + " to " + Units.percent(change.after()));
        }
    }

    private static double x(int index, int count) {
        double step = (double) (WIDTH - LEFT - RIGHT) / Math.max(1, count - 1);
        return count == 1 ? LEFT + (WIDTH - LEFT - RIGHT) / 2.0 : LEFT + index * step;
    }

    private static double y(int top, double percent, double low, double high) {
        return top + PLOT * (high - percent) / (high - low);
    }

    private void line(String style, double x1, double y1, double x2, double y2, String title) {
        out.append("<line class=\"").append(style).append("\" x1=\"").append(number(x1))
                .append("\" y1=\"").append(number(y1)).append("\" x2=\"").append(number(x2))
                .append("\" y2=\"").append(number(y2)).append("\">");
        if (!title.isEmpty()) {
            out.append("<title>").append(escaped(title)).append("</title>");
        }
        out.append("</line>\n");
    }

    private void text(double x, double y, String anchor, String text) {
        out.append("<text x=\"").append(number(x)).append("\" y=\"").append(number(y))
                .append("\" text-anchor=\"").append(anchor).append("\">").append(escaped(text))
                .append("</text>\n");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
