// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

/**
 * The colours, as style sheets with each colour written out: not every viewer of SVG knows
 * variables. Lines and areas can be told apart by people who see red and green alike, and on
 * paper by dashes and hatching as well.
 */
final class Style {
    /** Lines that have a colour of their own; further ones share one. */
    static final int COLOURS = 8;
    /** Areas that have a colour of their own. */
    static final int AREAS = 10;
    /** Steps of a heat map. */
    static final int HEATS = 9;

    /** Of each kind of line, from the first on; the first is not dashed. */
    private static final String[] DASHES =
        {"", "7 3", "2 2", "9 3 2 3", "4 2", "1 3", "12 4", "6 2 2 2 2 2"};

    private static final String[] FILLS = {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
        "#d55e00", "#f0e442", "#999999", "#5b3a8c", "#a5d86e"};
    /** Of text on these. */
    private static final String[] ON_FILLS =
        {"#fff", "#000", "#fff", "#000", "#000", "#fff", "#000", "#000", "#fff", "#000"};

    private static final Palette LIGHT = new Palette("#fff", "#1a1a1a", "#595959", "#e2e2e2",
            new String[] {"#0072b2", "#c44f00", "#00805d", "#aa4499", "#8c6d00", "#332288",
                "#882255", "#666666"},
            new String[] {"#e4eef6", "#c9dded", "#a6c8e0", "#7eaed2", "#5a93c3", "#3c78b0",
                "#275d96", "#174377", "#0b2a52"},
            "#b00020", "#00663f");
    private static final Palette DARK = new Palette("#14171b", "#e8e8e8", "#a9adb3", "#33383f",
            new String[] {"#56b4e9", "#ff9d4d", "#3fd0a4", "#e58fc4", "#f0e442", "#a8a2ff",
                "#ff8a94", "#b5b5b5"},
            new String[] {"#1d2b38", "#213d52", "#26526f", "#2d698c", "#3982a8", "#519cbf",
                "#79b7d1", "#aed3e0", "#eaf5f8"},
            "#ff8a94", "#5fd6a5");
    private static final Palette PAPER = new Palette("#fff", "#000", "#222", "#ccc",
            LIGHT.lines,
            new String[] {"#eeeeee", "#dddddd", "#c8c8c8", "#b0b0b0", "#959595", "#777777",
                "#575757", "#333333", "#000000"},
            "#000", "#000");

    private record Palette(String paper, String ink, String soft, String grid, String[] lines,
            String[] heats, String bad, String good) {}

    private static final String SHAPES = """
            svg.vblk{font:12px system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
            svg.vblk .title{font-size:14px;font-weight:600}
            svg.vblk .halo{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}
            svg.vblk .ln{fill:none;stroke-width:1.7;stroke-linejoin:round}
            svg.vblk .lm{fill:none;stroke-width:.8;opacity:.6}
            svg.vblk .over{fill:none;stroke-width:1.5;stroke-linejoin:round}
            svg.vblk .under{fill:none;stroke-width:4;stroke-linejoin:round;opacity:.8}
            svg.vblk .rule{stroke-width:1.4}
            svg.vblk .thin{stroke-width:1}
            svg.vblk .fine{stroke-width:.5}
            svg.vblk .dashed{stroke-dasharray:5 4}
            svg.vblk .band{stroke:none;opacity:.17}
            svg.vblk .zone{stroke:none;opacity:.1}
            svg.vblk .hover{fill-opacity:0;stroke:none}
            svg.vblk .hover:hover{fill-opacity:.12}
            svg.vblk .hatch{display:none}
            """;

    private Style() {}

    /** The style sheet of charts, for a page or for a file of its own. */
    static String charts() {
        StringBuilder css = new StringBuilder(SHAPES);
        for (int i = 1; i < COLOURS; i++) {
            css.append("svg.vblk .d").append(i).append("{stroke-dasharray:")
                    .append(DASHES[i]).append("}\n");
        }
        for (int i = 0; i < AREAS; i++) {
            css.append("svg.vblk .p").append(i).append("{fill:").append(FILLS[i])
                    .append("}svg.vblk .o").append(i).append("{fill:").append(ON_FILLS[i])
                    .append("}\n");
        }
        colour(css, LIGHT);
        css.append("@media screen and (prefers-color-scheme:dark){\n");
        colour(css, DARK);
        css.append("}\n@media print{\n");
        colour(css, PAPER);
        for (int i = 1; i < COLOURS; i++) {
            css.append("svg.vblk .l").append(i).append("{stroke-dasharray:")
                    .append(DASHES[i]).append("}\n");
        }
        css.append("svg.vblk .hatch{display:inline}\n}\n");
        return css.toString();
    }

