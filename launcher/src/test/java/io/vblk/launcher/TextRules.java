// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.launcher.SourceTree.TextFile;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rules for text files, whatever is in them. */
final class TextRules {
    private static final int COLUMNS_MAX = 100;
    private static final int LINES_MAX = 500;
    private static final String SPDX = "SPDX-License-Identifier: Apache-2.0";

    /** Directories of one machine or one person; where programs live is the same everywhere. */
    private static final Pattern OWN_PATH = Pattern.compile(
            "(?<![\\w.~$}\\])/-])/(root|work|workspace|builds|mnt|home|Users)"
            + "(?=[/\\s\"'`),;:<]|$)");
    private static final Pattern UNFINISHED = Pattern.compile("\\b(FIXME|TODO|XXX)\\b");
    private static final Pattern PLACEHOLDER = Pattern.compile("@@\\w+@@");

    private TextRules() {}

    static List<Finding> columns(TextFile file) {
        List<Finding> findings = new ArrayList<>();
        if (!file.isJava() && !file.isScript()) {
            return findings;
        }
        List<String> lines = file.text().lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            int columns = lines.get(i).codePointCount(0, lines.get(i).length());
            if (columns > COLUMNS_MAX) {
                findings.add(file.finding(i + 1, columns + " columns: break the line before "
                        + COLUMNS_MAX));
            }
        }
        return findings;
    }

    static List<Finding> blanks(TextFile file) {
        List<Finding> findings = new ArrayList<>();
        List<String> lines = file.text().lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.indexOf('\t') >= 0) {
                findings.add(file.finding(i + 1, "a tab: use four spaces"));
            }
            if (!line.equals(line.stripTrailing())) {
                findings.add(file.finding(i + 1, "blanks at the end of the line: remove them"));
            }
        }
        if (!file.text().isEmpty() && !file.text().endsWith("\n")) {
            findings.add(file.finding(lines.size(), "the last line does not end: add a newline"));
        }
        return findings;
    }

    static List<Finding> licence(TextFile file) {
        List<String> lines = file.text().lines().toList();
        boolean fine;
        if (file.isJava()) {
            fine = !lines.isEmpty() && lines.get(0).equals("// " + SPDX);
        } else if (file.isScript() || file.path().endsWith("pom.xml")) {
            fine = lines.stream().limit(2).anyMatch(line -> line.contains(SPDX));
        } else {
            fine = true;
        }
        return fine ? List.of() : List.of(file.finding(1, "no licence: begin with " + SPDX));
    }

    static List<Finding> length(TextFile file) {
        long lines = file.isJava() ? file.text().lines().count() : 0;
        return lines <= LINES_MAX ? List.of() : List.of(file.finding(LINES_MAX + 1,
                lines + " lines: a file has at most " + LINES_MAX + ", split it by data"));
    }

    static List<Finding> ownPaths(TextFile file) {
        List<Finding> findings = new ArrayList<>();
        List<String> lines = file.text().lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            Matcher found = OWN_PATH.matcher(lines.get(i));
            if (found.find()) {
                findings.add(file.finding(i + 1, "path of one machine, " + found.group()
                        + ": name it from the root of the checkout, or with a variable"));
            }
        }
        return findings;
    }

    /** Marks of unfinished work; documents may speak of them, but have placeholders. */
    static List<Finding> unfinished(TextFile file) {
        List<Finding> findings = new ArrayList<>();
        Pattern mark = file.isDocument() ? PLACEHOLDER : UNFINISHED;
        List<String> lines = file.isJava()
                ? JavaMask.of(file.text()).comments().lines().toList()
                : file.text().lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            Matcher found = mark.matcher(lines.get(i));
            if (found.find()) {
                findings.add(file.finding(i + 1,
                        found.group() + ": do it, or write a test that waits for it"));
            }
        }
        return findings;
    }
}
