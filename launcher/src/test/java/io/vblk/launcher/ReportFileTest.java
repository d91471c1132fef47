// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A report is there whole or not at all, and never in place of something else. */
final class ReportFileTest {
    @TempDir
    private Path directory;

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private String name(String file) {
        return directory.resolve(file).toString();
    }

    @Test
    void checkingLeavesNothing() throws Exception {
        ReportFile.at(name("out.html"));

        assertEquals(List.of(), files());
    }

    @Test
    void anEarlierReportIsReplaced() throws Exception {
        ReportFile.at(name("out.html")).write("<!DOCTYPE html>one");
        ReportFile.at(name("out.html")).write("<!DOCTYPE html>two");

        assertEquals(List.of("out.html"), files());
        assertEquals("<!DOCTYPE html>two", Files.readString(directory.resolve("out.html")));
    }

    @Test
    void aDiskIsNotTakenForAReport() throws Exception {
        Files.writeString(directory.resolve("disk.raw"), "data");

        UsageException e = assertThrows(UsageException.class,
                () -> ReportFile.at(name("disk.raw")));
        assertTrue(e.getMessage().contains("no HTML report"), e.getMessage());
        assertEquals("data", Files.readString(directory.resolve("disk.raw")));
        assertThrows(UsageException.class, () -> ReportFile.at("/dev/null"));
        assertThrows(UsageException.class, () -> ReportFile.at(directory.toString()));
        assertThrows(UsageException.class, () -> ReportFile.at(""));
        assertThrows(UsageException.class, () -> ReportFile.at("a\0b"));
    }

    @Test
    void whatCannotBeWrittenIsSaidBefore() {
        IOException e = assertThrows(IOException.class,
                () -> ReportFile.at(name("none/out.html")));
        assertEquals("report: " + name("none/out.html")
                + " cannot be written: no such directory", e.getMessage());
    }

    @Test
    void whatGoesWrongWhileWritingLeavesWhatWasThere() throws Exception {
        ReportFile file = ReportFile.at(name("out.html"));
        Files.createDirectory(directory.resolve("out.html"));
        Files.createFile(directory.resolve("out.html/inside"));

        assertThrows(IOException.class, () -> file.write("<!DOCTYPE html>"));
        assertEquals(List.of("out.html"), files());
        assertTrue(Files.exists(directory.resolve("out.html/inside")));
    }

    @Test
    void wordsAreQuotedForAShellOnlyWhereTheyMustBe() {
        assertEquals("--rw=randread", CommandText.quoted("--rw=randread"));
        assertEquals("'a b'", CommandText.quoted("a b"));
        assertEquals("'it'\\''s'", CommandText.quoted("it's"));
        assertEquals("''", CommandText.quoted(""));
        assertEquals("'$(rm)'", CommandText.quoted("$(rm)"));
    }

    @Test
    void benchWritesItsReport() throws Exception {
        String out = name("out.html");
        VblkRun.of("bench", "memory:1M", "--rw=randrw", "--numjobs=2", "--report", out)
                .succeeded();

        String html = Files.readString(Path.of(out));
        assertTrue(html.startsWith("<!DOCTYPE html>") && html.endsWith("</html>\n"));
        assertTrue(html.contains("Requests per second") && html.contains("Job by job"));
        assertTrue(html.contains("vblk bench memory:1M --rw=randrw --numjobs=2 --report="));
        assertEquals(List.of("out.html"), files());
    }

    @Test
    void benchDoesNotStartIfTheReportCannotBeWritten() {
        VblkRun run = VblkRun.of("bench", "memory:1M", "--rw=read", "--report",
                name("none/out.html"));

        assertEquals(Main.EXIT_FAILURE, run.code());
        assertFalse(run.out().contains("Starting"), run.out());
        assertEquals(1, run.err().lines().count(), run.err());
    }
}
