// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file with this process's id, whole from the moment that it is there, and gone at the end.
 * Thread: main.
 */
final class PidFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);

    private final Path path;
    private final String content;

    private PidFile(Path path, String content) {
        this.path = path;
        this.content = content;
    }

    /** Writes it, over one of an earlier run; IOException with one line if that cannot be. */
    static PidFile write(String name) throws IOException {
        Path path = Path.of(name);
        String pid = Long.toString(ProcessHandle.current().pid());
        Path unfinished = Path.of(name + "." + pid);
        try {
            Files.writeString(unfinished, pid + "\n");
            Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return new PidFile(path, pid + "\n");
        } catch (IOException e) {
            Files.deleteIfExists(unfinished);
            throw new IOException("pidfile " + name + " cannot be written: "
                    + (e instanceof NoSuchFileException ? "its directory does not exist"
                            : e instanceof AccessDeniedException ? "permission denied"
                            : e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        try {
            if (Files.readString(path).equals(content)) {
                Files.delete(path);
            }
        } catch (IOException e) {
            LOG.warn("pidfile {} cannot be removed: {}", path, e.toString());
        }
    }
}
