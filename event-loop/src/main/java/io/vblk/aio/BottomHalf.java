// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A callback to run on the context's next iteration, or when the loop has nothing better to do.
 * Thread: {@link #schedule}, {@link #scheduleIdle}, {@link #cancel} and {@link #close} any, without
 * a lock; the callback runs on the home thread.
 */
public final class BottomHalf implements AutoCloseable {
    /** In the context's list, waiting to be taken. */
    private static final int PENDING = 1;
    /** To be run when taken. */
    private static final int SCHEDULED = 2;
    /** Never to be run again. */
    private static final int CLOSED = 4;
    /** Scheduled as idle: not before the next idle round. */
    private static final int IDLE = 8;

    private static final VarHandle FLAGS;

    static {
        try {
            FLAGS = MethodHandles.lookup().findVarHandle(BottomHalf.class, "flags", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final AioContext context;
    private final String name;
    private final Runnable callback;
    private volatile int flags;

    /** Link of {@link BottomHalfQueue}; written by who set PENDING, then by the home thread. */
    BottomHalf next;

    BottomHalf(AioContext context, String name, Runnable callback) {
        this.context = context;
        this.name = name;
        this.callback = callback;
    }

    /** Runs the callback once on the next iteration, however often this is called before. */
    public void schedule() {
        int old;
        do {
            old = flags;
        } while (!FLAGS.compareAndSet(this, old, (old | PENDING | SCHEDULED) & ~IDLE));
        if ((old & PENDING) == 0) {
            context.enqueue(this);
        } else if ((old & IDLE) != 0) {
            context.promote();
        }
    }

    /**
     * Runs the callback once in the next idle round, which comes every
     * {@link BottomHalfQueue#IDLE_NS} at most: for work that can wait and must not keep the loop
     * busy. What is scheduled otherwise already stays so.
     */
    public void scheduleIdle() {
        int old;
        do {
            old = flags;
            if ((old & SCHEDULED) != 0) {
                return;
            }
        } while (!FLAGS.compareAndSet(this, old, old | PENDING | SCHEDULED | IDLE));
        if ((old & PENDING) == 0) {
            context.enqueue(this);
        }
    }

    /** Forgets a schedule that has not run yet. */
    public void cancel() {
        FLAGS.getAndBitwiseAnd(this, ~SCHEDULED);
    }

    /** Cancels for good; legal inside the callback. */
    @Override
    public void close() {
        FLAGS.getAndBitwiseOr(this, CLOSED);
        context.forget(this);
    }

    /** Whether a schedule has not run yet. Thread: any. */
    boolean isScheduled() {
        return (flags & (SCHEDULED | CLOSED)) == SCHEDULED;
    }

    /** Whether it waits for an idle round and may stay pending. Thread: home. */
    boolean isIdle() {
        return (flags & (SCHEDULED | CLOSED | IDLE)) == (SCHEDULED | IDLE);
    }

    /** Runs if still wanted; called once per taking, after the link was read. Thread: home. */
    boolean runIfScheduled() {
        // PENDING goes first: a schedule() from the callback is for the next iteration.
        int old = (int) FLAGS.getAndBitwiseAnd(this, ~(PENDING | SCHEDULED | IDLE));
        if ((old & SCHEDULED) == 0 || (old & CLOSED) != 0) {
            return false;
        }
        callback.run();
        return true;
    }

    @Override
    public String toString() {
        return "bottom half " + name;
    }
}
