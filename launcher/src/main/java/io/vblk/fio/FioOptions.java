// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** What there is to say about options of jobs: for command lines, and for help. Thread: any. */
public final class FioOptions {
    private FioOptions() {}

    /** Whether a job has such an option, by its name or an alias. */
    public static boolean has(String name) {
        return OptionTable.find(name) != null;
    }

    /** Whether an option, if there is one, can stand without a value. */
    public static boolean isFlag(String name) {
        FioOption row = OptionTable.find(name);
        return row != null && row.isFlag();
    }

    /**
     * An option as command lines show it.
     *
     * @param name its name, as fio has it
     * @param aliases other names
     * @param argument what its value is, such as {@code SIZE}
     * @param isFlag whether it can stand without a value
     * @param help what it does, with what holds without it
     */
    public record Row(
            String name, List<String> aliases, String argument, boolean isFlag, String help) {}

    /** All options, in the order of the documents. */
    public static List<Row> rows() {
        return OptionTable.SECTIONS.values().stream().flatMap(List::stream)
                .map(row -> new Row(row.name(), row.aliases(), row.kind().argument(),
                        row.isFlag(), row.help() + (row.fallback().isEmpty()
                                ? "" : "; default: " + row.fallback())))
                .toList();
    }

    /** Names of all options, without aliases, in the order of the documents. */
    public static List<String> names() {
        return OptionTable.SECTIONS.values().stream().flatMap(List::stream)
                .map(FioOption::name).toList();
    }

    /**
     * What is said of an option that there is not, with the name that may have been meant.
     *
     * @param others names of options besides those of jobs
     */
    public static JobSyntaxException unknown(String name, Collection<String> others) {
        return OptionTable.unknown(name, others);
    }

    /**
     * Help on one option, or on {@code all}: fio's {@code --cmdhelp}.
     *
     * @throws JobSyntaxException if there is no such option
     */
    public static String help(String name) {
        if (!name.equals("all")) {
            return details(OptionTable.require(name));
        }
        StringBuilder text = new StringBuilder();
        OptionTable.SECTIONS.forEach((title, rows) -> {
            text.append(text.length() == 0 ? "" : "\n").append(title).append(":\n");
            rows.forEach(row -> text.append(String.format(Locale.ROOT, "  %-32s %s%s%n",
                    row.name(), row.role() == FioOption.Role.WORKS ? ""
                            : "(" + row.role().words() + ") ", row.help())));
        });
        return text.toString();
    }

    private static String details(FioOption row) {
        List<String> lines = new ArrayList<>();
        lines.add(line(row.name(), row.help()));
        if (!row.aliases().isEmpty()) {
            lines.add(line("alias", String.join(", ", row.aliases())));
        }
        if (row.role() == FioOption.Role.WORKS) {
            lines.add(line("value", row.kind().argument()));
            lines.add(line("default", row.fallback().isEmpty() ? "none" : row.fallback()));
        } else {
            lines.add(line("in vblk", row.role().words()));
        }
        return String.join("", lines);
    }

    private static String line(String title, String text) {
        return String.format(Locale.ROOT, "%20s: %s%n", title, text);
    }
}
