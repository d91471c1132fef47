// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.Arrays;

/** Handlers that became ready in this iteration, in the order found. Thread: home. */
final class ReadyList {
    private static final int CAPACITY_FIRST = 16;

    private AioHandler[] handlers = new AioHandler[CAPACITY_FIRST];
    private int size;

    int size() {
        return size;
    }

    AioHandler get(int index) {
        return handlers[index];
    }

    /** Adds readiness seen by a monitor. */
    void addEvents(AioHandler handler, int events) {
        enqueue(handler);
        handler.readyEvents |= events;
    }

    /** Adds a hit of {@link FdCallbacks#poll}. */
    void addPollHit(AioHandler handler) {
        enqueue(handler);
        handler.pollHit = true;
    }

    private void enqueue(AioHandler handler) {
        FdCallbacks callbacks = handler.callbacks;
        if (handler.readyCallbacks != callbacks) {
            // What was found for others is not for these.
            handler.readyCallbacks = callbacks;
            handler.readyEvents = 0;
            handler.pollHit = false;
        }
        if (handler.queuedReady) {
            return;
        }
        handler.queuedReady = true;
        if (size == handlers.length) {
            handlers = Arrays.copyOf(handlers, size * 2);
        }
        handlers[size++] = handler;
    }

    /**
     * Forgets what is in the list, also what was not dispatched, because a callback threw or it
     * came too late: readiness of a descriptor is a level, which the next iteration finds again.
     *
     * @return whether a hit of polling was among that, which has to be looked for again
     */
    boolean clear() {
        boolean hitLeft = false;
        for (int i = 0; i < size; i++) {
            AioHandler handler = handlers[i];
            handlers[i] = null;
            hitLeft |= handler.pollHit;
            handler.lookDue |= handler.pollHit;
            handler.queuedReady = false;
            handler.pollHit = false;
            handler.readyEvents = 0;
            handler.readyCallbacks = null;
        }
        size = 0;
        return hitLeft;
    }
}
