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
    /**
     * Not an interest but a trait: work from outside, such as a guest's, that is left alone while
     * {@link AioContext#disableExternal} is in force.
     */
    public static final int EXTERNAL = 0x200;

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
    /** Written under the handler list's lock. */
    volatile FdCallbacks callbacks;
    /** Set once by remove, from any thread, and seen before each callback. */
    volatile boolean removed;
    /** External and disabled; written under the handler list's lock. */
    volatile boolean suspended;
    /** READ, WRITE, POLL and EXTERNAL bits; written under the handler list's lock. */
    volatile int interest;

    // Home thread only.
    int readyEvents;
    boolean pollHit;
    boolean queuedReady;
    /** The callbacks that readiness was found for: others get none that is not their own. */
    FdCallbacks readyCallbacks;
    /** The callbacks that poll mode was begun for, null outside of it. */
    FdCallbacks begun;
    boolean inPollSet;
    /** Polled no more because it found nothing for long. */
    boolean idle;
    /** Poll mode ended while nobody might look: the look is due when somebody may. */
    boolean lookDue;
    long lastHitNs;
    /** Position in the monitor that holds the handler; owned by that monitor. */
    int monitorSlot = NO_SLOT;
    /** What followed when this handler alone had something; owned by the poller's memory. */
    final WaitMemory.History waitsAfter = new WaitMemory.History();

    // Counters: written by home, read by any as they are.
    long pollTimeNs;
    long pollTimePeakNs;
    long pollHits;
    long fdReadies;

    AioHandler(int fd, int interest, FdCallbacks callbacks) {
        this.fd = fd;
        this.interest = interest;
        this.callbacks = callbacks;
    }

    /** The descriptor, or -1 of a handler that is only polled. */
    public int fd() {
        return fd;
    }

    /** Whether the loop polls it now. */
    boolean polls() {
        return (interest & POLL) != 0 && !suspended;
    }

    boolean isExternal() {
        return (interest & EXTERNAL) != 0;
    }

    /** Whether no callback may be called. */
    boolean isSilent() {
        return removed || suspended;
    }

    /** Whether what was found for these callbacks may still be given to them. */
    boolean mayCall(FdCallbacks found) {
        return callbacks == found && !isSilent();
    }

    /** The bits that a monitor has to watch; 0 keeps the handler out of it. */
    int fdEvents() {
        return fd == NO_FD || suspended ? 0 : interest & FD_EVENTS;
    }

    /** Whether the descriptor announces something that polling the memory does not see. */
    boolean needsDescriptor() {
        int events = fdEvents();
        return events != 0 && (!polls() || (events & WRITE) != 0);
    }

    HandlerStats stats() {
        return new HandlerStats(
                callbacks.name(), fd, pollTimeNs, pollTimePeakNs, pollHits, fdReadies);
    }

    @Override
    public String toString() {
        return "handler of fd " + fd + " (" + callbacks.name() + ")";
    }
}
