// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Copies an image to a file without a name, which the kernel frees when it is closed, however this
 * process ends. Thread: control.
 */
final class ThrowAwayCopy {
    private static final int O_TMPFILE = 0x410000;
    private static final int OWNER_ONLY = 0600;
    private static final int EISDIR = 21;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int ENXIO = 6;
    private static final int PIECE_BYTES = 1 << 18;

    private ThrowAwayCopy() {}

    /**
     * Copies the first bytes of an open file, leaving holes where there are only zeroes.
     *
     * @return a descriptor of the copy, to be closed by the caller
     */
    static int make(String target, int source, long lengthBytes) throws ImageException {
        Path directory = Path.of(System.getProperty("java.io.tmpdir"));
        int copy = -1;
        try (MappedMemory buffer = MappedMemory.anonymous(PIECE_BYTES + IovecArray.ELEMENT_BYTES)) {
            copy = openUnnamed(directory);
            Posix.ftruncate(copy, lengthBytes);
            copyData(source, copy, lengthBytes, buffer.address());
            return copy;
        } catch (IOException e) {
            if (copy >= 0) {
                Posix.close(copy);
            }
            throw new ImageException(target + ": cannot make a throw-away copy in " + directory
                    + ": " + e.getMessage() + "; set TMPDIR to a directory with room", e);
        }
    }

    private static int openUnnamed(Path directory) throws IOException {
        int flags = Posix.O_RDWR | Posix.O_CLOEXEC;
        try {
            return Posix.open(directory.toString(), flags | O_TMPFILE, OWNER_ONLY);
        } catch (ErrnoException e) {
            if (e.errno() != Posix.EOPNOTSUPP && e.errno() != EISDIR) {
                throw e;
            }
        }
        // A file system without O_TMPFILE: the name lives for the moment between two calls.
        Path named = Files.createTempFile(directory, "vblk-", ".raw");
        try {
            return Posix.open(named.toString(), flags, 0);
        } finally {
            Files.delete(named);
        }
    }

    private static void copyData(int source, int copy, long lengthBytes, long buffer)
            throws ErrnoException {
        long offset = 0;
        while (offset < lengthBytes) {
            long data = Posix.lseek(source, offset, SEEK_DATA);
            if (data == -ENXIO) {
                return;
            }
            // Devices and some file systems cannot tell: then all of it counts as data.
            long hole = data < offset ? lengthBytes : Posix.lseek(source, data, SEEK_HOLE);
            long from = Math.max(data, offset);
            long end = hole <= from ? lengthBytes : Math.min(hole, lengthBytes);
            copyRange(source, copy, from, end, buffer);
            offset = end;
        }
    }

    private static void copyRange(int source, int copy, long from, long end, long buffer)
            throws ErrnoException {
        IovecArray iovec = new IovecArray(buffer + PIECE_BYTES, 1);
        long offset = from;
        while (offset < end) {
            iovec.set(0, buffer, Math.min(PIECE_BYTES, end - offset));
            long got = Posix.preadv(source, iovec.address(0), 1, offset);
            if (got <= 0) {
                throw new ErrnoException("read at " + offset, got == 0 ? Posix.EIO : (int) -got);
            }
            if (!isZero(buffer, got)) {
                writeAll(copy, iovec, buffer, got, offset);
            }
            offset += got;
        }
    }

    private static void writeAll(int copy, IovecArray iovec, long buffer, long lengthBytes,
            long offset) throws ErrnoException {
        long written = 0;
        while (written < lengthBytes) {
            iovec.set(0, buffer + written, lengthBytes - written);
            long put = Posix.pwritev(copy, iovec.address(0), 1, offset + written, 0);
            if (put <= 0) {
                throw new ErrnoException("write", put == 0 ? Posix.EIO : (int) -put);
            }
            written += put;
        }
    }

    private static boolean isZero(long buffer, long lengthBytes) {
        long at = 0;
        while (at + Long.BYTES <= lengthBytes) {
            if (NativeMemory.getLong(buffer + at) != 0) {
                return false;
            }
            at += Long.BYTES;
        }
        while (at < lengthBytes) {
            if (NativeMemory.getByte(buffer + at) != 0) {
                return false;
            }
            at++;
        }
        return true;
    }
}
