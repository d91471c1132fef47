// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.ArrayList;
import java.util.List;

/** The timers of a context, a heap for each clock. Thread: home. */
final class TimerGroup {
    static final long NONE = -1;
    /**
     * Longest wait while a timer follows the calendar, in nanoseconds: a clock that was set forward
     * meanwhile is noticed after it.
     */
    static final long WALL_LOOK_NS = 1_000_000_000L;

    private final NanoClock clock;
    private final NanoClock wallClock;
    private final TimerHeap monotonic = new TimerHeap();
    private final TimerHeap realTime = new TimerHeap();

    TimerGroup(NanoClock clock, NanoClock wallClock) {
        this.clock = clock;
        this.wallClock = wallClock;
    }

    TimerHeap monotonic() {
        return monotonic;
    }

    TimerHeap realTime() {
        return realTime;
    }

    /** Nanoseconds until something is due, 0 if it is, or {@link #NONE}. */
    long soonestNs() {
        long soonestNs = monotonic.isEmpty() ? NONE : monotonic.soonestNs(clock.nanoTime());
        if (realTime.isEmpty()) {
            return soonestNs;
        }
        long wallNs = Math.min(WALL_LOOK_NS, realTime.soonestNs(wallClock.nanoTime()));
        return soonestNs == NONE ? wallNs : Math.min(soonestNs, wallNs);
    }

    /** Calls what is due; returns how many. */
    int runExpired() {
        int ran = monotonic.isEmpty() ? 0 : monotonic.runExpired(clock.nanoTime());
        return realTime.isEmpty() ? ran : ran + realTime.runExpired(wallClock.nanoTime());
    }

    /** The armed ones. */
    List<AioTimer> armed() {
        List<AioTimer> armed = new ArrayList<>(monotonic.armed());
        armed.addAll(realTime.armed());
        return armed;
    }
}
