// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket that front-ends connect to. One at a path is taken away at the end, if it is still ours:
 * somebody may have replaced it meanwhile. Thread: main.
 */
final class DiskSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskSocket.class);
    private static final int MODE_TYPE = 0xF000;
    private static final int MODE_SOCKET = 0xC000;
    private static final String IDENTITY = "unix:dev,ino,mode";

    private final UnixSocket socket;
    private final Path path;
    private final Map<String, Object> identity;

    private DiskSocket(UnixSocket socket, Path path, Map<String, Object> identity) {
        this.socket = socket;
        this.path = path;
        this.identity = identity;
    }

    /**
     * Makes the socket or takes it over.
     *
     * @throws IOException one line: somebody serves there, something else is in the way, or the
     *     descriptor is no socket
     */
    static DiskSocket open(SocketSpec spec) throws IOException {
        return spec.path() == null ? adopt(spec.fd()) : listen(spec.path());
    }

    private static DiskSocket adopt(int fd) throws IOException {
        if (Posix.fcntl(fd, Posix.F_GETFD, 0) < 0) {
            throw new IOException("descriptor " + fd
                    + " is not open: whoever starts vblk has to leave it open");
        }
        if ((Posix.fileStatus(fd).mode() & MODE_TYPE) != MODE_SOCKET) {
            throw new IOException("descriptor " + fd + " is not a socket");
        }
        return new DiskSocket(UnixSocket.adopt(fd), null, null);
    }

    private static DiskSocket listen(String name) throws IOException {
        Path path = Path.of(name);
        UnixSocket socket;
        try {
            socket = UnixSocket.listen(name);
        } catch (ErrnoException e) {
            if (e.errno() != Posix.EADDRINUSE) {
                throw cannot(name, e);
            }
            removeStale(path);
            socket = listenAgain(name);
        }
        try {
            return new DiskSocket(socket, path, identity(path));
        } catch (IOException e) {
            socket.close();
            throw new IOException(name + ": the socket is gone already: " + e.getMessage(), e);
        }
    }

    private static UnixSocket listenAgain(String name) throws IOException {
        try {
            return UnixSocket.listen(name);
        } catch (ErrnoException e) {
            throw cannot(name, e);
        }
    }

    private static IOException cannot(String name, ErrnoException e) {
        return new IOException(switch (e.errno()) {
            case Posix.ENOENT -> name + ": its directory does not exist: make it first";
            case Posix.ENAMETOOLONG -> "socket path '" + name + "' has "
                    + name.getBytes(StandardCharsets.UTF_8).length + " bytes: it must have 1 to "
                    + UnixSocket.PATH_BYTES_MAX;
            default -> "socket " + name + ": " + e.getMessage();
        }, e);
    }

    /** Removes a socket that nobody listens on any more, such as after kill -9. */
    private static void removeStale(Path path) throws IOException {
        Map<String, Object> there;
        try {
            there = identity(path);
        } catch (NoSuchFileException e) {
            return;
        }
        if (((int) there.get("mode") & MODE_TYPE) != MODE_SOCKET) {
            throw new IOException(path + ": is there and is not a socket: choose another path,"
                    + " or remove it");
        }
        if (isLive(path)) {
            throw new IOException(path + ": another process serves on this socket: stop it, or"
                    + " choose another path");
        }
        Files.deleteIfExists(path);
    }

    private static boolean isLive(Path path) throws IOException {
        try {
            UnixSocket.connect(path.toString()).close();
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == Posix.EACCES) {
                throw new IOException(path + ": belongs to another user: choose another path", e);
            }
            if (e.errno() != Posix.ECONNREFUSED) {
                throw cannot(path.toString(), e);
            }
            return false;
        }
    }

    /** Device, inode and kind of what is at a path, which is not followed if it is a link. */
    private static Map<String, Object> identity(Path path) throws IOException {
        return Files.readAttributes(path, IDENTITY, LinkOption.NOFOLLOW_LINKS);
    }

    /** The socket, which its user closes. */
    UnixSocket socket() {
        return socket;
    }

    /**
     * Takes the socket's path away, if it is ours. To be done while the socket is open: as long as
     * it is, no other file can have its inode.
     */
    void removePath() {
        try {
            if (path != null && identity.equals(identity(path))) {
                Files.delete(path);
            }
        } catch (IOException e) {
            // Removed by somebody else, or its directory is: there is nothing left to do.
            LOG.debug("{}: {}", path, e.getMessage());
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