    private static void colour(StringBuilder css, Palette palette) {
        rule(css, "ink", "fill:" + palette.ink);
        rule(css, "soft", "fill:" + palette.soft);
        rule(css, "paper", "fill:" + palette.paper);
        rule(css, "hover", "fill:" + palette.ink);
        rule(css, "halo", "stroke:" + palette.paper);
        rule(css, "under", "stroke:" + palette.paper);
        rule(css, "edge", "stroke:" + palette.paper);
        rule(css, "grid", "stroke:" + palette.grid);
        rule(css, "axis", "stroke:" + palette.soft);
        rule(css, "lm", "stroke:" + palette.soft);
        rule(css, "over", "stroke:" + palette.ink);
        rule(css, "rule", "stroke:" + palette.ink);
        rule(css, "bad", "fill:" + palette.bad);
        for (int i = 0; i < COLOURS; i++) {
            rule(css, "l" + i, "stroke:" + palette.lines[i]);
            rule(css, "f" + i, "fill:" + palette.lines[i]);
        }
        for (int i = 0; i < HEATS; i++) {
            rule(css, "h" + i, "fill:" + palette.heats[i]);
        }
    }

    private static void rule(StringBuilder css, String name, String what) {
        css.append("svg.vblk .").append(name).append('{').append(what).append("}\n");
    }

    /** The style sheet of a page around the charts. */
    static String page() {
        return PAGE + pageColours(LIGHT, "a{color:#0060a0}")
                + "@media screen and (prefers-color-scheme:dark){\n:root{color-scheme:dark}\n"
                + pageColours(DARK, "a{color:#7cc4f5}") + "}\n@media print{\n"
                + pageColours(PAPER, "a{color:#000;text-decoration:none}") + PRINT + "}\n";
    }

    private static String pageColours(Palette palette, String links) {
        return "body{background:" + palette.paper + ";color:" + palette.ink + "}\n"
                + "th,td,pre,footer,nav{border-color:" + palette.grid + "}\n"
                + "thead th{border-color:" + palette.soft + "}\n"
                + ".soft,thead th,dt,figcaption{color:" + palette.soft + "}\n"
                + ".bad{color:" + palette.bad + "}.good{color:" + palette.good + "}\n"
                + links + "\n";
    }

    private static final String PAGE = """
            *{box-sizing:border-box}
            body{margin:0 auto;padding:1rem 1.2rem 2rem;max-width:62rem;line-height:1.45;
            font-family:system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
            h1{font-size:1.5rem;margin:.4rem 0}
            h2{font-size:1.2rem;margin:2rem 0 .6rem}
            h3{font-size:1rem;margin:1.2rem 0 .4rem}
            p{margin:.5rem 0;max-width:48rem}
            nav{border-bottom:1px solid;padding-bottom:.6rem}
            nav a{margin-right:1.2rem;white-space:nowrap}
            .wide{overflow-x:auto;margin:.6rem 0}
            .wide svg{display:block;width:100%;min-width:34rem;height:auto}
            table{border-collapse:collapse;font-size:.9rem}
            th,td{padding:.25rem .9rem .25rem 0;border-bottom:1px solid;text-align:left;
            vertical-align:top}
            th{font-weight:600}
            th.n,td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
            td.t{overflow-wrap:anywhere;min-width:8rem}
            td.t:first-child{overflow-wrap:normal;white-space:nowrap}
            tr.bad td:first-child,tr.good td:first-child{font-weight:600}
            pre{border:1px solid;padding:.6rem .8rem;overflow-x:auto;white-space:pre-wrap;
            overflow-wrap:anywhere;font-size:.85rem}
            summary{cursor:pointer}
            footer{border-top:1px solid;margin-top:2.5rem;padding-top:.6rem;font-size:.9rem}
            """;

    private static final String PRINT = """
            body{max-width:none;padding:0;font-size:10pt}
            nav{display:none}
            .wide{overflow:visible;break-inside:avoid}
            .wide svg{min-width:0}
            h2,h3{break-after:avoid}
            tr,pre{break-inside:avoid}
            """;
}
