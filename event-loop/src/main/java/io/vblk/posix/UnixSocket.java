// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import java.nio.charset.StandardCharsets;

/**
 * Stream socket of the Unix domain, by its descriptor: bytes together with file descriptors
 * (unix(7), SCM_RIGHTS of cmsg(3)). Nothing here blocks except {@code connect}. Thread: one at
 * a time.
 */
public final class UnixSocket implements AutoCloseable {
    /** Most descriptors that travel with one message: what Linux allows (SCM_MAX_FD). */
    public static final int FDS_MAX = 253;
    /** Longest path: struct sockaddr_un has room for 108 bytes with the zero at the end. */
    public static final int PATH_BYTES_MAX = 107;

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SCM_RIGHTS = 1;
    /** Not to wait, though the other holder of a socket that was passed on can make it blocking. */
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int BACKLOG = 16;
    private static final int FD_BYTES = 4;
    private static final long CONNECT_RETRY_NS = 10_000_000;

    // struct msghdr (56), struct iovec (16), then struct cmsghdr (16) and its descriptors.
    private static final int MSG_IOV = 16;
    private static final int MSG_IOVLEN = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROLLEN = 40;
    private static final int MSG_FLAGS = 48;
    private static final int IOVEC = 56;
    private static final int CONTROL = 72;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_HEADER_BYTES = 16;
    private static final int SCRATCH_BYTES =
            CONTROL + CMSG_HEADER_BYTES + FDS_MAX * FD_BYTES + 4;

    private final int fd;
    private final MappedMemory scratch;
    private boolean open = true;

    private UnixSocket(int fd) throws ErrnoException {
        this.fd = fd;
        try {
            this.scratch = MappedMemory.anonymous(SCRATCH_BYTES);
        } catch (ErrnoException e) {
            Posix.close(fd);
            throw e;
        }
    }

