// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A whole HTML page with everything in it: no script, and nothing that a browser would fetch. It
 * is well-formed XML as well. Thread: the owner's.
 */
public final class HtmlPage {
    /** A browser carries out and fetches nothing here, whatever a name in the data looks like. */
    private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";

    private record Section(String id, String heading) {}

    private final String title;
    private final StringBuilder body = new StringBuilder(65_536);
    private final List<Section> sections = new ArrayList<>();
    private String subtitle = "";
    private String footer = "";
    private int charts;

    /** A page with this heading. */
    public HtmlPage(String title) {
        this.title = title;
    }

    /** Sets a line below the heading; returns this. */
    public HtmlPage subtitle(String text) {
        subtitle = "<p class=\"soft\">" + Markup.escape(text) + "</p>\n";
        return this;
    }

    /** Begins a section that links reach by {@code #id}; returns this. */
    public HtmlPage section(String id, String heading) {
        sections.add(new Section(id, heading));
        body.append("<h2 id=\"").append(Markup.escape(id)).append("\">")
                .append(Markup.escape(heading)).append("</h2>\n");
        return this;
    }

    /** Begins a part of a section; returns this. */
    public HtmlPage part(String heading) {
        body.append("<h3>").append(Markup.escape(heading)).append("</h3>\n");
        return this;
    }

    /** Adds a paragraph; returns this. */
    public HtmlPage text(String text) {
        body.append("<p>").append(Markup.escape(text)).append("</p>\n");
        return this;
    }

    /** Adds a paragraph that says what is wrong; returns this. */
    public HtmlPage warning(String text) {
        body.append("<p class=\"bad\"><strong>").append(Markup.escape(text))
                .append("</strong></p>\n");
        return this;
    }

    /** Adds lines as they are, such as commands or output; returns this. */
    public HtmlPage lines(String text) {
        body.append("<pre>").append(Markup.escape(text)).append("</pre>\n");
        return this;
    }

    /** Adds lines that a reader unfolds, for those who want them; returns this. */
    public HtmlPage folded(String summary, String text) {
        body.append("<details><summary>").append(Markup.escape(summary))
                .append("</summary>\n");
        lines(text);
        body.append("</details>\n");
        return this;
    }

    /** Adds a picture; returns this. */
    public HtmlPage chart(Chart chart) {
        body.append("<div class=\"wide\">").append(chart.toSvg("c" + ++charts))
                .append("</div>\n");
        return this;
    }

    /** Adds a table; returns this. */
    public HtmlPage table(HtmlTable table) {
        table.write(body);
        return this;
    }

    /** Adds names and values in their order; returns this. */
    public HtmlPage facts(Map<String, String> facts) {
        HtmlTable table = new HtmlTable().words("").words("");
        facts.forEach((name, value) -> table.row(name, value));
        return table(table);
    }

    /** Ends the page with who made it and the command that does so again; returns this. */
    public HtmlPage footer(String madeBy, String command) {
        footer = "<footer><p class=\"soft\">" + Markup.escape(madeBy) + "</p>\n"
                + (command.isEmpty() ? "" : "<p>To repeat:</p>\n<pre>"
                        + Markup.escape(command) + "</pre>\n")
                + "</footer>\n";
        return this;
    }

    /** The page as text, in UTF-8 when it is written to a file. */
    public String toHtml() {
        StringBuilder out = new StringBuilder(body.length() + 16_384);
        out.append("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n")
                .append("<head>\n<meta charset=\"utf-8\"/>\n")
                .append("<meta http-equiv=\"Content-Security-Policy\" content=\"")
                .append(POLICY).append("\"/>\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, ")
                .append("initial-scale=1\"/>\n")
                .append("<meta name=\"color-scheme\" content=\"light dark\"/>\n")
                .append("<title>").append(Markup.escape(title)).append("</title>\n<style>\n")
                .append(Style.page()).append(Style.charts())
                .append("</style>\n</head>\n<body>\n<h1>").append(Markup.escape(title))
                .append("</h1>\n").append(subtitle);
        if (sections.size() > 2) {
            out.append("<nav>");
            for (Section section : sections) {
                out.append("<a href=\"#").append(Markup.escape(section.id)).append("\">")
                        .append(Markup.escape(section.heading)).append("</a> ");
            }
            out.append("</nav>\n");
        }
        return out.append("<main>\n").append(body).append("</main>\n").append(footer)
                .append("</body>\n</html>\n").toString();
    }
}
