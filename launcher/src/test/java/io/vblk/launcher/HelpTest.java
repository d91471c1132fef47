// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Help and version: on stdout, for 80 columns, whole. */
final class HelpTest {
    private static final int COLUMNS = 80;

    static List<Command> commands() {
        return Main.COMMANDS;
    }

    /** Options that a command itself explains. */
    private static List<Option> shown(Command command) {
        return command.options().getOptions().stream().filter(command::shows).toList();
    }

    private static void assertReadable(String text) {
        assertTrue(text.endsWith("\n"));
        text.lines().forEach(line -> {
            assertTrue(line.length() <= COLUMNS, line);
            assertEquals(line.stripTrailing(), line);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "help"})
    void programNamesItsCommands(String word) {
        String text = VblkRun.of(word).succeeded().out();

        assertReadable(text);
        assertTrue(text.startsWith("usage: vblk COMMAND"), text);
        for (Command command : Main.COMMANDS) {
            assertTrue(text.contains("\n  " + command.name() + " "), text);
            assertTrue(text.replaceAll("\\s+", " ").contains(command.summary()), text);
        }
        assertTrue(text.contains("--version") && text.contains("--verbose"), text);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void commandListsEveryOption(Command command) {
        String text = VblkRun.of(command.name(), "--help").succeeded().out();
        Set<String> listed = text.lines().filter(line -> line.startsWith("  --"))
                .map(line -> line.trim().split("[\\s=\\[]")[0].substring(2))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> expected = new TreeSet<>(Set.of("help", "verbose"));
        shown(command).forEach(option -> expected.add(option.getLongOpt()));

        assertReadable(text);
        assertEquals(expected, listed);
        assertTrue(text.startsWith("usage: vblk " + command.name() + " " + command.synopsis()));
        for (Option option : shown(command)) {
            assertTrue(text.replaceAll("\\s+", " ").contains(option.getDescription()),
                    option.getLongOpt());
            assertTrue(!option.hasArg() || text.contains("=" + option.getArgName()),
                    option.getLongOpt());
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpWinsOverAllElse(Command command) {
        assertEquals(VblkRun.of(command.name(), "--help").out(),
                VblkRun.of(command.name(), "/nowhere", "--frobnicate", "-h").succeeded().out());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void pageOfTheCommandNamesEveryOption(Command command) throws IOException {
        String page = page(command.name());
        if (page.contains("](bench.md)")) {
            page += page("bench");
        }
        String all = page;
        for (Option option : shown(command)) {
            assertTrue(all.contains("--" + option.getLongOpt()),
                    () -> "docs/commands/" + command.name() + ".md does not name --"
                            + option.getLongOpt());
        }
    }

    private static String page(String name) throws IOException {
        return Files.readString(SourceTree.root().resolve("docs/commands/" + name + ".md"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "-v"})
    void versionIsOneLine(String word) {
        String text = VblkRun.of(word).succeeded().out();

        assertTrue(text.matches("vblk \\S+\n"), text);
    }
}