    /** Takes over a descriptor, which becomes non-blocking and is closed on failure. */
    public static UnixSocket adopt(int fd) throws ErrnoException {
        UnixSocket socket = new UnixSocket(fd);
        try {
            Posix.setNonBlocking(fd);
            return socket;
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Makes a socket that listens on a path.
     *
     * @throws ErrnoException EADDRINUSE if there is something at the path, whatever it is
     */
    public static UnixSocket listen(String path) throws ErrnoException {
        UnixSocket socket = make();
        try (MappedMemory address = address(path)) {
            Posix.check("bind(" + path + ")",
                    LibC.CALLS.bind(socket.fd, address.address(), (int) address.lengthBytes()));
            Posix.check("listen(" + path + ")", LibC.CALLS.listen(socket.fd, BACKLOG));
            return socket;
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Connects to the socket at a path, waiting for room in its backlog.
     *
     * @throws ErrnoException ECONNREFUSED if nobody listens there any more
     */
    public static UnixSocket connect(String path) throws ErrnoException {
        int made = Posix.check("socket",
                LibC.CALLS.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        UnixSocket socket = new UnixSocket(made);
        try (MappedMemory address = address(path)) {
            int result;
            do {
                result = LibC.CALLS.connect(
                        made, address.address(), (int) address.lengthBytes());
            } while (Posix.interrupted(result));
            Posix.check("connect(" + path + ")", result);
            Posix.setNonBlocking(made);
            return socket;
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Connects to the socket at a path, waiting for room in its backlog no longer than told.
     *
     * @throws ErrnoException EAGAIN if there was no room in that time; ECONNREFUSED if nobody
     *     listens there any more
     */
    public static UnixSocket connect(String path, long waitNs) throws ErrnoException {
        long deadlineNs = System.nanoTime() + waitNs;
        UnixSocket socket = make();
        try (MappedMemory address = address(path);
                MappedMemory timespec = MappedMemory.anonymous(Posix.TIMESPEC_BYTES)) {
            while (true) {
                int result = LibC.CALLS.connect(
                        socket.fd, address.address(), (int) address.lengthBytes());
                boolean full = result < 0 && LibC.errno() == Posix.EAGAIN;
                if (!full || System.nanoTime() - deadlineNs >= 0) {
                    Posix.check("connect(" + path + ")", result);
                    return socket;
                }
                // A full backlog gives no event to wait for.
                Posix.ppoll(0, 0, CONNECT_RETRY_NS, timespec.address());
            }
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
    }

    /** Makes two connected sockets. */
    public static UnixSocket[] pair() throws ErrnoException {
        try (MappedMemory fds = MappedMemory.anonymous(2L * FD_BYTES)) {
            Posix.check("socketpair", LibC.CALLS.socketpair(AF_UNIX,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.address()));
            int second = NativeMemory.getInt(fds.address() + FD_BYTES);
            UnixSocket first;
            try {
                first = new UnixSocket(NativeMemory.getInt(fds.address()));
            } catch (ErrnoException e) {
                Posix.close(second);
                throw e;
            }
            try {
                return new UnixSocket[] {first, new UnixSocket(second)};
            } catch (ErrnoException e) {
                first.close();
                throw e;
            }
        }
    }

    private static UnixSocket make() throws ErrnoException {
        return new UnixSocket(Posix.check("socket",
                LibC.CALLS.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
    }

    /** A struct sockaddr_un: 16 bits of family, then the path with a zero. */
    private static MappedMemory address(String path) throws ErrnoException {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > PATH_BYTES_MAX || bytes.length == 0) {
            throw new ErrnoException("a socket's path has 1 to " + PATH_BYTES_MAX + " bytes, "
                    + path + " has " + bytes.length, Posix.ENAMETOOLONG);
        }
        MappedMemory address = MappedMemory.anonymous(2L + bytes.length + 1);
        NativeMemory.putShort(address.address(), AF_UNIX);
        NativeMemory.copyFromArray(bytes, 0, address.address() + 2, bytes.length);
        return address;
    }

    /** The descriptor, to wait on. */
    public int fd() {
        return fd;
    }

    /** Whether the socket takes connections (SO_ACCEPTCONN), instead of being one. */
    public boolean isListening() throws ErrnoException {
        long value = scratch.address();
        NativeMemory.putInt(value, 0);
        NativeMemory.putInt(value + 4, 4);
        Posix.check("getsockopt(SO_ACCEPTCONN)",
                LibC.CALLS.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, value, value + 4));
        return NativeMemory.getInt(value) != 0;
    }

    /**
     * Takes the next connection.
     *
     * @return the connection, or null if there is none now
     * @throws ErrnoException as accept4(2); EMFILE while this process has too many descriptors
     */
    public UnixSocket accept() throws ErrnoException {
        int result;
        do {
            result = LibC.CALLS.accept4(fd, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
        } while (Posix.interrupted(result));
        if (result < 0 && (LibC.errno() == Posix.EAGAIN || LibC.errno() == Posix.ECONNABORTED)) {
            return null;
        }
        return new UnixSocket(Posix.check("accept4", result));
    }

    /**
     * Sends bytes, with descriptors at the first of them.
     *
     * @return bytes sent, fewer than asked for if there is no room for more, or the negative errno
     */
    public long send(long from, int lengthBytes, int... fds) {
        long header = prepare(from, lengthBytes);
        if (fds.length > 0) {
            int controlBytes = CMSG_HEADER_BYTES + fds.length * FD_BYTES;
            long control = header + CONTROL;
            NativeMemory.putLong(control, controlBytes);
            NativeMemory.putInt(control + CMSG_LEVEL, SOL_SOCKET);
            NativeMemory.putInt(control + CMSG_TYPE, SCM_RIGHTS);
            for (int i = 0; i < fds.length; i++) {
                NativeMemory.putInt(control + CMSG_HEADER_BYTES + (long) i * FD_BYTES, fds[i]);
            }
            NativeMemory.putLong(header + MSG_CONTROL, control);
            NativeMemory.putLong(header + MSG_CONTROLLEN, controlBytes);
        }
        long result;
        do {
            result = LibC.CALLS.sendmsg(fd, header, MSG_NOSIGNAL | MSG_DONTWAIT);
        } while (Posix.interrupted(result));
        return result < 0 ? -LibC.errno() : result;
    }

    /**
     * Receives bytes and the descriptors that came with them, close-on-exec. All descriptors that
     * the kernel hands over are given out, so none can leak.
     *
     * @return bytes received, 0 at the end of the stream, or the negative errno (EAGAIN if there
     *     is nothing now)
     */
    public long receive(long to, int lengthBytes, FdSink fds) {
        long header = prepare(to, lengthBytes);
        NativeMemory.putLong(header + MSG_CONTROL, header + CONTROL);
        NativeMemory.putLong(header + MSG_CONTROLLEN, SCRATCH_BYTES - CONTROL);
        long result;
        do {
            result = LibC.CALLS.recvmsg(fd, header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        } while (Posix.interrupted(result));
        if (result < 0) {
            return -LibC.errno();
        }
        long control = header + CONTROL;
        // One header at most: with SO_PASSCRED off only SCM_RIGHTS comes, all in one.
        if (NativeMemory.getLong(header + MSG_CONTROLLEN) >= CMSG_HEADER_BYTES
                && NativeMemory.getInt(control + CMSG_LEVEL) == SOL_SOCKET
                && NativeMemory.getInt(control + CMSG_TYPE) == SCM_RIGHTS) {
            long bytes = NativeMemory.getLong(control) - CMSG_HEADER_BYTES;
            for (long at = 0; at + FD_BYTES <= bytes; at += FD_BYTES) {
                fds.take(NativeMemory.getInt(control + CMSG_HEADER_BYTES + at));
            }
        }
        return result;
    }

    private long prepare(long at, int lengthBytes) {
        long header = scratch.address();
        NativeMemory.fill(header, CONTROL + CMSG_HEADER_BYTES, 0);
        NativeMemory.putLong(header + IOVEC, at);
        NativeMemory.putLong(header + IOVEC + 8, lengthBytes);
        NativeMemory.putLong(header + MSG_IOV, header + IOVEC);
        NativeMemory.putLong(header + MSG_IOVLEN, 1);
        NativeMemory.putInt(header + MSG_FLAGS, 0);
        return header;
    }

    /** Closes the socket; a second close does nothing. */
    @Override
    public void close() {
        if (open) {
            open = false;
            scratch.close();
            Posix.close(fd);
        }
    }

    /** Takes descriptors over from {@link #receive}. */
    @FunctionalInterface
    public interface FdSink {
        /** Owns the descriptor from now on. */
        void take(int fd);
    }
}
