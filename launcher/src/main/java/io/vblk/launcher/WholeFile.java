// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A file that is there with all of its contents or as it was before: written beside its place and
 * then moved there. What is no regular file, such as a pipe, is written as it is. Thread: main.
 */
final class WholeFile implements AutoCloseable {
    /** S_IFMT and S_IFBLK of inode(7). */
    private static final int TYPE_BITS = 0170000;
    private static final int TYPE_BLOCK = 0060000;
    private static final String FILE = "file:";

    private final Path target;
    /** Null if the target itself is written. */
    private final Path draft;
    private final OutputStream out;
    private boolean moved;

    private WholeFile(Path target, Path draft, OutputStream out) {
        this.target = target;
        this.draft = draft;
        this.out = out;
    }

    /**
     * Begins one.
     *
     * @param option the option that names it, for what is said to the operator
     * @throws UsageException if it is no path
     * @throws IOException if it cannot be written, in words for an operator
     */
    static WholeFile open(String option, String name) throws UsageException, IOException {
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            throw new UsageException(option + "=" + name + " is no path");
        }
        if (name.isEmpty()) {
            throw new UsageException(option + " needs a file");
        }
        return open(path);
    }

    private static WholeFile open(Path path) throws IOException {
        try {
            if (Files.isDirectory(path)) {
                throw new IOException(path + " is a directory: name a file in it");
            }
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                if (((int) Files.getAttribute(path, "unix:mode") & TYPE_BITS) == TYPE_BLOCK) {
                    throw new IOException(path + " is a block device: name a file");
                }
                return new WholeFile(path, null,
                        Files.newOutputStream(path, StandardOpenOption.WRITE));
            }
            Path target = Files.exists(path) ? path.toRealPath() : path;
            Path draft = target.resolveSibling(target.getFileName() + ".part");
            return new WholeFile(target, draft, Files.newOutputStream(draft));
        } catch (FileSystemException e) {
            throw cannot(path, e);
        }
    }

    /** Writes one in one go; IOException in words for an operator. */
    static void write(Path path, String text) throws IOException {
        try (WholeFile file = open(path)) {
            file.write(text);
            file.finish();
        }
    }

    private static IOException cannot(Path path, IOException e) {
        String reason = e instanceof FileSystemException told && told.getReason() != null
                ? told.getReason()
                : e instanceof NoSuchFileException ? "there is no directory for it"
                : e instanceof AccessDeniedException ? "permission denied"
                : e.getMessage();
        return new IOException(path + " cannot be written: " + reason, e);
    }

    /**
     * Checks that a file which is going to be written is none that a load works with.
     *
     * @param option the option that names it
     * @param words images, as targets name them, and job files; what is no path is none
     * @throws UsageException if it is one of them
     */
    static void checkOther(String option, String name, List<String> words)
            throws UsageException, IOException {
        for (String word : words) {
            String other = word.startsWith(FILE) ? word.substring(FILE.length()) : word;
            try {
                Path path = Path.of(other);
                Path own = Path.of(name);
                if (Files.exists(path) && Files.exists(own) && Files.isSameFile(own, path)) {
                    throw new UsageException(option + "=" + name + " is what the load works with:"
                            + " name another file");
                }
            } catch (InvalidPathException e) {
                continue; // whoever opens it says so
            }
        }
    }

    void write(String text) throws IOException {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw cannot(target, e);
        }
    }

    /** Puts it into its place. */
    void finish() throws IOException {
        try {
            out.close();
            if (draft != null) {
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            }
            moved = true;
        } catch (IOException e) {
            throw cannot(target, e);
        }
    }

    @Override
    public void close() throws IOException {
        if (moved) {
            return;
        }
        out.close();
        if (draft != null) {
            Files.deleteIfExists(draft);
        }
    }
}
