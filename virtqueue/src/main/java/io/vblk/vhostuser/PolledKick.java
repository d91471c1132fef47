// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;

/**
 * Kicks for a front-end that sends none and asks for polling instead (bit 8 of SET_VRING_KICK): the
 * ring is looked at in short intervals. Thread: the connection's.
 */
final class PolledKick implements AutoCloseable {
    /** Time between two looks: what a request may wait, for a few percent of a processor. */
    static final long INTERVAL_NS = 100_000;

    private final AioContext context;
    private final AioTimer timer;
    private final EventNotifier kick;

    PolledKick(AioContext context) throws ErrnoException {
        this.context = context;
        this.kick = EventNotifier.create();
        this.timer = context.timer("polled kick", this::fire);
    }

    /** Begins to kick, when the vring runs. */
    void begin() {
        fire();
    }

    /** Stops kicking. */
    void rest() {
        timer.cancel();
    }

    private void fire() {
        kick.set();
        timer.modify(context.nanoTime() + INTERVAL_NS);
    }

    EventNotifier kick() {
        return kick;
    }

    @Override
    public void close() {
        timer.cancel();
        kick.close();
    }
}
