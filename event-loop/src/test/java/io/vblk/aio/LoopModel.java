// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules of an iteration restated naively, for {@link LoopSimulationTest}: told of each change
 * and of each callback, it says whether that callback was the one to come. Thread: one.
 */
final class LoopModel {
    /** A rule that a variant of the model has wrong, so that the comparison can be tested. */
    enum Mistake { NONE, LAST_IN_FIRST_OUT, CANCEL_FORGOTTEN, IDLE_EARLY, TIMERS_AS_ARMED, BLIND }

    /** What may be called next, in the order of an iteration. */
    enum Phase { OUTSIDE, PROMOTED, SLICE, IDLE, HANDLERS, TIMERS, WALL_TIMERS }

    static final class Bh {
        final String name;
        boolean scheduled;
        boolean idle;
        boolean closed;
        /** Keeps its place from the first schedule until it is taken. */
        boolean queued;

        Bh(String name) {
            this.name = name;
        }
    }

    static final class Fd {
        final String name;
        final boolean external;
        int interest;
        private boolean readable;
        boolean removed;
        /** Was readable at some time since the last look, or before this one. */
        private boolean wasReadable;
        private boolean outdated;
        private int interestAtLook;
        private int generationAtLook;
        /** Changes with the callbacks. */
        int generation;

        Fd(String name, int interest) {
            this.name = name;
            this.interest = interest;
            this.external = (interest & AioHandler.EXTERNAL) != 0;
        }

        void setReadable(boolean value) {
            readable = value;
            wasReadable |= value;
        }

        boolean isReadable() {
            return readable;
        }
    }

    static final class Tm {
        final String name;
        final boolean wall;
        boolean armed;
        long deadlineNs;
        long armedAs;

        Tm(String name, boolean wall) {
            this.name = name;
            this.wall = wall;
        }
    }

    /** What a look found of a handler. */
    private static final class Found {
        final Fd fd;
        final int generation;
        int bits;

        Found(Fd fd, int bits) {
            this.fd = fd;
            this.generation = fd.generation;
            this.bits = bits;
        }
    }

    private final Mistake mistake;
    /** Whether readiness may be reported that was there before the look and is gone. */
    private final boolean toleratesOutdated;
    private final List<Fd> fds = new ArrayList<>();
    private final List<Tm> timers = new ArrayList<>();
    private final List<Bh> queue = new ArrayList<>();
    private final List<Bh> aside = new ArrayList<>();
    private boolean promoted;
    private long idleSinceNs = -1;
    private int disabled;
    private long arms;
    long nowNs;
    long wallNs;

    // The iteration under way.
    Phase phase = Phase.OUTSIDE;
    private final List<Bh> slice = new ArrayList<>();
    private final List<Bh> round = new ArrayList<>();
    private final Map<Fd, Found> ready = new HashMap<>();
    private Found current;
    private final List<Tm> due = new ArrayList<>();
    private boolean progress;

    LoopModel(Mistake mistake, boolean toleratesOutdated) {
        this.mistake = mistake;
        this.toleratesOutdated = toleratesOutdated;
    }

    // ------------------------------------------------------------------ changes

    void schedule(Bh bh) {
        promoted |= bh.queued && bh.idle;
        bh.scheduled = true;
        bh.idle = false;
        enqueue(bh);
    }

    void scheduleIdle(Bh bh) {
        if (!bh.scheduled) {
            bh.scheduled = true;
            bh.idle = true;
            enqueue(bh);
        }
    }

    private void enqueue(Bh bh) {
        if (!bh.queued) {
            bh.queued = true;
            queue.add(bh);
        }
    }

    void cancel(Bh bh) {
        if (mistake != Mistake.CANCEL_FORGOTTEN) {
            bh.scheduled = false;
        }
    }

    void add(Fd fd) {
        fds.add(fd);
    }

    void remove(Fd fd) {
        fd.removed = true;
        fds.remove(fd);
    }

    void disable() {
        disabled++;
    }

    void enable() {
        disabled--;
    }

    int disabled() {
        return disabled;
    }

    void arm(Tm timer, long deadlineNs) {
        timers.remove(timer);
        due.remove(timer);
        timers.add(timer);
        timer.armed = true;
        timer.deadlineNs = deadlineNs;
        timer.armedAs = arms++;
    }

    void disarm(Tm timer) {
        timer.armed = false;
        timers.remove(timer);
        due.remove(timer);
    }

    // ------------------------------------------------------------------ one iteration

    void beginPoll() {
        ready.clear();
        current = null;
        progress = false;
        for (Fd fd : fds) {
            int bits = fd.interest & (AioHandler.READ | AioHandler.POLL);
            bits = fd.readable && mistake != Mistake.BLIND ? bits : 0;
            bits |= fd.interest & AioHandler.WRITE;
            if (bits != 0 && !silent(fd)) {
                ready.put(fd, new Found(fd, bits));
            }
            fd.outdated = toleratesOutdated && fd.wasReadable && !silent(fd);
            fd.wasReadable = fd.readable;
            fd.interestAtLook = fd.interest;
            fd.generationAtLook = fd.generation;
        }
        slice.clear();
        slice.addAll(queue);
        queue.clear();
        if (mistake == Mistake.LAST_IN_FIRST_OUT) {
            Collections.reverse(slice);
        }
        round.clear();
        if (promoted) {
            round.addAll(aside);
            aside.clear();
        }
        promoted = false;
        phase = Phase.PROMOTED;
    }

