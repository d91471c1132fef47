// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            throw new UsageException("report: " + e.getMessage());
        }
        if (name.isEmpty() || path.getFileName() == null || Files.isDirectory(path)) {
            throw new UsageException("report=" + name + " is a directory: name a file");
        }
        ReportFile file = new ReportFile(path);
        file.checkReplaceable();
        try {
            Path attempt = file.temporary();
            Files.createFile(attempt);
            Files.delete(attempt);
        } catch (IOException e) {
            throw file.cannot(e);
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
            throw cannot(e);
        }
        if (begins.length > 0
                && !new String(begins, StandardCharsets.ISO_8859_1).equals(BEGINNING)) {
            throw new UsageException("report=" + path + " is there and no HTML report: remove it, "
                    + "or give another name");
        }
    }

    /** In the same directory, so that a rename suffices; of a name that no other process takes. */
    private Path temporary() {
        return path.resolveSibling(
                "." + path.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    }

    /**
     * Writes the report, whole or not at all.
     *
     * @throws IOException if the host says no, in words for an operator
     */
    void write(String text) throws IOException {
        Path whole = temporary();
        try {
            try (FileChannel out = FileChannel.open(
                    whole, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                // Else a crash of the host may leave the new name without its text.
                out.force(true);
            }
            Files.move(whole, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(whole);
            throw cannot(e);
        }
    }

    private IOException cannot(IOException e) {
        String why = e.getMessage();
        if (e instanceof NoSuchFileException) {
            why = Files.isDirectory(path.toAbsolutePath().getParent())
                    ? "no file can be made there" : "no such directory";
        } else if (e instanceof AccessDeniedException) {
            why = "permission denied";
        } else if (e instanceof FileAlreadyExistsException) {
            why = temporary() + " is in the way";
        } else if (e instanceof FileSystemException host && host.getReason() != null) {
            why = host.getReason();
        }
        return new IOException("report: " + path + " cannot be written: " + why, e);
    }
}
