// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.List;
import java.util.regex.Pattern;

/** Writes jobs as words of a command line, as {@code fio --showcmd} does. */
final class CommandText {
    private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./^-]+");

    private CommandText() {}

    /** The words of sections; those that are not wanted are left out. */
    static String of(List<JobFile.Section> sections, List<NameValue> overrides,
            List<String> wanted) {
        StringBuilder text = new StringBuilder();
        boolean inJobs = false;
        for (JobFile.Section section : sections) {
            boolean global = section.isGlobal();
            if (!global && !wanted.isEmpty() && !wanted.contains(section.name())) {
                continue;
            }
            boolean named = section.options().stream().anyMatch(o -> o.name().equals("name"));
            if (global ? inJobs : !named) {
                word(text, new NameValue("name", section.name(), null));
            }
            section.options().stream().filter(o -> o.name().equals("name"))
                    .forEach(option -> word(text, option));
            section.options().stream().filter(o -> !o.name().equals("name"))
                    .forEach(option -> word(text, option));
            if (!global) {
                overrides.forEach(option -> word(text, option));
                inJobs = true;
            }
        }
        return text.toString();
    }

    private static void word(StringBuilder text, NameValue option) {
        FioOption row = OptionTable.find(option.name());
        NameValue shown = row == null ? option
                : new NameValue(row.name(), option.value(), null);
        String word = "--" + shown;
        text.append(text.length() == 0 ? "" : " ").append(PLAIN.matcher(word).matches()
                ? word : "'" + word.replace("'", "'\\''") + "'");
    }
}
