// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An eventfd(2) used as kick, call or wake-up.
 * Thread: {@link #set} any, {@link #testAndClear} the one that reads it.
 */
public final class EventNotifier implements AutoCloseable {
    private static final String EVENTFD_LINK = "anon_inode:[eventfd]";
    private static final int NO_FD = -1;

    private static final long ONE;
    /** Where counters are read to; nobody looks at them. */
    private static final long SINK;

    static {
        try {
            MappedMemory page = MappedMemory.anonymous(2L * Posix.EVENTFD_BYTES);
            ONE = page.address();
            SINK = page.address() + Posix.EVENTFD_BYTES;
            NativeMemory.putLong(ONE, 1);
        } catch (ErrnoException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int fd;
    /** Whether close has a descriptor to close. */
    private boolean owned;

    private EventNotifier(int fd, boolean owned) {
        this.fd = fd;
        this.owned = owned;
    }

    /** Makes an eventfd that {@link #close} closes. */
    public static EventNotifier create() throws ErrnoException {
        return new EventNotifier(
                Posix.eventfd(0, Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC), true);
    }

    /** Wraps an eventfd that stays its owner's to close. */
    public static EventNotifier borrow(int fd) {
        return new EventNotifier(fd, false);
    }

    /**
     * Takes over an eventfd that another process gave, and makes it non-blocking; it is closed on
     * failure.
     *
     * @throws ErrnoException EINVAL if it is none: a write to something else could wait, or do harm
     */
    public static EventNotifier adopt(int fd) throws ErrnoException {
        try {
            if (!isEventFd(fd)) {
                throw new ErrnoException("descriptor " + fd + " is no eventfd", Posix.EINVAL);
            }
            Posix.setNonBlocking(fd);
            return new EventNotifier(fd, true);
        } catch (ErrnoException e) {
            Posix.close(fd);
            throw e;
        }
    }

    private static boolean isEventFd(int fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString()
                    .equals(EVENTFD_LINK);
        } catch (IOException e) {
            return false;
        }
    }

    /** A notifier that nobody waits for: {@link #set} does nothing. */
    public static EventNotifier none() {
        return new EventNotifier(NO_FD, false);
    }

    /** Descriptor to wait on; readable while the notifier is set. */
    public int fd() {
        return fd;
    }

    /**
     * Sets the notifier. A full counter (EAGAIN) means that it is set already; a descriptor that
     * is no eventfd is the giver's loss.
     */
    public void set() {
        if (fd == NO_FD) {
            return;
        }
        Posix.write(fd, ONE, Posix.EVENTFD_BYTES);
    }

    /** Clears the notifier; returns whether it was set. */
    public boolean testAndClear() {
        return Posix.read(fd, SINK, Posix.EVENTFD_BYTES) > 0;
    }

    /** Closes the descriptor if it is ours; a second close does nothing. */
    @Override
    public void close() {
        if (owned) {
            owned = false;
            Posix.close(fd);
        }
    }
}
