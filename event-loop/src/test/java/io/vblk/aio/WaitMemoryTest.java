// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WaitMemoryTest {
    private static final PollingOptions OPTIONS = PollingOptions.DEFAULT;
    private static final long MAX_NS = OPTIONS.pollMaxNs();
    private static final long POLL_NS = 20_000;
    private static final long LONG_NS = 70_000;
    private static final long SHORT_NS = 8_000;
    /** All sequences of so many waits, each short or long. */
    private static final int SEQUENCE = 14;

    private final AioHandler own = handler(1);
    private final AioHandler queue = handler(2);
    private final AioHandler disk = handler(3);
    private final ReadyList ready = new ReadyList();
    private WaitMemory memory = new WaitMemory(own);

    private static AioHandler handler(int fd) {
        return new AioHandler(fd, AioHandler.READ, new Recorder("fd"));
    }

    /** An iteration that finds something for these, and perhaps a wake-up. */
    private void events(boolean woken, AioHandler... handlers) {
        for (AioHandler handler : handlers) {
            ready.addEvents(handler, AioHandler.READ);
        }
        memory.takeEvents(ready, woken, OPTIONS);
        ready.clear();
    }

    private boolean polls() {
        return memory.phaseNs(POLL_NS, OPTIONS) > 0;
    }

    /** A wait that is polled if the memory says so; returns whether it was. */
    private boolean await(long ns) {
        long phaseNs = memory.phaseNs(POLL_NS, OPTIONS);
        memory.waited(ns, phaseNs > 0, ns <= phaseNs, OPTIONS);
        return phaseNs > 0;
    }

    /** Has waits after such events polled in vain until that is known. */
    private void learn(boolean woken, AioHandler... handlers) {
        for (int i = 0; i < PollingPolicy.VAIN_ENOUGH; i++) {
            events(woken, handlers);
            assertTrue(polls(), "after " + i);
            await(LONG_NS);
        }
        events(woken, handlers);
        assertFalse(polls());
    }

    @Test
    void eachHandlerAndEachWakeUpHasItsOwnHistory() {
        learn(false, queue);
        events(false, disk);
        assertTrue(polls());
        events(true);
        assertTrue(polls());
        events(false, queue, disk);
        assertTrue(polls());
        events(false, queue);
        assertFalse(polls());
        learn(true);
        events(false, disk);
        assertTrue(polls());
    }

    @Test
    void severalEventsOfOneIterationAreOneKindWhicheverTheyAre() {
        learn(false, queue, disk);
        events(true, queue);
        assertFalse(polls());
        events(true, disk, queue);
        assertFalse(polls());
        for (AioHandler alone : new AioHandler[] {queue, disk}) {
            events(false, alone);
            assertTrue(polls());
        }
        events(true);
        assertTrue(polls());
    }

    @Test
    void theLoopsOwnDescriptorIsNoEventBesideTheWakeUpItself() {
        learn(false, queue);
        events(false, own);
        assertFalse(polls());
        events(false, own, queue);
        assertFalse(polls());
        events(true, own);
        assertTrue(polls());
    }

    @Test
    void aWaitThatWasCutIntoPartsIsOneWait() {
        for (int i = 0; i < PollingPolicy.VAIN_ENOUGH; i++) {
            events(false, queue);
            assertTrue(polls());
            // Each part is short, and the last found its event by polling.
            for (int part = 0; part < 5; part++) {
                await(SHORT_NS);
                events(false);
            }
        }
        events(false, queue);
        assertFalse(polls());
    }

    @Test
    void whatPollingFoundLateCountsAsFound() {
        for (int i = 0; i < 100; i++) {
            events(false, queue);
            assertTrue(polls());
            memory.waited(10 * LONG_NS, true, true, OPTIONS);
        }
    }

    @Test
    void eventsWithoutAWaitBetweenThemSayNothing() {
        learn(false, queue);
        for (int i = 0; i < 100; i++) {
            events(false, queue);
            events(false, disk);
        }
        events(false, queue);
        assertFalse(polls());
    }

    @Test
    void aTryLastsForTheMaximumAndIsOneAmongMany() {
        learn(false, queue);
        for (int i = 0; i < 10; i++) {
            for (int j = 0; j < PollingPolicy.TRY_WORTH; j++) {
                assertEquals(0, memory.phaseNs(POLL_NS, OPTIONS));
                await(LONG_NS);
                events(false, queue);
            }
            assertEquals(MAX_NS, memory.phaseNs(POLL_NS, OPTIONS));
            assertTrue(memory.expectsVain());
            await(SHORT_NS);
            await(LONG_NS);
            events(false, queue);
        }
    }

    @Test
    void afterATryInVainTheNextTakesTwiceAsManyShortSleeps() {
        learn(false, queue);
        for (int shorts : new int[] {1, 2, 4, 8, 16, 32, 64, 64}) {
            for (int i = 0; i < shorts; i++) {
                assertFalse(polls(), shorts + " short sleeps, " + i);
                await(SHORT_NS);
                events(false, queue);
            }
            assertTrue(await(LONG_NS), shorts + " short sleeps");
            events(false, queue);
        }
        for (int i = 0; i < PollingPolicy.TRY_WORTH; i++) {
            assertFalse(await(LONG_NS));
            events(false, queue);
        }
        // One that is useful, and all is as at first.
        assertTrue(await(SHORT_NS));
        events(false, queue);
        assertTrue(await(LONG_NS));
        events(false, queue);
        assertFalse(await(SHORT_NS));
        events(false, queue);
        assertTrue(polls());
    }

    /** The rule once more, one wait at a time, against all sequences of short and long ones. */
    @Test
    void allSequencesOfWaits() {
        for (int bits = 0; bits < 1 << SEQUENCE; bits++) {
            memory = new WaitMemory(own);
            AioHandler source = handler(4);
            events(false, source);
            int score = 0;
            int shortsNeeded = 1;
            int shorts = 0;
            for (int i = 0; i < SEQUENCE; i++) {
                boolean isShort = (bits >> i & 1) != 0;
                boolean learnt = score == PollingPolicy.VAIN_ENOUGH;
                boolean polls = !learnt || shorts >= shortsNeeded;
                assertEquals(polls, await(isShort ? SHORT_NS : LONG_NS), bits + " at " + i);
                events(false, source);
                if (!polls) {
                    shorts += isShort ? 1 : 0;
                    continue;
                }
                if (learnt) {
                    shortsNeeded = isShort ? 1 : shortsNeeded * 2;
                }
                shorts = 0;
                score = isShort ? Math.max(0, score - 1)
                        : Math.min(PollingPolicy.VAIN_ENOUGH, score + 1);
            }
        }
    }
}
