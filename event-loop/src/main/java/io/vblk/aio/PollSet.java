// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.Arrays;

/**
 * The handlers that the loop polls. Thread: home.
 *
 * <p>A handler that found nothing for {@link #IDLE_NS} leaves, since a hundred idle disks would
 * slow down the one that works; its descriptor announcing something brings it back. Handlers with
 * no descriptor stay, as nothing could bring them back.
 */
final class PollSet {
    /** How long a polled handler may find nothing before it leaves, in nanoseconds. */
    static final long IDLE_NS = 7_000_000_000L;

    /** The context's own handler: its descriptor says nothing that the wake flag does not. */
    private final AioHandler own;
    private AioHandler[] polled = new AioHandler[0];
    private int count;
    private int unpolled;
    private int idle;
    private boolean started;

    PollSet(AioHandler own) {
        this.own = own;
    }

    /**
     * Takes over a changed list of handlers: newcomers begin in the set, the idle come back. Who
     * leaves the set, or has new callbacks, leaves poll mode and is looked at once more.
     */
    void rebuild(AioHandler[] handlers, ReadyList ready, long nowNs) {
        AioHandler[] old = polled;
        int oldCount = count;
        takeMembers(handlers, nowNs);
        Throwable failure = null;
        for (int i = 0; i < oldCount; i++) {
            AioHandler handler = old[i];
            if (!handler.inPollSet || handler.begun != handler.callbacks) {
                failure = tryToLeave(handler, failure);
            }
        }
        rethrow(failure);
        for (int i = 0; i < oldCount; i++) {
            lookIfDue(old[i], ready, nowNs);
        }
        for (AioHandler handler : handlers) {
            lookIfDue(handler, ready, nowNs);
        }
    }

    private void takeMembers(AioHandler[] handlers, long nowNs) {
        AioHandler[] next = new AioHandler[handlers.length];
        int size = 0;
        unpolled = 0;
        idle = 0;
        for (int i = 0; i < count; i++) {
            AioHandler handler = polled[i];
            handler.inPollSet = !handler.removed && handler.polls();
            if (handler.inPollSet) {
                next[size++] = handler;
            }
        }
        for (AioHandler handler : handlers) {
            if (handler.needsDescriptor() && handler != own) {
                unpolled++;
            }
            if (handler.polls() && !handler.inPollSet && !handler.removed) {
                handler.inPollSet = true;
                handler.idle = false;
                handler.lastHitNs = nowNs;
                next[size++] = handler;
            }
        }
        polled = next;
        count = size;
    }

    /** Whether some descriptor is not covered by any poll and has to be looked at. */
    boolean leavesDescriptorsOut() {
        return unpolled + idle > 0;
    }

    /** Whether poll mode is on for any handler. */
    boolean isStarted() {
        return started;
    }

    /** Switches poll mode on: the other side need not notify from here on. */
    void begin() {
        started = true;
        for (int i = 0; i < count; i++) {
            AioHandler handler = polled[i];
            if (handler.begun == null && !handler.isSilent()) {
                handler.begun = handler.callbacks;
                handler.begun.pollBegin();
            }
        }
    }

    /**
     * Switches poll mode off and looks once more: what the other side did before it saw the
     * notifications on, nobody announces.
     */
    void end(ReadyList ready, long nowNs) {
        started = false;
        Throwable failure = null;
        for (int i = 0; i < count; i++) {
            failure = tryToLeave(polled[i], failure);
        }
        rethrow(failure);
        for (int i = 0; i < count; i++) {
            lookIfDue(polled[i], ready, nowNs);
        }
    }

    /** Polls each handler once; returns whether one has work. */
    boolean look(ReadyList ready, long nowNs) {
        boolean hit = false;
        for (int i = 0; i < count; i++) {
            hit |= lookAt(polled[i], ready, nowNs);
        }
        return hit;
    }

