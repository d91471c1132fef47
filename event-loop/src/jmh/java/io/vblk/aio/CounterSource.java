// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.HdrHistogram.Histogram;

/**
 * A source like a virtqueue: a counter in memory that a producer moves on, a flag by which the loop
 * says whether it wants to be kicked, and an eventfd for the kicks.
 * Thread: {@link #produce} the producer, the callbacks the loop.
 */
final class CounterSource implements FdCallbacks {
    private static final VarHandle PRODUCED = handle("produced", long.class);
    private static final VarHandle CONSUMED = handle("consumed", long.class);
    private static final VarHandle WANTS_KICKS = handle("wantsKicks", boolean.class);

    private final EventNotifier kick;
    /** When each request was made; as long as a round, so that no place is used twice in one. */
    private final long[] madeNs;
    private final Histogram latencies;

    private long produced;
    private long consumed;
    private boolean wantsKicks = true;
    private long kicks;

    CounterSource(EventNotifier kick, int requestsPerRound, Histogram latencies) {
        this.kick = kick;
        this.madeNs = new long[requestsPerRound];
        this.latencies = latencies;
    }

    private static VarHandle handle(String field, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(CounterSource.class, field, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Makes a request, and kicks if the loop asks for it. */
    void produce() {
        long next = produced;
        madeNs[(int) (next % madeNs.length)] = System.nanoTime();
        // P1: pairs with CounterSource.consume
        PRODUCED.setRelease(this, next + 1);
        // P2: pairs with CounterSource.pollEnd
        VarHandle.fullFence();
        if ((boolean) WANTS_KICKS.getOpaque(this)) {
            kicks++;
            kick.set();
        }
    }

    /** How many kicks the producer has sent. */
    long kicks() {
        return kicks;
    }

    /** How many requests the loop has served. */
    long consumed() {
        return (long) CONSUMED.getVolatile(this);
    }

    @Override
    public boolean poll() {
        return (long) PRODUCED.getOpaque(this) != consumed;
    }

    @Override
    public void pollReady() {
        consume();
    }

    @Override
    public void onReadable() {
        kick.testAndClear();
        consume();
    }

    @Override
    public void pollBegin() {
        WANTS_KICKS.setOpaque(this, false);
    }

    @Override
    public void pollEnd() {
        WANTS_KICKS.setOpaque(this, true);
        // P2: pairs with CounterSource.produce, before the loop looks once more
        VarHandle.fullFence();
    }

    private void consume() {
        long next = consumed;
        // P1: pairs with CounterSource.produce
        long end = (long) PRODUCED.getAcquire(this);
        while (next != end) {
            latencies.recordValue(System.nanoTime() - madeNs[(int) (next % madeNs.length)]);
            next++;
        }
        CONSUMED.setVolatile(this, next);
    }
}
