// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The fences themselves, on this machine: a loop about to sleep and a waker, face to face. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WakeProtocolStressTest {
    private static final int ROUNDS = 300_000;
    /** More rounds than fit in this time are left out: two threads may share a processor. */
    private static final long DURATION_NS = 2_000_000_000L;
    private static final int DELAYS = 97;
    private static final int SPINS_BEFORE_YIELD = 2_000;

    private volatile int turn;
    private volatile int answered;
    private boolean lastSeen;

    @Test
    void atLeastOneSideSeesTheOther() throws Exception {
        try (EventNotifier notifier = EventNotifier.create()) {
            WakeProtocol protocol = new WakeProtocol(notifier);
            Thread waker = new Thread(() -> {
                for (int round = 1; awaitTurn(round); round++) {
                    protocol.wake();
                    answered = round;
                }
            });
            waker.start();
            long startNs = System.nanoTime();
            int round = 1;
            while (isSeen(protocol, round)
                    && round < ROUNDS && System.nanoTime() - startNs < DURATION_NS) {
                round++;
            }
            turn = -1;
            waker.join();
            assertTrue(lastSeen, "neither saw the other in round " + round);
        }
    }

    private boolean isSeen(WakeProtocol protocol, int round) {
        long sent = protocol.sent();
        turn = round;
        // Now the one comes first, now the other.
        for (int i = round % DELAYS; i > 0; i--) {
            Thread.onSpinWait();
        }
        boolean sleeps = protocol.announceSleep();
        for (int spins = 0; answered != round; spins++) {
            pause(spins);
        }
        protocol.withdrawSleep();
        assertTrue(protocol.accept());
        assertFalse(protocol.accept());
        lastSeen = !sleeps || protocol.sent() > sent;
        return lastSeen;
    }

    /** Returns false at the end of the test. */
    private boolean awaitTurn(int round) {
        for (int spins = 0; turn != round; spins++) {
            if (turn < 0) {
                return false;
            }
            pause(spins);
        }
        return true;
    }

    private static void pause(int spins) {
        if (spins > SPINS_BEFORE_YIELD) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }

    @Test
    void aWakeupIsTakenOnceAndCountedAsSentOnlyIfSomebodySleeps() throws ErrnoException {
        try (EventNotifier notifier = EventNotifier.create()) {
            WakeProtocol protocol = new WakeProtocol(notifier);
            assertFalse(protocol.accept());
            protocol.wake();
            assertTrue(protocol.isNotified());
            assertFalse(protocol.announceSleep());
            protocol.withdrawSleep();
            assertTrue(protocol.accept());
            assertFalse(notifier.testAndClear());
            assertTrue(protocol.announceSleep());
            protocol.wake();
            assertTrue(notifier.testAndClear());
            protocol.withdrawSleep();
            protocol.wake();
            assertFalse(notifier.testAndClear());
            assertEquals(1, protocol.sent());
            assertEquals(2, protocol.elided());
        }
    }
}
