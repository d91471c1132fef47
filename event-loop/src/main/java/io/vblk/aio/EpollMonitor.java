// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits with epoll(7): its cost does not grow with the number of idle descriptors.
 * Thread: home, except {@link #update}, which runs under the handler list's lock.
 *
 * <p>An event carries the handler's slot and the slot's generation, so that readiness that the
 * kernel queued before a removal finds no stranger. A descriptor that epoll refuses with EPERM is
 * a regular file or directory, always ready for poll(2), and is reported so in each wait.
 *
 * <pre>
 *   struct epoll_event:  0 events (4)   4 (x86-64, packed) or 8 (others) data (8)
 *   data:                slot (low 32 bits)   generation (high 32 bits)
 *   scratch:             0 struct timespec (16)   16 one event for epoll_ctl   32 events of a wait
 * </pre>
 */
final class EpollMonitor implements FdMonitor {
    /** Events taken in one wait; more stay queued in the kernel for the next. */
    static final int EVENTS_MAX = 128;

    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;
    private static final boolean PACKED =
            System.getProperty("os.arch").matches("amd64|x86_64|x86");
    private static final int DATA_OFFSET = PACKED ? 4 : 8;
    private static final int EVENT_BYTES = DATA_OFFSET + 8;
    private static final int CTL_OFFSET = Posix.TIMESPEC_BYTES;
    private static final int EVENTS_OFFSET = 32;
    private static final int SLOTS_FIRST = 64;
    private static final Logger LOG = LoggerFactory.getLogger(EpollMonitor.class);

    private final int epollFd;
    private final MappedMemory scratch;
    // Changed under the list's lock, generation before slot. The home thread reads them without
    // it, slot before generation, so a slot's new handler is never taken for its old one.
    private volatile AtomicReferenceArray<AioHandler> slots =
            new AtomicReferenceArray<>(SLOTS_FIRST);
    private volatile int[] generations = new int[SLOTS_FIRST];
    private volatile AioHandler[] alwaysReady = new AioHandler[0];
    private boolean timesOut64 = true;

    EpollMonitor() throws ErrnoException {
        scratch = MappedMemory.anonymous(EVENTS_OFFSET + (long) EVENTS_MAX * EVENT_BYTES);
        try {
            epollFd = Posix.epollCreate();
        } catch (ErrnoException e) {
            scratch.close();
            throw e;
        }
    }

    @Override
    public void update(AioHandler handler, int oldEvents, int newEvents) throws ErrnoException {
        if (oldEvents == newEvents) {
            return;
        }
        if (newEvents == 0) {
            forget(handler);
        } else if (handler.monitorSlot >= 0) {
            control(EPOLL_CTL_MOD, handler, newEvents);
        } else if (!isAlwaysReady(handler)) {
            enter(handler, newEvents);
        }
    }

    private void enter(AioHandler handler, int events) throws ErrnoException {
        int slot = freeSlot();
        handler.monitorSlot = slot;
        slots.set(slot, handler);
        int errno = -tryControl(EPOLL_CTL_ADD, handler, events);
        if (errno == 0) {
            return;
        }
        release(slot);
        handler.monitorSlot = AioHandler.NO_SLOT;
        if (errno != Posix.EPERM) {
            throw new ErrnoException("epoll_ctl(add, fd " + handler.fd + ")", errno);
        }
        alwaysReady = HandlerList.with(alwaysReady, handler);
    }

    private void forget(AioHandler handler) {
        if (handler.monitorSlot >= 0) {
            if (tryControl(EPOLL_CTL_DEL, handler, 0) < 0) {
                // A closed descriptor has left the set, unless another process holds a copy.
                LOG.warn("{} was closed before it was removed", handler);
            }
            release(handler.monitorSlot);
            handler.monitorSlot = AioHandler.NO_SLOT;
        } else if (isAlwaysReady(handler)) {
            alwaysReady = HandlerList.without(alwaysReady, handler);
        }
    }

    private void control(int operation, AioHandler handler, int events) throws ErrnoException {
        int result = tryControl(operation, handler, events);
        if (result < 0) {
            throw new ErrnoException("epoll_ctl(fd " + handler.fd + ")", -result);
        }
    }

    private int tryControl(int operation, AioHandler handler, int events) {
        long event = scratch.address() + CTL_OFFSET;
        int slot = handler.monitorSlot;
        NativeMemory.putInt(event, events);
        NativeMemory.putInt(event + DATA_OFFSET, slot);
        NativeMemory.putInt(event + DATA_OFFSET + 4, generations[slot]);
        return Posix.epollCtl(epollFd, operation, handler.fd, event);
    }

    private boolean isAlwaysReady(AioHandler handler) {
        return Arrays.asList(alwaysReady).contains(handler);
    }

    private int freeSlot() {
        AtomicReferenceArray<AioHandler> now = slots;
        int length = now.length();
        for (int i = 0; i < length; i++) {
            if (now.get(i) == null) {
                return i;
            }
        }
        AtomicReferenceArray<AioHandler> grown = new AtomicReferenceArray<>(length * 2);
        for (int i = 0; i < length; i++) {
            grown.set(i, now.get(i));
        }
        generations = Arrays.copyOf(generations, length * 2);
        slots = grown;
        return length;
    }

    private void release(int slot) {
        generations[slot]++;
        slots.set(slot, null);
    }

    @Override
    public void await(long timeoutNs, ReadyList ready) {
        AioHandler[] always = alwaysReady;
        for (AioHandler handler : always) {
            ready.addEvents(handler, handler.fdEvents());
        }
        long events = scratch.address() + EVENTS_OFFSET;
        int count = waitFor(events, always.length > 0 ? 0 : timeoutNs);
        if (count < 0) {
            // Nothing that the kernel may answer here is passing: going on would be a busy loop.
            throw new IllegalStateException(new ErrnoException("epoll_wait", -count));
        }
        for (int i = 0; i < count; i++) {
            long event = events + (long) i * EVENT_BYTES;
            int slot = NativeMemory.getInt(event + DATA_OFFSET);
            AioHandler handler = slots.get(slot);
            if (handler != null
                    && generations[slot] == NativeMemory.getInt(event + DATA_OFFSET + 4)) {
                ready.addEvents(handler, NativeMemory.getInt(event));
            }
        }
    }

    private int waitFor(long events, long timeoutNs) {
        long timespec = scratch.address();
        if (timesOut64) {
            int count = tryWait(events, timeoutNs, timespec);
            // EPERM: seccomp filters older than the call.
            if (count != -Posix.ENOSYS && count != -Posix.EPERM) {
                return count;
            }
            timesOut64 = false;
        }
        // Kernel or libc without epoll_pwait2: wait on the epoll descriptor itself, then look.
        if (timeoutNs > 0) {
            // The room for events serves as the struct pollfd: it is empty until the look below.
            NativeMemory.putInt(events, epollFd);
            NativeMemory.putInt(events + 4, AioHandler.READ);
            Posix.ppoll(events, 1, timeoutNs, timespec);
        }
        return Posix.epollWait(epollFd, events, EVENTS_MAX, Math.min(timeoutNs, 0), timespec);
    }

    private int tryWait(long events, long timeoutNs, long timespec) {
        try {
            return Posix.epollWait(epollFd, events, EVENTS_MAX, timeoutNs, timespec);
        } catch (UnsatisfiedLinkError e) {
            return -Posix.ENOSYS;
        }
    }

    @Override
    public int fd() {
        return epollFd;
    }

    @Override
    public boolean showsReadiness() {
        // Regular files are in no epoll set: nothing else tells of them.
        return alwaysReady.length > 0;
    }

    @Override
    public FdMonitorKind kind() {
        return FdMonitorKind.EPOLL;
    }

    @Override
    public void close() {
        Posix.close(epollFd);
        scratch.close();
    }
}
