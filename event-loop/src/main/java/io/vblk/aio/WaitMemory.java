// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Remembers after which events polling has been in vain, for {@link PollingPolicy#phaseNs}
 * (policy weighted). Thread: home.
 *
 * <p>A wait is judged by the event that came before it, not by the one that ends it: that one is
 * known when it is too late. After a kick the loop waits for a disk, after a completion for the
 * guest, and each of the two takes about as long as it did the last time.
 *
 * <p>Each handler is one kind of event, a wake-up by another thread is one, and so are several of
 * them in one iteration, whichever they are: what follows those says nothing of one alone. A wait
 * lasts from an event to the next: an iteration that only a timer or a bottom half of this thread
 * ended is part of it.
 */
final class WaitMemory {
    /** What the waits that followed one kind of event were like. Thread: home. */
    static final class History {
        /** Waits polled in vain, less the useful ones. */
        private int vain;
        /** What the sleeps since the last polled wait are worth. */
        private int slept;
        private int shortWorth = PollingPolicy.TRY_WORTH;

        private void add(boolean polled, boolean wasShort) {
            if (!polled) {
                slept = PollingPolicy.slept(slept, wasShort, shortWorth);
                return;
            }
            if (isVain()) {
                shortWorth = PollingPolicy.shortWorth(shortWorth, wasShort);
            }
            vain = PollingPolicy.vain(vain, wasShort);
        }

        private boolean isVain() {
            return vain >= PollingPolicy.VAIN_ENOUGH;
        }
    }

    private final AioHandler own;
    private final History several = new History();
    /** Of the last event; at first of none. */
    private History before = new History();
    private boolean waited;
    private boolean polled;
    private long waitNs;

    /** A memory of nothing yet; {@code own} stands for wake-ups by other threads. */
    WaitMemory(AioHandler own) {
        this.own = own;
    }

    /** How long to poll in the wait that begins, in nanoseconds, if it shall be {@code pollNs}. */
    long phaseNs(long pollNs, PollingOptions options) {
        return PollingPolicy.phaseNs(pollNs, before.vain, before.slept, options);
    }

    /** Whether a wait after the last event says nothing of the time that others need. */
    boolean expectsVain() {
        return before.isVain();
    }

    /**
     * A wait ended, or a part of one.
     *
     * @param blockNs how long it took, in nanoseconds
     * @param hasPolled whether the loop polled in it
     * @param found whether polling ended it
     */
    void waited(long blockNs, boolean hasPolled, boolean found, PollingOptions options) {
        waited = true;
        // Polling found it in time, though the processor may have been taken away meanwhile.
        waitNs += found ? Math.min(blockNs, options.pollMaxNs()) : blockNs;
        if (hasPolled) {
            polled = true;
            // At once: a wait that timers cut into many parts is polled to try in one of them.
            before.slept = 0;
        }
    }

    /**
     * Takes the events that an iteration has found, if any, as those that the next wait follows.
     *
     * @param woken whether another thread woke the loop
     */
    void takeEvents(ReadyList ready, boolean woken, PollingOptions options) {
        History next = woken ? own.waitsAfter : null;
        for (int i = 0; i < ready.size() && next != several; i++) {
            AioHandler handler = ready.get(i);
            if (handler != own) {
                next = next == null ? handler.waitsAfter : several;
            }
        }
        if (next == null) {
            return;
        }
        if (waited) {
            before.add(polled, PollingPolicy.isShort(waitNs, options));
            waited = false;
            polled = false;
            waitNs = 0;
        }
        before = next;
    }
}
