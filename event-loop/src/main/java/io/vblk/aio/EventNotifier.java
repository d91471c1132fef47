// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * An eventfd(2) used as kick, call or wake-up.
 * Thread: {@link #set} any, {@link #testAndClear} the one that reads it.
 */
public final class EventNotifier implements AutoCloseable {
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

    /** Descriptor to wait on; readable while the notifier is set. */
    public int fd() {
        return fd;
    }

    /**
     * Sets the notifier. A full counter (EAGAIN) means that it is set already; a descriptor that
     * is no eventfd is the giver's loss.
     */
    public void set() {
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
