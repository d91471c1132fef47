// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.launcher.SourceTree.TextFile;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule finds what is planted, and only that. */
final class TextRulesTest {
    private static final String SPDX = "// SPDX-License-Identifier: Apache-2.0\n";

    private static TextFile java(String text) {
        return new TextFile("event-loop/src/main/java/io/vblk/aio/A.java", text);
    }

    private static TextFile document(String text) {
        return new TextFile("docs/page.md", text);
    }

    private static void foundAt(int line, List<Finding> findings) {
        assertEquals(List.of(line), findings.stream().map(Finding::line).toList());
    }

    @Test
    void findsLongLines() {
        foundAt(2, TextRules.columns(java("x".repeat(100) + "\n" + "x".repeat(101) + "\n")));
        foundAt(1, TextRules.columns(new TextFile("bin/run", "#!/bin/sh" + " ".repeat(99))));
        assertEquals(List.of(), TextRules.columns(document("x".repeat(200))));
        assertEquals(List.of(), TextRules.columns(java("\uD83D\uDE80".repeat(100))));
    }

    @Test
    void findsTabsAndTrailingBlanks() {
        foundAt(2, TextRules.blanks(java("a\n\tb\nc\n")));
        foundAt(3, TextRules.blanks(java("a\nb\nc \n")));
        foundAt(2, TextRules.blanks(document("a\n  \nb\n")));
        foundAt(2, TextRules.blanks(java("a\nb")));
        assertEquals(List.of(), TextRules.blanks(java("a\n\n    b\n")));
    }

    @Test
    void findsMissingLicences() {
        foundAt(1, TextRules.licence(java("package a;\n" + SPDX)));
        foundAt(1, TextRules.licence(java("")));
        foundAt(1, TextRules.licence(new TextFile("bin/run", "#!/bin/sh\necho\n")));
        foundAt(1, TextRules.licence(new TextFile("launcher/pom.xml", "<project/>\n")));
        assertEquals(List.of(), TextRules.licence(java(SPDX)));
        assertEquals(List.of(), TextRules.licence(
                new TextFile("bin/run", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n")));
        assertEquals(List.of(), TextRules.licence(document("# Title\n")));
    }

    @Test
    void findsLongFiles() {
        foundAt(501, TextRules.length(java("a\n".repeat(501))));
        assertEquals(List.of(), TextRules.length(java("a\n".repeat(500))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ro" + "ot/x", "ro" + "ot", "wo" + "rk/main", "ho" + "me/me/x",
        "Us" + "ers/me", "m" + "nt/disk"})
    void findsPathsOfOneMachine(String path) {
        foundAt(2, TextRules.ownPaths(document("run\n`cd /" + path + "` first\n")));
        foundAt(1, TextRules.ownPaths(new TextFile("a.sh", "cd /" + path + "\n")));
        foundAt(1, TextRules.ownPaths(new TextFile("pom.xml", "<a>/" + path + "</a>\n")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/usr/lib/jvm/x", "/tmp/x", "/proc/self/fd/3", "/dev/null", "$x/home/y",
        "https://example.org/home/x", "net/wo" + "rk/x", "~/work", "/rooted/x", "/homes/x"})
    void pathsThatAreEverywhereAreFine(String path) {
        assertEquals(List.of(), TextRules.ownPaths(document("see " + path + " there\n")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"FIX" + "ME", "TO" + "DO", "X" + "XX"})
    void findsUnfinishedWork(String mark) {
        foundAt(2, TextRules.unfinished(java("int a;\n// " + mark + ": more\n")));
        foundAt(1, TextRules.unfinished(java("/** " + mark + " */\n")));
        foundAt(2, TextRules.unfinished(new TextFile("a.sh", "#!/bin/sh\n# " + mark + "\n")));
        assertEquals(List.of(), TextRules.unfinished(java("f(\"" + mark + "\");\n")));
        assertEquals(List.of(), TextRules.unfinished(
                new TextFile("a.sh", "mktemp /tmp/" + mark + "XX\n")));
    }

    @Test
    void findsPlaceholdersInDocuments() {
        foundAt(2, TextRules.unfinished(document("# Title\n@@" + "BENCH@@\n")));
        assertEquals(List.of(), TextRules.unfinished(document("no FIX" + "ME in sources\n")));
    }

    @Test
    void findingsSayWhereAndWhat() {
        String text = TextRules.columns(java("x".repeat(101))).get(0).toString();

        assertTrue(text.startsWith("event-loop/src/main/java/io/vblk/aio/A.java:1: 101 columns"),
                text);
    }
}
