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
 * A slow disk: keeps each request for a time drawn at random before it hands it on, so that
 * requests end out of order. Thread: home.
 *
 * <p>A request that waits here has done nothing yet: a write that is lost with the process while it
 * waits is one that nobody was told of.
 */
public final class DelayFilter extends BlockFilter {
    private final AioContext context;
    private final long minNs;
    private final long maxNs;
    private final SplittableRandom random;
    private final DueHeap waiting = new DueHeap();
    private final HandOver handOver;
    private final AioTimer timer;

    /**
     * Takes over the backend.
     *
     * @param minNs shortest delay
     * @param maxNs longest delay
     * @param seed from which all delays follow
     */
    public DelayFilter(
            BlockBackend backend, AioContext context, long minNs, long maxNs, long seed) {
        super(backend);
        if (minNs < 0 || minNs > maxNs) {
            throw new IllegalArgumentException("delays from " + minNs + " to " + maxNs + " ns");
        }
        this.context = context;
        this.minNs = minNs;
        this.maxNs = maxNs;
        this.random = new SplittableRandom(seed);
        this.handOver = new HandOver(backend, context, this::runDue);
        this.timer = context.timer("delay", this::runDue);
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        waiting.add(request, context.nanoTime() + random.nextLong(minNs, maxNs + 1));
        return QueueStatus.QUEUED;
    }

    @Override
    public void commit() {
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

    @Override
    public void close() {
        assert waiting.isEmpty() && handOver.isEmpty();
        timer.cancel();
        handOver.close();
        super.close();
    }
}