    /** Polls only the handlers that no descriptor announces: all there is while polling is off. */
    boolean lookAtMemoryOnly(ReadyList ready, long nowNs) {
        boolean hit = false;
        for (int i = 0; i < count; i++) {
            if (polled[i].fdEvents() == 0) {
                hit |= lookAt(polled[i], ready, nowNs);
            }
        }
        return hit;
    }

    private static boolean lookAt(AioHandler handler, ReadyList ready, long nowNs) {
        if (handler.isSilent() || !handler.callbacks.poll()) {
            return false;
        }
        handler.lastHitNs = nowNs;
        handler.pollHits++;
        ready.addPollHit(handler);
        return true;
    }

    /** Looks where poll mode has ended since the last look, unless nobody may. */
    private static boolean lookIfDue(AioHandler handler, ReadyList ready, long nowNs) {
        if (!handler.lookDue || handler.isSilent()) {
            return false;
        }
        handler.lookDue = false;
        return lookAt(handler, ready, nowNs);
    }

    /** Lets handlers go that have been idle too long; each is looked at once more on its way. */
    void dropIdle(ReadyList ready, long nowNs) {
        int kept = 0;
        int taken = 0;
        try {
            while (taken < count) {
                AioHandler handler = polled[taken];
                boolean leaves = handler.fdEvents() != 0 && nowNs - handler.lastHitNs > IDLE_NS;
                if (leaves) {
                    leavePollMode(handler);
                    handler.lookDue = true;
                    leaves = !lookIfDue(handler, ready, nowNs);
                }
                taken++;
                if (leaves) {
                    handler.inPollSet = false;
                    handler.idle = true;
                    idle++;
                } else {
                    polled[kept++] = handler;
                }
            }
        } finally {
            // Only if a callback threw: it and those behind it stay.
            while (taken < count) {
                polled[kept++] = polled[taken++];
            }
            Arrays.fill(polled, kept, count, null);
            count = kept;
        }
    }

    /**
     * Adapts each handler's own polling time after a wait (policy weighted).
     *
     * @param blockNs how long the wait took, polling included
     * @return the longest of those that had something, 0 if none had
     */
    long adapt(long blockNs, boolean ownActive, PollingOptions options) {
        long longestNs = adapt(own, ownActive, blockNs, options);
        for (int i = 0; i < count; i++) {
            AioHandler handler = polled[i];
            longestNs = Math.max(
                    longestNs, adapt(handler, handler.queuedReady, blockNs, options));
        }
        return longestNs;
    }

    private static long adapt(
            AioHandler handler, boolean active, long blockNs, PollingOptions options) {
        long nextNs =
                PollingPolicy.weightedShare(handler.pollTimeNs, blockNs, active, options);
        handler.pollTimeNs = nextNs;
        if (nextNs > handler.pollTimePeakNs) {
            handler.pollTimePeakNs = nextNs;
        }
        return active ? nextNs : 0;
    }

    /** A handler's descriptor announced something: poll it again from now on. */
    void rejoin(AioHandler handler, long nowNs) {
        handler.lastHitNs = nowNs;
        if (!handler.idle || handler.removed || !handler.polls()) {
            return;
        }
        handler.idle = false;
        handler.inPollSet = true;
        if (count == polled.length) {
            polled = Arrays.copyOf(polled, count + 1);
        }
        polled[count++] = handler;
        idle--;
    }

    private static void leavePollMode(AioHandler handler) {
        FdCallbacks begun = handler.begun;
        if (begun == null) {
            return;
        }
        handler.begun = null;
        handler.lookDue = true;
        if (!handler.removed) {
            begun.pollEnd();
        }
    }

    /** Leaves poll mode for many: who throws does not keep the others in it. */
    private static Throwable tryToLeave(AioHandler handler, Throwable failure) {
        try {
            leavePollMode(handler);
            return failure;
        } catch (RuntimeException | Error e) {
            if (failure == null) {
                return e;
            }
            failure.addSuppressed(e);
            return failure;
        }
    }

    private static void rethrow(Throwable failure) {
        if (failure instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (failure instanceof Error error) {
            throw error;
        }
    }
}
