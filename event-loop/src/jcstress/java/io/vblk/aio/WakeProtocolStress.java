// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The handshake of sleeper and waker, on the machine's own memory model. */
public class WakeProtocolStress {
    /** One eventfd for all states, which never reads it: a full one counts as set. */
    private static final EventNotifier NOTIFIER = notifier();

    private static EventNotifier notifier() {
        try {
            return EventNotifier.create();
        } catch (ErrnoException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Never does the loop sleep while nobody sends a wake-up. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Stays awake, nothing sent.")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Each saw the other.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Sleeps and is woken.")
    @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "Sleeps and nobody wakes it.")
    @State
    public static class SleepAgainstWake {
        private final WakeProtocol protocol = new WakeProtocol(NOTIFIER);

        /** A loop that has nothing to do. */
        @Actor
        public void loop(II_Result result) {
            result.r1 = protocol.announceSleep() ? 1 : 0;
        }

        /** Another thread. */
        @Actor
        public void waker() {
            protocol.wake();
        }

        /** Whether a wake-up was sent. */
        @Arbiter
        public void sent(II_Result result) {
            result.r2 = (int) protocol.sent();
        }
    }

    /** Who takes a wake-up sees what it was given for; who does not take it finds it pending. */
    @JCStressTest
    @Outcome(id = "3, 0", expect = Expect.ACCEPTABLE, desc = "Taken, with the work.")
    @Outcome(id = {"0, 1", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "Too early: is pending.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Taken without the work, lost or given twice.")
    @State
    public static class AcceptAgainstWake {
        private final WakeProtocol protocol = new WakeProtocol(NOTIFIER);
        private int work;

        /** Takes the wake-up (2), then looks for the work (1). */
        @Actor
        public void loop(II_Result result) {
            int taken = protocol.accept() ? 2 : 0;
            result.r1 = taken + work;
        }

        /** Another thread that has work for the loop. */
        @Actor
        public void waker() {
            work = 1;
            protocol.wake();
        }

        /** Whether a wake-up is still pending. */
        @Arbiter
        public void pending(II_Result result) {
            result.r2 = protocol.isNotified() ? 1 : 0;
        }
    }
}
