// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.ArrayList;
import java.util.List;

/** A table of a page. Thread: the owner's. */
public final class HtmlTable {
    /** How a row looks: the words in it say the same for those who see no colour. */
    public enum Mark {
        /** Like any other. */
        NONE(""),
        /** Something got better. */
        GOOD("good"),
        /** Something is wrong. */
        BAD("bad");

        private final String htmlClass;

        Mark(String htmlClass) {
            this.htmlClass = htmlClass;
        }
    }

    private record Row(Mark mark, List<String> cells) {}

    private final List<String> names = new ArrayList<>();
    private final List<Boolean> areNumbers = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();

    /** Adds a column of words; returns this. */
    public HtmlTable words(String name) {
        names.add(name);
        areNumbers.add(false);
        return this;
    }

    /** Adds a column of numbers, which stand below each other; returns this. */
    public HtmlTable numbers(String name) {
        names.add(name);
        areNumbers.add(true);
        return this;
    }

    /** Adds a row; returns this. */
    public HtmlTable row(String... cells) {
        return row(Mark.NONE, List.of(cells));
    }

    /**
     * Adds a row that looks in some way; returns this.
     *
     * @throws IllegalArgumentException if it has more cells than there are columns
     */
    public HtmlTable row(Mark mark, List<String> cells) {
        if (cells.size() > names.size()) {
            throw new IllegalArgumentException(
                    cells.size() + " cells in " + names.size() + " columns");
        }
        rows.add(new Row(mark, List.copyOf(cells)));
        return this;
    }

    /** Whether no row was added. */
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    void write(StringBuilder out) {
        out.append("<div class=\"wide\"><table>\n");
        if (names.stream().anyMatch(name -> !name.isEmpty())) {
            out.append("<thead><tr>");
            for (int i = 0; i < names.size(); i++) {
                out.append("<th scope=\"col\"").append(areNumbers.get(i) ? " class=\"n\">" : ">")
                        .append(Markup.escape(names.get(i))).append("</th>");
            }
            out.append("</tr></thead>\n");
        }
        out.append("<tbody>\n");
        for (Row row : rows) {
            out.append(row.mark == Mark.NONE
                    ? "<tr>"
                    : "<tr class=\"" + row.mark.htmlClass + "\">");
            for (int i = 0; i < row.cells.size(); i++) {
                out.append("<td class=\"").append(areNumbers.get(i) ? 'n' : 't').append("\">")
                        .append(Markup.escape(row.cells.get(i))).append("</td>");
            }
            out.append("</tr>\n");
        }
        out.append("</tbody></table></div>\n");
    }
}
