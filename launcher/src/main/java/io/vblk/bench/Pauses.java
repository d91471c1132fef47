// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Timing.ThinkTime;

/** Times in which a job starts nothing: its start delay, thinktime. Thread: the job's. */
final class Pauses {
    private final ThinkTime think;
    private boolean on;
    private long untilNs;
    private int requests;

    Pauses(ThinkTime think) {
        this.think = think;
    }

    /** Begins a pause. */
    void begin(long nowNs, long lengthNs) {
        requests = 0;
        on = lengthNs > 0;
        untilNs = nowNs + lengthNs;
    }

    /** A request has started: there may be one to think about. */
    void started(long nowNs) {
        if (think.ns() > 0 && ++requests >= think.blocks()) {
            begin(nowNs, think.ns());
        }
    }

    void end() {
        on = false;
    }

    /** Whether there is one, as of the last look. */
    boolean isOn() {
        return on;
    }

    /** Whether there is one. */
    boolean goesOn(long nowNs) {
        on = on && untilNs - nowNs > 0;
        return on;
    }

    /** How long the thread may sleep. */
    long sleepNs(long nowNs) {
        return untilNs - think.spinNs() - nowNs;
    }
}
