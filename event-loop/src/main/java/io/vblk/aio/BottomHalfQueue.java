// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Scheduled bottom halves: many producers, one consumer, no lock, first in first out.
 * Thread: {@link #push} any, the rest home.
 *
 * <p>Producers push onto a stack; the consumer takes the whole stack as one slice and turns it
 * round. What is scheduled while a slice runs is in the next slice, so a bottom half that
 * schedules itself runs once per iteration. Idle ones are put aside when taken and run together in
 * the next idle round, or as soon as somebody schedules them after all.
 */
final class BottomHalfQueue {
    /** Time between two idle rounds, in nanoseconds. */
    static final long IDLE_NS = 10_000_000L;
    static final long NONE = -1;

    private static final int IDLE_FIRST = 4;
    private static final VarHandle TOP;

    static {
        try {
            TOP = MethodHandles.lookup()
                    .findVarHandle(BottomHalfQueue.class, "top", BottomHalf.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private BottomHalf top;
    /** Somebody scheduled one that is put aside. */
    private volatile boolean promoted;

    // Home thread only.
    private BottomHalf[] idle = new BottomHalf[IDLE_FIRST];
    private int idleCount;
    private boolean idleTimed;
    private long idleDueNs;

    void push(BottomHalf bottomHalf) {
        BottomHalf head;
        do {
            // B1: pairs with BottomHalfQueue.push of who came before
            head = (BottomHalf) TOP.getAcquire(this);
            bottomHalf.next = head;
            // B1: pairs with BottomHalfQueue.runSlice, which sees the link and all that came before
        } while (!TOP.weakCompareAndSetRelease(this, head, bottomHalf));
    }

    /** One that was put aside is wanted in the next slice. Thread: any. */
    void promote() {
        promoted = true;
    }

    /** Whether there is anything to take now; those put aside do not count. */
    boolean isEmpty() {
        return TOP.getOpaque(this) == null && !promoted;
    }

    /** Runs what was scheduled before this call; returns how many callbacks ran. */
    int runSlice() {
        if (isEmpty()) {
            return 0;
        }
        int ran = 0;
        // B1: pairs with BottomHalfQueue.push
        BottomHalf left = reversed((BottomHalf) TOP.getAndSetAcquire(this, (BottomHalf) null));
        try {
            if (promoted) {
                promoted = false;
                ran = runAside(false);
            }
            while (left != null) {
                BottomHalf bottomHalf = left;
                left = unlink(left);
                if (bottomHalf.isIdle()) {
                    putAside(bottomHalf);
                } else if (bottomHalf.runIfScheduled()) {
                    ran++;
                }
            }
        } finally {
            // Only if a callback threw: the others of its slice run next time.
            while (left != null) {
                BottomHalf bottomHalf = left;
                left = unlink(left);
                push(bottomHalf);
            }
        }
        return ran;
    }

    /** Nanoseconds until the next idle round, 0 when it is due, or {@link #NONE}. */
    long idleTimeoutNs(NanoClock clock) {
        if (idleCount == 0) {
            return NONE;
        }
        long nowNs = clock.nanoTime();
        if (!idleTimed) {
            idleTimed = true;
            idleDueNs = nowNs + IDLE_NS;
        }
        return Math.max(0, idleDueNs - nowNs);
    }

    /** Runs an idle round if one is due; returns how many callbacks ran. */
    int runIdle(NanoClock clock) {
        if (idleTimeoutNs(clock) != 0) {
            return 0;
        }
        idleTimed = false;
        return runAside(true);
    }

    private void putAside(BottomHalf bottomHalf) {
        if (idleCount == idle.length) {
            idle = Arrays.copyOf(idle, idleCount * 2);
        }
        idle[idleCount++] = bottomHalf;
    }

    /** Runs those put aside: all, or only those that are idle no longer. */
    private int runAside(boolean all) {
        int ran = 0;
        int kept = 0;
        int taken = 0;
        int count = idleCount;
        try {
            while (taken < count) {
                BottomHalf bottomHalf = idle[taken++];
                if (!all && bottomHalf.isIdle()) {
                    idle[kept++] = bottomHalf;
                } else if (bottomHalf.runIfScheduled()) {
                    ran++;
                }
            }
        } finally {
            // Only if a callback threw: those of them that are idle no longer run next time.
            if (taken < count) {
                promoted = true;
            }
            while (taken < count) {
                idle[kept++] = idle[taken++];
            }
            Arrays.fill(idle, kept, count, null);
            idleCount = kept;
            idleTimed &= kept > 0;
        }
        return ran;
    }

    /** Takes a bottom half out of its slice; returns the one behind it. */
    private static BottomHalf unlink(BottomHalf bottomHalf) {
        BottomHalf next = bottomHalf.next;
        bottomHalf.next = null;
        return next;
    }

    private static BottomHalf reversed(BottomHalf top) {
        BottomHalf newest = top;
        BottomHalf turned = null;
        while (newest != null) {
            BottomHalf older = newest.next;
            newest.next = turned;
            turned = newest;
            newest = older;
        }
        return turned;
    }
}
