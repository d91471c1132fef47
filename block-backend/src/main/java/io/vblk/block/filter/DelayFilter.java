// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockFilter;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import java.util.SplittableRandom;

/**
 * A slow disk: keeps requests for a time before it hands them on, so that they may end out of
 * order. Thread: home.
 *
 * <p>A request that waits here has done nothing yet: a write that is lost with the process while it
 * waits is one that nobody was told of.
 */
final class DelayFilter extends BlockFilter {
    private final AioContext context;
    private final DelaySpec spec;
    private final SplittableRandom random;
    private final DueHeap waiting = new DueHeap();
    private final HandOver handOver;
    private final AioTimer timer;

    // Written by home, read by any as they are.
    private long delayed;
    private long delayNs;

    /** Takes over the disk; {@code view} is its number among those of its disk. */
    DelayFilter(BlockBackend disk, AioContext context, DelaySpec spec, int view) {
        super(disk);
        this.context = context;
        this.spec = spec;
        this.random = new SplittableRandom(spec.seed() + view);
        this.handOver = new HandOver(disk, context, this::runDue);
        this.timer = context.timer("delay", this::runDue);
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        DelayTime time = spec.times().get(OpKind.of(request.op()).ordinal());
        if (time.isNone()
                || spec.probability() < 1 && random.nextDouble() >= spec.probability()) {
            return disk.submit(request);
        }
        long ns = time.drawNs(random);
        delayed++;
        delayNs += ns;
        if (spec.spin()) {
            spin(ns);
            return disk.submit(request);
        }
        waiting.add(request, context.nanoTime() + ns);
        return QueueStatus.QUEUED;
    }

    private void spin(long ns) {
        long endNs = context.nanoTime() + ns;
        while (context.nanoTime() - endNs < 0) {
            Thread.onSpinWait();
        }
    }

    @Override
    public void commit() {
        disk.commit();
        arm();
    }

    private void arm() {
        if (!waiting.isEmpty()) {
            timer.modify(waiting.soonestNs());
        }
    }

    private void runDue() {
        long nowNs = context.nanoTime();
        while (!waiting.isEmpty() && waiting.soonestNs() - nowNs <= 0) {
            handOver.add(waiting.take());
        }
        handOver.run();
        arm();
    }

    /** Requests delayed so far. Thread: any. */
    long delayed() {
        return delayed;
    }

    /** Sum of their delays. Thread: any. */
    long delayNs() {
        return delayNs;
    }

    @Override
    public void close() {
        assert waiting.isEmpty() && handOver.isEmpty();
        timer.cancel();
        handOver.close();
        super.close();
    }
}
