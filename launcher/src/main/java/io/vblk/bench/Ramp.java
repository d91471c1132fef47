// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.concurrent.TimeUnit;

/**
 * When requests of a job count. A ramp is a row of rehearsals: each fills figures and logs as
 * measured time does, and none of them is kept. Else the code that counts would run for the first
 * time when it matters: the compiler has taken it for dead, goes back to the interpreter, and a
 * tenth of a second of the measured time is about that. Not rehearsed is what few jobs have: the
 * anatomy, the reasons of a tail, latency_target and max_latency. Thread: the job's.
 */
final class Ramp {
    /** One rehearsal. */
    private static final long REHEARSAL_NS = TimeUnit.MILLISECONDS.toNanos(25);
    /** A shorter ramp, such as that of a slice of regress, warms nothing up. */
    private static final long REHEARSED_NS_MIN = 2 * REHEARSAL_NS;
    /** Jobs of a phase that rehearse: that is compiled for all, and memory is short. */
    static final int JOBS_MAX = 8;
    /** Later than all that the clock will ever show, and safe to subtract. */
    private static final long NEVER_NS = Long.MAX_VALUE / 2;

    private boolean rehearses = true;
    private long fromNs;
    private long endNs;
    private long turnNs;
    private boolean isOver;

    /** Only to be waited for. Thread: control, before the job runs. */
    void rehearseNothing() {
        rehearses = false;
    }

    /** A ramp begins, on the job's clock. */
    void begin(long beganNs, long lengthNs) {
        endNs = beganNs + lengthNs;
        fromNs = rehearses && lengthNs >= REHEARSED_NS_MIN ? beganNs : endNs;
        turnNs = fromNs;
        isOver = false;
    }

    /** There is none: what starts from now on counts. */
    void skip(long nowNs) {
        endNs = nowNs;
        fromNs = nowNs;
        turnNs = nowNs + NEVER_NS;
        isOver = true;
    }

    /** Whether a rehearsal, or the ramp, is over: what was counted is to be forgotten. */
    boolean turns(long nowNs) {
        if (nowNs - turnNs < 0) {
            return false;
        }
        isOver = nowNs - endNs >= 0;
        fromNs = isOver ? endNs : nowNs;
        turnNs = isOver ? endNs + NEVER_NS : nowNs + Math.min(endNs - nowNs, REHEARSAL_NS);
        return true;
    }

    /** When the present rehearsal, or the measured time, began: requests from then on count. */
    long fromNs() {
        return fromNs;
    }

    /** When measured time begins. */
    long endNs() {
        return endNs;
    }

    /** Whether what counts is what is measured. */
    boolean isOver() {
        return isOver;
    }
}
