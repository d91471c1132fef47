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

    private AioHandler[] polled = new AioHandler[0];
    private int count;
    private int unpolled;
    private int idle;
    private boolean started;

    /** Takes over a changed list of handlers; newcomers begin in the set. */
    void rebuild(AioHandler[] handlers, long nowNs) {
        AioHandler[] next = new AioHandler[handlers.length];
        int size = 0;
        unpolled = 0;
        idle = 0;
        for (int i = 0; i < count; i++) {
            if (polled[i].removed || !polled[i].polls()) {
                leavePollMode(polled[i]);
                polled[i].inPollSet = false;
            } else {
                next[size++] = polled[i];
            }
        }
        for (AioHandler handler : handlers) {
            if (!handler.polls()) {
                unpolled++;
            } else if (!handler.inPollSet && !handler.removed) {
                handler.inPollSet = true;
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
            if (!handler.inPollMode && !handler.removed) {
                handler.inPollMode = true;
                handler.callbacks.pollBegin();
            }
        }
    }

    /** Switches poll mode off; the caller looks once more afterwards. */
    void end() {
        started = false;
        for (int i = 0; i < count; i++) {
            leavePollMode(polled[i]);
        }
    }

    /** Polls each handler once; returns whether one has work. */
    boolean look(ReadyList ready, long nowNs) {
        boolean hit = false;
        for (int i = 0; i < count; i++) {
            AioHandler handler = polled[i];
            if (!handler.removed && handler.callbacks.poll()) {
                handler.lastHitNs = nowNs;
                ready.addPollHit(handler);
                hit = true;
            }
        }
        return hit;
    }

    /** Polls only the handlers that no descriptor announces: all there is while polling is off. */
    boolean lookAtMemoryOnly(ReadyList ready, long nowNs) {
        boolean hit = false;
        for (int i = 0; i < count; i++) {
            AioHandler handler = polled[i];
            if (handler.fd == AioHandler.NO_FD && !handler.removed && handler.callbacks.poll()) {
                handler.lastHitNs = nowNs;
                ready.addPollHit(handler);
                hit = true;
            }
        }
        return hit;
    }

    /** Lets handlers go that have been idle too long; each is looked at once more on its way. */
    void dropIdle(ReadyList ready, long nowNs) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            AioHandler handler = polled[i];
            if (handler.fd != AioHandler.NO_FD && nowNs - handler.lastHitNs > IDLE_NS) {
                leavePollMode(handler);
                if (handler.removed || !handler.callbacks.poll()) {
                    handler.inPollSet = false;
                    idle++;
                    continue;
                }
                handler.lastHitNs = nowNs;
                ready.addPollHit(handler);
            }
            polled[kept++] = handler;
        }
        for (int i = kept; i < count; i++) {
            polled[i] = null;
        }
        count = kept;
    }

    /** A handler's descriptor announced something: poll it again from now on. */
    void rejoin(AioHandler handler, long nowNs) {
        if (handler.inPollSet || handler.removed || !handler.polls()) {
            return;
        }
        handler.inPollSet = true;
        handler.lastHitNs = nowNs;
        if (count == polled.length) {
            polled = Arrays.copyOf(polled, count + 1);
        }
        polled[count++] = handler;
        idle--;
    }

    private static void leavePollMode(AioHandler handler) {
        if (handler.inPollMode) {
            handler.inPollMode = false;
            if (!handler.removed) {
                handler.callbacks.pollEnd();
            }
        }
    }
}
