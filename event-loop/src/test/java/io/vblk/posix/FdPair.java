// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/**
 * Two connected descriptors, for tests: what is written to the second can be read from the first.
 * Thread: one.
 */
public final class FdPair implements AutoCloseable {
    private static final POSIX JNR = POSIXFactory.getNativePOSIX();
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int F_DUPFD = 0;
    /** Numbers from here on are taken by nobody else, so that a test can rely on their reuse. */
    private static final int NUMBER_FIRST = 600;

    private final MappedMemory buffer;
    private int first;
    private int second;

    private FdPair(int[] fds) throws ErrnoException {
        this.buffer = MappedMemory.anonymous(4096);
        this.first = reserved(fds[0]);
        this.second = reserved(fds[1]);
    }

    /** A pipe: first is the reading end, second the writing end. */
    public static FdPair pipe() throws ErrnoException {
        int[] fds = new int[2];
        check(JNR.pipe(fds));
        return new FdPair(fds);
    }

    /** A pair of stream sockets. */
    public static FdPair sockets() throws ErrnoException {
        int[] fds = new int[2];
        check(JNR.socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
        return new FdPair(fds);
    }

    /** Moves a descriptor to the lowest free number of the tests' own range. */
    public static int reserved(int fd) throws ErrnoException {
        int moved = Posix.fcntl(fd, F_DUPFD, NUMBER_FIRST);
        if (moved < 0) {
            throw new ErrnoException("fcntl(F_DUPFD)", -moved);
        }
        Posix.close(fd);
        return moved;
    }

    private static void check(int result) throws ErrnoException {
        if (result < 0) {
            throw new ErrnoException("pipe or socketpair", JNR.errno());
        }
    }

    /** The end to read from. */
    public int first() {
        return first;
    }

    /** The end to write to. */
    public int second() {
        return second;
    }

    /** Writes bytes to the second end. */
    public void write(int count) {
        long written = Posix.write(second, buffer.address(), count);
        assert written == count : "write: " + written;
    }

    /** Reads up to so many bytes from the first end; returns how many. */
    public long read(int count) {
        return Posix.read(first, buffer.address(), count);
    }

    /** Closes the first end. */
    public void closeFirst() {
        first = closed(first);
    }

    /** Closes the second end. */
    public void closeSecond() {
        second = closed(second);
    }

    private static int closed(int fd) {
        if (fd >= 0) {
            Posix.close(fd);
        }
        return -1;
    }

    @Override
    public void close() {
        closeFirst();
        closeSecond();
        buffer.close();
    }
}
