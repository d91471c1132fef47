// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that are there as a whole or not at all. Thread: any. */
final class WholeFile {
    private WholeFile() {}

    /** Writes a file beside its place and puts it there; IOException in words for an operator. */
    static void write(Path file, String text) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                // A pipe or /dev/stdout: there is nothing to put in its place.
                Files.writeString(file, text);
                return;
            }
            // Not createTempFile, whose files nobody else may read.
            Path part = directory.resolve("." + file.getFileName() + "."
                    + ProcessHandle.current().pid() + ".part");
            try {
                Files.writeString(part, text);
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw cannot(file, e);
        }
    }

    /** Adds whole lines to a file in one go. */
    static void append(Path file, String lines) throws IOException {
        try {
            Files.write(file, lines.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw cannot(file, e);
        }
    }

    /** What an operator is told of a file that cannot be written. */
    static IOException cannot(Path file, IOException e) {
        String why = e instanceof NoSuchFileException ? "no such directory"
                : e instanceof AccessDeniedException ? "permission denied"
                : e instanceof FileSystemException host && host.getReason() != null
                        ? host.getReason()
                : e instanceof FileSystemException ? e.getClass().getSimpleName()
                : e.getMessage();
        return new IOException(file + " cannot be written: " + why, e);
    }
}
