// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockOp;

/**
 * Measures the requests of one queue while it is told to, also from one start of the queue to the
 * next. Thread: home, except where it says any.
 *
 * <p>The clock is read twice for a batch and not for each request: when a pass over the ring pops
 * its first chain, and when used elements are shown.
 */
final class LatencyRecorder {
    /** A request that is not measured. */
    static final long NOT_MEASURED = 0;

    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int FLUSH = 2;
    private static final int OTHER = 3;
    /** Answers that wait for being shown; more than that are measured a little too short. */
    private static final int WAITING_MAX = 512;

    private final LatencyHistogram[] kinds = {
        new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram(),
        new LatencyHistogram()};
    private final long[] waitingSinceNs = new long[WAITING_MAX];
    private final byte[] waitingKind = new byte[WAITING_MAX];
    private int waiting;
    private volatile boolean on;

    /** Switches on or off. Thread: any. */
    void measure(boolean wanted) {
        on = wanted;
    }

    /** The start of what is popped now, or NOT_MEASURED. */
    long startNs(AioContext context) {
        // Set in the last place: a clock that shows 0 is not to look like NOT_MEASURED.
        return on ? context.nanoTime() | 1 : NOT_MEASURED;
    }

    /** A request was answered that is to be measured; {@code op} is null if it was refused. */
    void answered(long startNs, BlockOp op, AioContext context) {
        if (waiting == WAITING_MAX) {
            shown(context);
        }
        waitingSinceNs[waiting] = startNs;
        waitingKind[waiting++] = (byte) kind(op);
    }

    private static int kind(BlockOp op) {
        if (op == BlockOp.READ) {
            return READ;
        }
        if (op == BlockOp.WRITE) {
            return WRITE;
        }
        return op == BlockOp.FLUSH ? FLUSH : OTHER;
    }

    /** What was answered has been shown to the driver. */
    void shown(AioContext context) {
        if (waiting == 0) {
            return;
        }
        long nowNs = context.nanoTime();
        for (int i = 0; i < waiting; i++) {
            kinds[waitingKind[i]].record(nowNs - waitingSinceNs[i]);
        }
        waiting = 0;
    }

    /** What is counted at the moment. Thread: any. */
    QueueLatency snapshot(int queue) {
        return new QueueLatency(queue, kinds[READ].snapshot(), kinds[WRITE].snapshot(),
                kinds[FLUSH].snapshot(), kinds[OTHER].snapshot());
    }
}
