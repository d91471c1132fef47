// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReadyListTest {
    private final ReadyList ready = new ReadyList();

    private static AioHandler handler(int fd) {
        return new AioHandler(fd, AioHandler.READ, new Recorder("fd"));
    }

    @Test
    void whatIsFoundTwiceIsThereOnceWithAllThatWasFound() {
        AioHandler handler = handler(1);
        ready.addEvents(handler, AioHandler.READ);
        ready.addPollHit(handler);
        ready.addEvents(handler, AioHandler.HUP);
        assertEquals(1, ready.size());
        assertEquals(AioHandler.READ | AioHandler.HUP, handler.readyEvents);
        assertTrue(handler.pollHit);
    }

    @Test
    void keepsTheOrderBeyondItsFirstCapacity() {
        AioHandler[] handlers = new AioHandler[100];
        for (int i = 0; i < handlers.length; i++) {
            handlers[i] = handler(i);
            ready.addEvents(handlers[i], AioHandler.READ);
        }
        assertEquals(100, ready.size());
        for (int i = 0; i < handlers.length; i++) {
            assertSame(handlers[i], ready.get(i));
        }
    }

    @Test
    void clearForgetsReadinessToo() {
        AioHandler handler = handler(1);
        ready.addEvents(handler, AioHandler.READ);
        ready.addPollHit(handler);
        ready.clear();
        assertEquals(0, ready.size());
        assertEquals(0, handler.readyEvents);
        assertFalse(handler.pollHit || handler.queuedReady);
        ready.addPollHit(handler);
        assertEquals(1, ready.size());
    }
}
