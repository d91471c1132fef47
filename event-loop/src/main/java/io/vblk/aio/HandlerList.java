// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handlers of a context and the monitor that watches them. Thread: any for changes, home for
 * walking.
 *
 * <p>Each change makes a new array, so that a walk goes on over the one it began with and needs
 * neither a lock nor a list of zombies: a removed handler is recognised by its flag and its memory
 * is the collector's business. Changes are rare and may cost; walks are not and may not.
 */
final class HandlerList implements AutoCloseable {
    private static final AioHandler[] NONE = new AioHandler[0];
    private static final Logger LOG = LoggerFactory.getLogger(HandlerList.class);

    private final FdMonitorKind kind;
    private final int epollThreshold;
    /** Newest last. Replaced, never changed. */
    private volatile AioHandler[] handlers = NONE;
    /** Grows with every change, so that the home thread notices. */
    private volatile int version;
    private volatile FdMonitor monitor;
    /** A monitor that an upgrade replaced; the home thread may still be waiting in it. */
    private FdMonitor replaced;
    private int externalDisabled;
    private boolean closed;

    HandlerList(FdMonitorKind kind, int epollThreshold) throws ErrnoException {
        this.kind = kind;
        this.epollThreshold = epollThreshold;
        this.monitor = switch (kind) {
            case AUTO, PPOLL -> new PpollMonitor(this);
            case EPOLL -> new EpollMonitor();
            case IO_URING -> new UringMonitor(this);
        };
    }

    AioHandler[] snapshot() {
        return handlers;
    }

    /** All but one, for reports. */
    List<AioHandler> others(AioHandler one) {
        return List.of(without(handlers, one));
    }

    /** Asks all handlers whether memory that is gone was theirs. Thread: home. */
    boolean claimMemoryFault() {
        boolean claimed = false;
        for (AioHandler handler : handlers) {
            claimed |= handler.callbacks.onMemoryFault();
        }
        return claimed;
    }

    int version() {
        return version;
    }

    FdMonitor monitor() {
        return monitor;
    }

    /** Adds and watches a handler. */
    synchronized void add(AioHandler handler) throws ErrnoException {
        if (closed) {
            throw new IllegalStateException("the context is closed");
        }
        handler.suspended = handler.isExternal() && externalDisabled > 0;
        AioHandler[] old = handlers;
        int descriptors = handler.fdEvents() != 0 ? 1 : 0;
        for (AioHandler other : old) {
            if (handler.fd != AioHandler.NO_FD && other.fd == handler.fd) {
                throw new IllegalArgumentException("fd " + handler.fd + " has a handler already");
            }
            descriptors += other.fdEvents() != 0 ? 1 : 0;
        }
        if (descriptors >= epollThreshold) {
            upgrade();
        }
        monitor.update(handler, 0, handler.fdEvents());
        handlers = with(old, handler);
        version++;
    }

    /**
     * Moves from ppoll to epoll if that is ours to choose. If the move fails, ppoll goes on, which
     * reports a descriptor closed behind our back where epoll refuses it; the next newcomer tries
     * again.
     */
    synchronized void upgrade() {
        if (closed) {
            throw new IllegalStateException("the context is closed");
        }
        if (kind != FdMonitorKind.AUTO || replaced != null) {
            return;
        }
        FdMonitor epoll = null;
        try {
            epoll = new EpollMonitor();
            for (AioHandler handler : handlers) {
                epoll.update(handler, 0, handler.fdEvents());
            }
            replaced = monitor;
            monitor = epoll;
        } catch (ErrnoException e) {
            LOG.warn("no epoll, ppoll goes on: {}", e.getMessage());
            for (AioHandler handler : handlers) {
                handler.monitorSlot = AioHandler.NO_SLOT;
            }
            if (epoll != null) {
                epoll.close();
            }
        }
    }

    /** Removes a handler; returns false if it was not there. */
    synchronized boolean remove(AioHandler handler) throws ErrnoException {
        handler.removed = true;
        if (closed) {
            return false;
        }
        AioHandler[] shrunk = without(handlers, handler);
        if (shrunk == handlers) {
            return false;
        }
        monitor.update(handler, handler.fdEvents(), 0);
        handlers = shrunk;
        version++;
        return true;
    }

    /**
     * Changes a handler in place; what has been removed waits for nothing.
     *
     * @param callbacks new ones, or null to keep what it has
     */
    synchronized void update(AioHandler handler, int interest, FdCallbacks callbacks)
            throws ErrnoException {
        if (handler.removed || closed) {
            return;
        }
        int interestBefore = handler.interest;
        int eventsBefore = handler.fdEvents();
        boolean suspendedBefore = handler.suspended;
        FdCallbacks callbacksBefore = handler.callbacks;
        if (callbacks != null) {
            handler.callbacks = callbacks;
        }
        handler.interest = interest;
        handler.suspended = handler.isExternal() && externalDisabled > 0;
        try {
            monitor.update(handler, eventsBefore, handler.fdEvents());
        } catch (ErrnoException e) {
            handler.callbacks = callbacksBefore;
            handler.interest = interestBefore;
            handler.suspended = suspendedBefore;
            throw e;
        }
        version++;
    }

    /** Leaves external handlers alone until {@link #enableExternal} was called as often. */
    synchronized void disableExternal() {
        if (externalDisabled++ == 0) {
            setSuspended(true);
        }
    }

    /** Undoes one {@link #disableExternal}; returns whether it was the last. */
    synchronized boolean enableExternal() {
        if (externalDisabled == 0) {
            throw new IllegalStateException("external handlers enabled more often than disabled");
        }
        if (--externalDisabled > 0) {
            return false;
        }
        setSuspended(false);
        return true;
    }

    private void setSuspended(boolean suspended) {
        for (AioHandler handler : handlers) {
            if (closed || !handler.isExternal()) {
                continue;
            }
            int eventsBefore = handler.fdEvents();
            handler.suspended = suspended;
            try {
                monitor.update(handler, eventsBefore, handler.fdEvents());
            } catch (ErrnoException e) {
                // Closed behind our back, and nobody would ever hear of it again.
                LOG.warn("{}: {}", handler, e.getMessage());
            }
        }
        version++;
    }

    /** A copy with one more at the end. */
    static AioHandler[] with(AioHandler[] old, AioHandler handler) {
        AioHandler[] grown = Arrays.copyOf(old, old.length + 1);
        grown[old.length] = handler;
        return grown;
    }

    /** A copy with one less, or the same array if it was not there. */
    static AioHandler[] without(AioHandler[] old, AioHandler handler) {
        int index = Arrays.asList(old).indexOf(handler);
        if (index < 0) {
            return old;
        }
        AioHandler[] shrunk = new AioHandler[old.length - 1];
        System.arraycopy(old, 0, shrunk, 0, index);
        System.arraycopy(old, index + 1, shrunk, index, shrunk.length - index);
        return shrunk;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        monitor.close();
        if (replaced != null) {
            replaced.close();
        }
    }
}
