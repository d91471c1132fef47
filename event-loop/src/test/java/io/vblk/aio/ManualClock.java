// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A clock that stands still until a test moves it. Thread: any.
 *
 * <p>A loop that busy-polls on a clock that stands still polls until it finds something: either
 * give it something to find or let the clock step on each read.
 */
public final class ManualClock implements NanoClock {
    private final AtomicLong nowNs;
    private volatile long stepNs;

    /** A clock that shows so many nanoseconds. */
    public ManualClock(long nowNs) {
        this.nowNs = new AtomicLong(nowNs);
    }

    /** Moves on. */
    public void advance(long ns) {
        nowNs.addAndGet(ns);
    }

    /** Moves on by so much after each read from now on; 0 stands still again. */
    public void stepOnRead(long ns) {
        stepNs = ns;
    }

    @Override
    public long nanoTime() {
        return nowNs.getAndAdd(stepNs);
    }
}