    private boolean silent(Fd fd) {
        return fd.removed || fd.external && disabled > 0;
    }

    /** A callback of a bottom half begins. */
    void called(Bh bh) {
        Bh expected = nextBottomHalf();
        if (bh != expected) {
            throw wrong(bh.name, expected == null ? null : expected.name);
        }
        progress |= phase != Phase.IDLE;
    }

    /** Takes the next bottom half that is to run; null if there is none. */
    private Bh nextBottomHalf() {
        while (phase == Phase.PROMOTED || phase == Phase.SLICE || phase == Phase.IDLE) {
            List<Bh> left = phase == Phase.SLICE ? slice : round;
            if (left.isEmpty()) {
                leaveBottomHalves();
                continue;
            }
            Bh bh = left.remove(0);
            boolean idle = bh.scheduled && !bh.closed && bh.idle;
            if (idle && phase != Phase.IDLE) {
                aside.add(bh);
                continue;
            }
            bh.queued = false;
            boolean runs = bh.scheduled && !bh.closed;
            bh.scheduled = false;
            bh.idle = false;
            if (runs) {
                return bh;
            }
        }
        return null;
    }

    private void leaveBottomHalves() {
        if (phase == Phase.PROMOTED) {
            phase = Phase.SLICE;
            idleSinceNs = aside.isEmpty() ? -1 : idleSinceNs;
        } else if (phase == Phase.SLICE) {
            phase = Phase.IDLE;
            if (!aside.isEmpty() && idleSinceNs < 0) {
                idleSinceNs = nowNs;
            }
            long earlyNs = mistake == Mistake.IDLE_EARLY ? 1_000_000 : 0;
            long waitNs = BottomHalfQueue.IDLE_NS - earlyNs;
            if (!aside.isEmpty() && nowNs - idleSinceNs >= waitNs) {
                idleSinceNs = -1;
                round.addAll(aside);
                aside.clear();
            }
        } else {
            phase = Phase.HANDLERS;
        }
    }

    /** A callback of a handler begins: one of the bits READ, WRITE, POLL. */
    void called(Fd fd, int generation, int bit) {
        Bh missed = nextBottomHalf();
        Found found = ready.get(fd);
        boolean outdated = fd.outdated && bit == AioHandler.READ
                && (fd.interestAtLook & bit) != 0 && fd.generationAtLook == generation;
        if (outdated && found == null) {
            found = new Found(fd, bit);
            ready.put(fd, found);
        }
        fd.outdated = false;
        if (missed != null || phase != Phase.HANDLERS || found == null
                || generation != fd.generation || (allowed(found) & bit) == 0) {
            throw wrong(fd.name + " bit " + bit, missed == null ? "not that" : missed.name);
        }
        if (current != found) {
            finishCurrent();
            current = found;
        }
        if (bit == AioHandler.READ && (allowed(found) & AioHandler.POLL) != 0
                || bit == AioHandler.WRITE && (allowed(found) & ~bit) != 0) {
            throw wrong(fd.name + " bit " + bit, "what comes before that");
        }
        found.bits &= ~bit;
        progress = true;
    }

    private int allowed(Found found) {
        Fd fd = found.fd;
        return silent(fd) || found.generation != fd.generation ? 0 : found.bits & fd.interest;
    }

    /** A handler is served in one go, so what is left of it now was missed. */
    private void finishCurrent() {
        if (current != null && allowed(current) != 0) {
            throw wrong("something else", current.fd.name + " bits " + allowed(current));
        }
        if (current != null) {
            current.bits = 0;
        }
    }

    /** A callback of a timer begins. */
    void called(Tm timer) {
        Tm expected = nextTimer();
        if (timer != expected) {
            throw wrong(timer.name, expected == null ? null : expected.name);
        }
        progress = true;
    }

    private Tm nextTimer() {
        Bh missed = nextBottomHalf();
        if (missed != null) {
            throw wrong("something else", missed.name);
        }
        if (phase == Phase.HANDLERS) {
            finishCurrent();
            for (Found found : ready.values()) {
                if (allowed(found) != 0) {
                    throw wrong("a timer or the end", found.fd.name);
                }
            }
            phase = Phase.TIMERS;
            collectDue(false, nowNs);
        }
        if (due.isEmpty() && phase == Phase.TIMERS) {
            phase = Phase.WALL_TIMERS;
            collectDue(true, wallNs);
        }
        if (due.isEmpty()) {
            return null;
        }
        Tm timer = due.remove(0);
        timer.armed = false;
        return timer;
    }

    private void collectDue(boolean wall, long clockNs) {
        for (Tm timer : timers) {
            if (timer.wall == wall && timer.deadlineNs <= clockNs) {
                due.add(timer);
            }
        }
        timers.removeAll(due);
        Comparator<Tm> byArming = Comparator.comparingLong(timer -> timer.armedAs);
        due.sort(mistake == Mistake.TIMERS_AS_ARMED ? byArming
                : Comparator.<Tm>comparingLong(timer -> timer.deadlineNs)
                        .thenComparing(byArming));
    }

    /** The iteration is over; whether it was to make progress. */
    boolean endPoll() {
        Tm missed = nextTimer();
        if (missed != null) {
            throw wrong("nothing more", missed.name);
        }
        phase = Phase.OUTSIDE;
        return progress;
    }

    private AssertionError wrong(String called, String expected) {
        return new AssertionError(
                "in phase " + phase + " came " + called + ", expected was " + expected);
    }
}
