// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** A look instead of a sleep, where polling is off. */
final class LookMemoryTest {
    private final LookMemory memory = new LookMemory();

    /** Looks before so many sleeps, each with the same result; returns how many looks that were. */
    private int looks(int sleeps, boolean found) {
        int looks = 0;
        for (int i = 0; i < sleeps; i++) {
            if (memory.wantsLook()) {
                looks++;
                looked(found);
            }
        }
        return looks;
    }

    private void looked(boolean found) {
        memory.slept(found ? LookMemory.SLEEP_NS - 1 : LookMemory.SLEEP_NS);
    }

    @Test
    void whatFindsSomethingIsDoneEachTime() {
        assertEquals(1_000, looks(1_000, true));
    }

    @Test
    void whatIsInVainIsGivenUpButForATryNowAndThen() {
        assertEquals(LookMemory.VAIN_MAX, looks(LookMemory.VAIN_MAX + LookMemory.SLEEPS_PER_TRY - 1,
                false));
        assertEquals(10, looks(10 * LookMemory.SLEEPS_PER_TRY, false));
    }

    @Test
    void aTryThatFindsSomethingBringsItBack() {
        looks(1_000, false);
        while (!memory.wantsLook()) {
            continue;
        }
        looked(true);

        assertEquals(LookMemory.FOUND_WORTH, looks(LookMemory.FOUND_WORTH, false));
        assertFalse(memory.wantsLook());
    }

    @Test
    void oneInFourIsWorthIt() {
        for (int i = 0; i < 1_000; i++) {
            assertTrue(memory.wantsLook());
            looked(i % 4 == 0);
        }
    }

    @Test
    void aLoopThatDoesNotPollDoesNotSleepWhileAnswersBringRequests() throws ErrnoException {
        ManualClock clock = new ManualClock(0);
        try (AioContext context = AioContext.create(
                new AioOptions(PollingOptions.OFF, FdMonitorKind.AUTO, 64, clock));
                EventNotifier kick = EventNotifier.create()) {
            Recorder guest = new Recorder("guest", new ArrayList<>());
            guest.onRead = () -> {
                kick.testAndClear();
                kick.set();
            };
            AioHandler handler = context.addHandler(kick.fd(), AioHandler.READ, guest);
            kick.set();
            for (int i = 0; i < 3; i++) {
                context.poll(true);
            }
            AioStats before = context.stats();

            for (int i = 0; i < 100; i++) {
                context.poll(true);
            }

            assertEquals(0, context.stats().since(before).waits());
            context.removeHandler(handler);
        }
    }
}
