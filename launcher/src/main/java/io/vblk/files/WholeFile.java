// SPDX-License-Identifier: Apache-2.0
package io.vblk.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is there with all of its contents or as it was before: written beside its place and
 * then moved there. What is no regular file, such as a pipe, is written as it is. Thread: one.
 */
public final class WholeFile implements AutoCloseable {
    /** S_IFMT and S_IFBLK of inode(7). */
    private static final int TYPE_BITS = 0170000;
    private static final int TYPE_BLOCK = 0060000;

    private final Path path;
    private final Path target;
    /** Null if the target itself is written. */
    private final Path draft;
    private final FileChannel out;
    private boolean moved;

    private WholeFile(Path path, Path target, Path draft, FileChannel out) {
        this.path = path;
        this.target = target;
        this.draft = draft;
        this.out = out;
    }

    /**
     * Begins one.
     *
     * @throws IOException if it cannot be written, in words for an operator
     */
    public static WholeFile open(Path path) throws IOException {
        try {
            if (Files.isDirectory(path)) {
                throw new IOException(path + " is a directory: name a file in it");
            }
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                if (((int) Files.getAttribute(path, "unix:mode") & TYPE_BITS) == TYPE_BLOCK) {
                    throw new IOException(path + " is a block device: name a file");
                }
                return new WholeFile(path, path, null,
                        FileChannel.open(path, StandardOpenOption.WRITE));
            }
            // A link to a file stays one. Not createTempFile, whose files nobody else may read.
            Path target = Files.exists(path) ? path.toRealPath() : path;
            Path draft = target.resolveSibling("." + target.getFileName() + "."
                    + ProcessHandle.current().pid() + ".part");
            Files.deleteIfExists(draft);
            return new WholeFile(path, target, draft, FileChannel.open(
                    draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        } catch (FileSystemException e) {
            throw cannot(path, e);
        }
    }

    /**
     * Writes one in one go.
     *
     * @throws IOException if it cannot be written, in words for an operator
     */
    public static void write(Path path, String text) throws IOException {
        try (WholeFile file = open(path)) {
            file.write(text);
            file.finish();
        }
    }

    /**
     * Adds whole lines to a file, or nothing. A last line that somebody else left unfinished is
     * ended before.
     *
     * @throws IOException if that cannot be done, in words for an operator
     */
    public static void append(Path path, String lines) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE,
                StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = file.lock()) {
            // Two that add at the same time have one length after the other.
            long length = file.size();
            assert lock.isValid();
            String all = endsInside(file) ? "\n" + lines : lines;
            try {
                file.position(length);
                Channels.newOutputStream(file).write(all.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                file.truncate(length);
                throw e;
            }
        } catch (IOException e) {
            throw cannot(path, e);
        }
    }

    /** Ends the last line of a file that is to be added to, if somebody left it unfinished. */
    public static void endLine(Path path) throws IOException {
        append(path, "");
    }

    private static boolean endsInside(FileChannel file) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        return file.size() > 0 && file.read(last, file.size() - 1) == 1 && last.get(0) != '\n';
    }

    /** What an operator is told of a file that cannot be written. */
    public static IOException cannot(Path path, IOException e) {
        Path directory = path.toAbsolutePath().getParent();
        String why = e instanceof NoSuchFileException
                ? directory != null && Files.isDirectory(directory)
                        ? "no file can be made there" : "no such directory"
                : e instanceof AccessDeniedException ? "permission denied"
                : e instanceof FileSystemException host && host.getReason() != null
                        ? host.getReason()
                : e instanceof FileSystemException ? e.getClass().getSimpleName()
                : e.getMessage();
        return new IOException(path + " cannot be written: " + why, e);
    }

    /**
     * Adds to it.
     *
     * @throws IOException if it cannot be written, in words for an operator
     */
    public void write(String text) throws IOException {
        try {
            OutputStream bytes = Channels.newOutputStream(out);
            bytes.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw cannot(path, e);
        }
    }

    /**
     * Puts it into its place.
     *
     * @throws IOException if that cannot be done, in words for an operator
     */
    public void finish() throws IOException {
        try {
            if (draft != null) {
                // Else a crash of the host may leave the new name without its text.
                out.force(true);
                out.close();
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            }
            moved = true;
        } catch (IOException e) {
            throw cannot(path, e);
        } finally {
            out.close();
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
