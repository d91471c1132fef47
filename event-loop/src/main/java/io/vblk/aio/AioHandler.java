// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * One registered descriptor with its callbacks, interest and state of readiness.
 * Thread: home, except for what {@link AioContext} declares for any thread.
 */
public final class AioHandler {
    /** Interest: call {@link FdCallbacks#onReadable}. The values are those of poll(2). */
    public static final int READ = 0x1;
    /** Interest: call {@link FdCallbacks#onWritable}. */
    public static final int WRITE = 0x4;
    /** Interest: call {@link FdCallbacks#poll} while the loop polls. */
    public static final int POLL = 0x100;

    /** Readiness bits of poll(2) that need no interest. */
    static final int ERR = 0x8;
    static final int HUP = 0x10;
    static final int NVAL = 0x20;
    /** Stands for a descriptor that only exists in memory and is always polled. */
    static final int NO_FD = -1;
    /** Not held by a monitor that numbers its handlers. */
    static final int NO_SLOT = -1;

    private static final int FD_EVENTS = READ | WRITE;

    final int fd;
    final FdCallbacks callbacks;
    /** Set once by remove, from any thread, and seen before each callback. */
    volatile boolean removed;
    /** READ, WRITE and POLL bits; written under the handler list's lock. */
    volatile int interest;

    // Home thread only.
    int readyEvents;
    boolean pollHit;
    boolean queuedReady;
    boolean inPollMode;
    boolean inPollSet;
    long lastHitNs;
    // Position in the monitor that holds the handler; owned by that monitor.
    int monitorSlot = NO_SLOT;

    AioHandler(int fd, int interest, FdCallbacks callbacks) {
        this.fd = fd;
        this.interest = interest;
        this.callbacks = callbacks;
    }

    /** The descriptor, or -1 of a handler that is only polled. */
    public int fd() {
        return fd;
    }

    boolean polls() {
        return (interest & POLL) != 0;
    }

    /** The bits that a monitor has to watch; 0 keeps the handler out of it. */
    int fdEvents() {
        return fd == NO_FD ? 0 : interest & FD_EVENTS;
    }

    /** Whether the descriptor announces something that polling the memory does not see. */
    boolean needsDescriptor() {
        int events = fdEvents();
        return events != 0 && (!polls() || (events & WRITE) != 0);
    }

    @Override
    public String toString() {
        return "handler of fd " + fd + " (" + callbacks.getClass().getSimpleName() + ")";
    }
}
