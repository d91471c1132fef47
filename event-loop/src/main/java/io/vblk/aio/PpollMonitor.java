// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * Waits with ppoll(2) over an array that is laid out anew only when the handlers changed.
 * Thread: home, except {@link #update}.
 *
 * <pre>
 *   scratch page:  0 struct timespec (16)
 *                 16 struct pollfd[]:  0 fd (4)   4 events (2)   6 revents (2)
 * </pre>
 */
final class PpollMonitor implements FdMonitor {
    private static final int POLLFD_BYTES = 8;
    private static final int EVENTS_OFFSET = 4;
    private static final int REVENTS_OFFSET = 6;
    private static final int FDS_OFFSET = Posix.TIMESPEC_BYTES;
    private static final int CAPACITY_FIRST = 16;

    private final HandlerList list;
    private MappedMemory scratch;
    private AioHandler[] watched = new AioHandler[CAPACITY_FIRST];
    private int count;

    PpollMonitor(HandlerList list) throws ErrnoException {
        this.list = list;
        this.scratch = allocate(CAPACITY_FIRST);
    }

    private static MappedMemory allocate(int capacity) throws ErrnoException {
        return MappedMemory.anonymous(FDS_OFFSET + (long) capacity * POLLFD_BYTES);
    }

    @Override
    public void update(AioHandler handler, int oldEvents, int newEvents) throws ErrnoException {
        // The array is laid out anew in the iteration that the caller's wake-up brings about.
        if (oldEvents == 0 && newEvents != 0) {
            FdMonitor.checkOpen(handler);
        }
    }

    @Override
    public void await(long timeoutNs, ReadyList ready) {
        long fds = scratch.address() + FDS_OFFSET;
        int left = Posix.ppoll(fds, count, timeoutNs, scratch.address());
        if (left < 0) {
            // Nothing that the kernel may answer here is passing: going on would be a busy loop.
            throw new IllegalStateException(new ErrnoException("ppoll", -left));
        }
        for (int i = 0; left > 0 && i < count; i++) {
            int revents = NativeMemory.getShort(fds + (long) i * POLLFD_BYTES + REVENTS_OFFSET);
            if (revents != 0) {
                ready.addEvents(watched[i], revents);
                left--;
            }
        }
    }

    @Override
    public void takeOver(ReadyList ready) {
        AioHandler[] handlers = list.snapshot();
        if (handlers.length > watched.length) {
            grow(handlers.length * 2);
        }
        count = 0;
        for (AioHandler handler : handlers) {
            int events = handler.fdEvents();
            if (events != 0) {
                long at = scratch.address() + FDS_OFFSET + (long) count * POLLFD_BYTES;
                NativeMemory.putInt(at, handler.fd);
                NativeMemory.putShort(at + EVENTS_OFFSET, events);
                NativeMemory.putShort(at + REVENTS_OFFSET, 0);
                watched[count++] = handler;
            }
        }
        for (int i = count; i < watched.length; i++) {
            watched[i] = null;
        }
    }

    private void grow(int capacity) {
        try {
            MappedMemory grown = allocate(capacity);
            scratch.close();
            scratch = grown;
        } catch (ErrnoException e) {
            throw new OutOfMemoryError(e.getMessage());
        }
        watched = new AioHandler[capacity];
    }

    @Override
    public int fd() {
        throw new IllegalStateException("an outer loop needs fd-monitor epoll or io_uring");
    }

    @Override
    public FdMonitorKind kind() {
        return FdMonitorKind.PPOLL;
    }

    @Override
    public void close() {
        scratch.close();
    }
}
