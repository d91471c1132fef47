// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rows under a head, numbers to the right. Thread: one. */
final class Table {
    private final List<String[]> rows = new ArrayList<>();

    Table(String... head) {
        rows.add(head);
    }

    /** A table of objects that all have the same members. */
    static String of(List<Map<String, Object>> objects) {
        if (objects.isEmpty()) {
            return "none\n";
        }
        Table table = new Table(objects.get(0).keySet().toArray(new String[0]));
        for (Map<String, Object> object : objects) {
            table.row(object.values().toArray());
        }
        return table.toString();
    }

    void row(Object... cells) {
        rows.add(Arrays.stream(cells).map(Table::printable).toArray(String[]::new));
    }

    /** What a server says may not steer the terminal. */
    private static String printable(Object cell) {
        return String.valueOf(cell).replaceAll("\\p{Cntrl}", "?");
    }

    @Override
    public String toString() {
        int[] widths = new int[rows.get(0).length];
        for (String[] row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder out = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                boolean number = isNumbers(i);
                line.append(String.format(Locale.ROOT,
                        "%" + (number ? "" : "-") + widths[i] + "s  ", row[i]));
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
        return out.toString();
    }

    private boolean isNumbers(int column) {
        return rows.size() > 1 && rows.stream().skip(1)
                .allMatch(row -> row[column].matches("-?[0-9.]+"));
    }
}
