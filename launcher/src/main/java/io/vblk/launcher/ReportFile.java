// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.files.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.cli.CommandLine;

/**
 * A file that a report goes to. Until the report is whole nothing is there, or what was there
 * before; a file that is no report is not written over. Thread: main.
 */
final class ReportFile {
    /** How a report begins; any other file is somebody's. */
    private static final String BEGINNING = "<!DOCTYPE html>";

    private final Path path;

    private ReportFile(Path path) {
        this.path = path;
    }

    /**
     * The one that a command line asks for, checked; null if it asks for none.
     *
     * @throws UsageException as {@link #at} does
     * @throws IOException as {@link #at} does
     */
    static ReportFile of(CommandLine line) throws UsageException, IOException {
        return line.hasOption("report") ? at(line.getOptionValue("report")) : null;
    }

    /**
     * Checks that a report can be written there, before it takes time to measure what is in it.
     *
     * @throws UsageException if it is no name, or of something else than a report
     * @throws IOException if the host says no, in words for an operator
     */
    static ReportFile at(String name) throws UsageException, IOException {
        Path path = OutputPath.of("report", name);
        if (path.getFileName() == null || Files.isDirectory(path)) {
            throw new UsageException("report=" + name + " is a directory: name a file");
        }
        ReportFile file = new ReportFile(path);
        file.checkReplaceable();
        try {
            WholeFile.open(path).close();
        } catch (IOException e) {
            throw told(e);
        }
        return file;
    }

    private void checkReplaceable() throws UsageException, IOException {
        if (!Files.exists(path)) {
            return;
        }
        if (!Files.isRegularFile(path)) {
            throw new UsageException("report=" + path + " is no ordinary file");
        }
        byte[] begins;
        try (var in = Files.newInputStream(path)) {
            begins = in.readNBytes(BEGINNING.length());
        } catch (IOException e) {
            throw told(WholeFile.cannot(path, e));
        }
        if (begins.length > 0
                && !new String(begins, StandardCharsets.ISO_8859_1).equals(BEGINNING)) {
            throw new UsageException("report=" + path + " is there and no HTML report: remove it, "
                    + "or give another name");
        }
    }

    /**
     * Writes the report, whole or not at all.
     *
     * @throws IOException if the host says no, in words for an operator
     */
    void write(String text) throws IOException {
        try {
            WholeFile.write(path, text);
        } catch (IOException e) {
            throw told(e);
        }
    }

    private static IOException told(IOException e) {
        return new IOException("report: " + e.getMessage(), e);
    }
}
