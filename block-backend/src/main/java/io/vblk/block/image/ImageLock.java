// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The locks by which QEMU's programs and we keep out of each other's images. Thread: control.
 *
 * <p>Each opener holds shared locks of one byte that say what it does and what it does not bear:
 * 100 + i for "I use permission i", 200 + i for "nobody else may use permission i", with i = 0
 * for reading and 1 for writing. Then it looks whether others hold the opposite bytes. The locks
 * belong to the open file (F_OFD_SETLK): they end when it is closed.
 *
 * <pre>
 *   struct flock, 32 bytes: 0 type (2)  2 whence (2)  8 start (8)  16 length (8)  24 pid (4)
 * </pre>
 */
final class ImageLock {
    private static final Logger LOG = LoggerFactory.getLogger(ImageLock.class);
    private static final AtomicBoolean UNSUPPORTED_LOGGED = new AtomicBoolean();

    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final int F_RDLCK = 0;
    private static final int F_WRLCK = 1;
    private static final int F_UNLCK = 2;
    private static final int FLOCK_BYTES = 32;
    private static final int START_OFFSET = 8;
    private static final int LENGTH_OFFSET = 16;

    private static final int USES_READ = 100;
    private static final int USES_WRITE = 101;
    private static final int SHARES_NO_READ = 200;
    private static final int SHARES_NO_WRITE = 201;

    private static final int[] READER_HOLDS = {USES_READ, SHARES_NO_WRITE};
    private static final int[] WRITER_HOLDS = {USES_READ, USES_WRITE, SHARES_NO_WRITE};
    private static final int[] READER_REFUSES = {SHARES_NO_READ, USES_WRITE};
    // A writer holds both of the last two: its own byte comes first, for it also keeps readers out.
    private static final int[] WRITER_REFUSES = {SHARES_NO_READ, USES_WRITE, SHARES_NO_WRITE};

    private ImageLock() {}

    /**
     * Locks an open image. After a failure the caller unlocks or closes it.
     *
     * @param required whether a file system without such locks is a failure
     * @return the bytes locked, or why there are none
     * @throws ImageException if another process holds a lock that excludes this one, or there are
     *     none although required
     */
    static String lock(String target, int fd, boolean writer, boolean required)
            throws ImageException {
        try (MappedMemory flock = MappedMemory.anonymous(FLOCK_BYTES)) {
            int[] holds = writer ? WRITER_HOLDS : READER_HOLDS;
            for (int lockByte : holds) {
                int errno = -Posix.fcntl(fd, F_OFD_SETLK, put(flock, F_RDLCK, lockByte));
                if (errno == Posix.EAGAIN || errno == Posix.EACCES) {
                    throw inUse(target, lockByte, writer);
                }
                if (errno != 0) {
                    return unsupported(target, errno, required);
                }
            }
            for (int lockByte : writer ? WRITER_REFUSES : READER_REFUSES) {
                int errno = -Posix.fcntl(fd, F_OFD_GETLK, put(flock, F_WRLCK, lockByte));
                if (errno != 0) {
                    return unsupported(target, errno, required);
                }
                if (NativeMemory.getShort(flock.address()) != F_UNLCK) {
                    throw inUse(target, lockByte, writer);
                }
            }
            return list(holds);
        } catch (ErrnoException e) {
            throw new ImageException(target + ": " + e.getMessage(), e);
        }
    }

    /** Drops all locks of an open file. */
    static void unlock(int fd) {
        try (MappedMemory flock = MappedMemory.anonymous(FLOCK_BYTES)) {
            long all = put(flock, F_UNLCK, USES_READ);
            NativeMemory.putLong(all + LENGTH_OFFSET, SHARES_NO_WRITE + 1L - USES_READ);
            Posix.fcntl(fd, F_OFD_SETLK, all);
        } catch (ErrnoException e) {
            // Only for lack of memory; the locks end with the file then.
            LOG.warn("locks are kept until the image is closed: {}", e.getMessage());
        }
    }

    private static long put(MappedMemory flock, int type, int lockByte) {
        long at = flock.address();
        NativeMemory.fill(at, FLOCK_BYTES, 0);
        NativeMemory.putShort(at, type);
        NativeMemory.putLong(at + START_OFFSET, lockByte);
        NativeMemory.putLong(at + LENGTH_OFFSET, 1);
        return at;
    }

    private static ImageException inUse(String target, int lockByte, boolean writer) {
        boolean otherReads = writer && lockByte == SHARES_NO_WRITE;
        String wayOut = otherReads
                ? "stop it, or use --read-only if it only reads"
                : "stop it, or use another image";
        return new ImageException(target + ": in use by another process (lock on byte " + lockByte
                + "): " + wayOut);
    }

    private static String unsupported(String target, int errno, boolean required)
            throws ImageException {
        if (required) {
            throw new ImageException(target + ": cannot be locked ("
                    + ErrnoException.describe(errno) + "): use --locking=auto or off, and see to "
                    + "it that nothing else changes it");
        }
        String why = "none: " + ErrnoException.describe(errno);
        if (UNSUPPORTED_LOGGED.compareAndSet(false, true)) {
            LOG.warn("{}: its file system has no open-file locks ({}): nothing keeps other "
                    + "programs from changing the image meanwhile", target, why);
        }
        return why;
    }

    private static String list(int[] lockBytes) {
        StringBuilder text = new StringBuilder();
        for (int lockByte : lockBytes) {
            text.append(text.length() == 0 ? "" : ",").append(lockByte);
        }
        return text.toString();
    }
}
