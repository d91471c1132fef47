// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * docs/job-files.md has a row for each option, and its examples are right.
 * {@code mvn verify -Dvblk.jobFilesPage=write} writes the rows anew.
 */
final class JobFilesPageTest {
    private static final Path PAGE = Path.of("..", "docs", "job-files.md");
    private static final String SWITCH = "vblk.jobFilesPage";
    private static final String BEGIN = "<!-- options -->\n";
    private static final String END = "<!-- end of options -->\n";

    private static String page() throws IOException {
        return Files.readString(PAGE);
    }

    private static String tables() {
        StringBuilder text = new StringBuilder();
        OptionTable.SECTIONS.forEach((title, rows) -> {
            boolean others = rows.stream().noneMatch(r -> r.role() == FioOption.Role.WORKS);
            text.append("\n### ").append(title).append("\n\n");
            text.append(others ? others(rows) : working(rows));
        });
        return text.append('\n').toString();
    }

    private static String working(List<FioOption> rows) {
        StringBuilder text =
                new StringBuilder("| option | value | default | |\n|---|---|---|---|\n");
        rows.forEach(row -> text.append("| ").append(names(row)).append(" | ")
                .append(row.kind().argument().replace("|", "\\|")).append(" | ")
                .append(row.fallback()).append(" | ").append(row.help()).append(" |\n"));
        return text.toString();
    }

    /** Those that do nothing or are refused, by the reason. */
    private static String others(List<FioOption> rows) {
        TreeMap<FioOption.Role, TreeMap<String, List<String>>> groups = new TreeMap<>();
        rows.forEach(row -> groups.computeIfAbsent(row.role(), role -> new TreeMap<>())
                .computeIfAbsent(row.help(), reason -> new ArrayList<>())
                .add(names(row) + (row.fallback().isEmpty()
                        ? "" : " (but `=" + row.fallback() + "` is taken)")));
        StringBuilder text = new StringBuilder("| options | in vblk | |\n|---|---|---|\n");
        groups.forEach((role, reasons) -> reasons.forEach((reason, names) -> text.append("| ")
                .append(String.join(", ", names)).append(" | ").append(role.words())
                .append(" | ").append(reason).append(" |\n")));
        return text.toString();
    }

    private static String names(FioOption row) {
        return "`" + row.name() + "`" + row.aliases().stream()
                .map(alias -> ", `" + alias + "`").collect(Collectors.joining());
    }

    @Test
    void theTablesAreThoseOfTheProgram() throws IOException {
        String page = page();
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        if ("write".equals(System.getProperty(SWITCH))) {
            page = page.substring(0, begin) + tables() + page.substring(end);
            Files.writeString(PAGE, page);
            end = page.indexOf(END);
        }
        assertEquals(page.substring(begin, end), tables(),
                "options have changed: run with -D" + SWITCH + "=write");
    }

    @Test
    void examplesAreRight() throws IOException {
        List<String> examples = new ArrayList<>();
        String[] parts = page().split("```ini\n");
        for (int i = 1; i < parts.length; i++) {
            examples.add(parts[i].substring(0, parts[i].indexOf("```")));
        }
        assertTrue(examples.size() >= 8, examples.size() + " examples");
        for (String example : examples) {
            String text = example.replaceAll("(?m)^include .*$", "");
            JobPlan plan = JobPlan.ofStream(
                    new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), List.of(),
                    List.of(), JobPlanTest.CONTEXT);
            assertFalse(plan.jobs().isEmpty(), example);
            assertEquals(List.of(), plan.warnings(), example);
        }
    }

    @Test
    void helpHasEachOption() {
        String all = FioOptions.help("all");
        for (String name : FioOptions.names()) {
            assertTrue(all.contains("  " + name + " "), name);
            assertTrue(FioOptions.help(name).startsWith(" ".repeat(20 - Math.min(20, name.length()))
                    + name + ": "), name);
        }
        assertEquals(FioOptions.help("bs"), FioOptions.help("blocksize"));
        assertTrue(FioOptions.help("flow").contains("refused"), FioOptions.help("flow"));
        assertEquals("unrecognized option 'bz': did you mean 'bs'?",
                assertThrows(JobSyntaxException.class, () -> FioOptions.help("bz")).getMessage());
    }
}
