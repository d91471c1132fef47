// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import java.util.Arrays;

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

    private final FdMonitorKind kind;
    private final int epollThreshold;
    /** Newest last. Replaced, never changed. */
    private volatile AioHandler[] handlers = NONE;
    /** Grows with every change, so that the home thread notices. */
    private volatile int version;
    private volatile FdMonitor monitor;
    /** A monitor that an upgrade replaced; the home thread may still be waiting in it. */
    private FdMonitor replaced;

    HandlerList(FdMonitorKind kind, int epollThreshold) throws ErrnoException {
        this.kind = kind;
        this.epollThreshold = epollThreshold;
        this.monitor = kind == FdMonitorKind.EPOLL ? new EpollMonitor() : new PpollMonitor(this);
    }

    AioHandler[] snapshot() {
        return handlers;
    }

    int version() {
        return version;
    }

    FdMonitor monitor() {
        return monitor;
    }

    /** Adds and watches a handler. */
    synchronized void add(AioHandler handler) throws ErrnoException {
        AioHandler[] old = handlers;
        for (AioHandler other : old) {
            if (handler.fd != AioHandler.NO_FD && other.fd == handler.fd) {
                throw new IllegalArgumentException("fd " + handler.fd + " has a handler already");
            }
        }
        if (kind == FdMonitorKind.AUTO && replaced == null && old.length + 1 >= epollThreshold) {
            upgrade(old);
        }
        monitor.update(handler, 0, handler.fdEvents());
        AioHandler[] grown = Arrays.copyOf(old, old.length + 1);
        grown[old.length] = handler;
        handlers = grown;
        version++;
    }

    private void upgrade(AioHandler[] watched) throws ErrnoException {
        FdMonitor epoll = new EpollMonitor();
        for (AioHandler handler : watched) {
            try {
                epoll.update(handler, 0, handler.fdEvents());
            } catch (ErrnoException e) {
                // Closed behind our back: ppoll would have reported it, epoll cannot hold it.
                handler.removed = true;
            }
        }
        replaced = monitor;
        monitor = epoll;
    }

    /** Removes a handler; returns false if it was not there. */
    synchronized boolean remove(AioHandler handler) throws ErrnoException {
        handler.removed = true;
        AioHandler[] old = handlers;
        int index = Arrays.asList(old).indexOf(handler);
        if (index < 0) {
            return false;
        }
        monitor.update(handler, handler.fdEvents(), 0);
        AioHandler[] shrunk = new AioHandler[old.length - 1];
        System.arraycopy(old, 0, shrunk, 0, index);
        System.arraycopy(old, index + 1, shrunk, index, shrunk.length - index);
        handlers = shrunk;
        version++;
        return true;
    }

    /** Changes what a handler waits for. */
    synchronized void setInterest(AioHandler handler, int interest) throws ErrnoException {
        if (handler.removed) {
            return;
        }
        int before = handler.fdEvents();
        handler.interest = interest;
        monitor.update(handler, before, handler.fdEvents());
        version++;
    }

    @Override
    public synchronized void close() {
        monitor.close();
        if (replaced != null) {
            replaced.close();
        }
    }
}
