// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A callback to run on the context's next iteration.
 * Thread: {@link #schedule}, {@link #cancel} and {@link #close} any, without a lock; the callback
 * runs on the home thread.
 */
public final class BottomHalf implements AutoCloseable {
    /** In the context's list, waiting to be taken. */
    private static final int PENDING = 1;
    /** To be run when taken. */
    private static final int SCHEDULED = 2;
    /** Never to be run again. */
    private static final int CLOSED = 4;

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
        int old = (int) FLAGS.getAndBitwiseOr(this, PENDING | SCHEDULED);
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
    }

    /** Runs if still wanted; called once per taking, after the link was read. Thread: home. */
    boolean runIfScheduled() {
        // PENDING goes first: a schedule() from the callback is for the next iteration.
        int old = (int) FLAGS.getAndBitwiseAnd(this, ~(PENDING | SCHEDULED));
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
