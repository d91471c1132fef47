// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Scheduled bottom halves: many producers, one consumer, no lock, first in first out.
 * Thread: {@link #push} any, the rest home.
 *
 * <p>Producers push onto a stack; the consumer takes the whole stack as one slice and turns it
 * round. What is scheduled while a slice runs is in the next slice, so a bottom half that
 * schedules itself runs once per iteration.
 */
final class BottomHalfQueue {
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

    void push(BottomHalf bottomHalf) {
        BottomHalf head;
        do {
            // B1: pairs with BottomHalfQueue.push of who came before
            head = (BottomHalf) TOP.getAcquire(this);
            bottomHalf.next = head;
            // B1: pairs with BottomHalfQueue.runSlice, which sees the link and all that came before
        } while (!TOP.weakCompareAndSetRelease(this, head, bottomHalf));
    }

    boolean isEmpty() {
        return TOP.getOpaque(this) == null;
    }

    /** Runs what was scheduled before this call; returns how many callbacks ran. */
    int runSlice() {
        if (isEmpty()) {
            return 0;
        }
        // B1: pairs with BottomHalfQueue.push
        BottomHalf left = reversed((BottomHalf) TOP.getAndSetAcquire(this, (BottomHalf) null));
        int ran = 0;
        try {
            while (left != null) {
                BottomHalf bottomHalf = left;
                left = unlink(left);
                if (bottomHalf.runIfScheduled()) {
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
