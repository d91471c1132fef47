// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.aio.BottomHalf;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockFilter;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * Lets requests through no faster than the disk's rates allow, those of a direction in the order in
 * which they came. Thread: home.
 */
final class RateFilter extends BlockFilter {
    static final int READS = 0;
    static final int WRITES = 1;

    private final AioContext context;
    private final LimitedDisk shared;
    private final DueHeap waiting = new DueHeap();
    private final int[] waitingOf = new int[2];
    private final HandOver handOver;
    private final AioTimer timer;
    private final BottomHalf lift;

    // Written by home, read by any as they are.
    private long waited;
    private long waitNs;

    /** Takes over the disk; the rates are shared by all its views. */
    RateFilter(BlockBackend disk, AioContext context, LimitedDisk shared) {
        super(disk);
        this.context = context;
        this.shared = shared;
        this.handOver = new HandOver(disk, context, this::runDue);
        this.timer = context.timer("rate", this::runDue);
        this.lift = context.bottomHalf("rate", this::runDue);
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        if (request.op() == BlockOp.FLUSH || shared.isLifted()) {
            return disk.submit(request);
        }
        int direction = direction(request);
        long bytes = request.iovecCount() == 0 ? 0 : request.lengthBytes();
        long nowNs = context.nanoTime();
        long dueNs = shared.take(direction, bytes, nowNs);
        // What is due already, and waits for its turn in this thread, goes first.
        if (dueNs - nowNs <= 0 && waitingOf[direction] == 0 && handOver.isEmpty()) {
            QueueStatus status = disk.submit(request);
            if (status == QueueStatus.BUSY) {
                shared.putBack(direction, bytes);
            }
            return status;
        }
        waited++;
        waitNs += Math.max(0, dueNs - nowNs);
        waitingOf[direction]++;
        waiting.add(request, dueNs);
        return QueueStatus.QUEUED;
    }

    private static int direction(BlockRequest request) {
        return request.op() == BlockOp.READ ? READS : WRITES;
    }

    @Override
    public void commit() {
        disk.commit();
        arm();
    }

    private void arm() {
        if (!waiting.isEmpty()) {
            timer.modify(shared.isLifted() ? context.nanoTime() : waiting.soonestNs());
        }
    }

    private void runDue() {
        long nowNs = context.nanoTime();
        while (!waiting.isEmpty()
                && (shared.isLifted() || waiting.soonestNs() - nowNs <= 0)) {
            BlockRequest request = waiting.take();
            waitingOf[direction(request)]--;
            handOver.add(request);
        }
        handOver.run();
        arm();
    }

    /** Looks again whether anything may go. Thread: any. */
    void wake() {
        lift.schedule();
    }

    /** Requests that had to wait so far. Thread: any. */
    long waited() {
        return waited;
    }

    /** Sum of the times that they were told to wait. Thread: any. */
    long waitNs() {
        return waitNs;
    }

    @Override
    public void close() {
        assert waiting.isEmpty() && handOver.isEmpty();
        timer.cancel();
        lift.close();
        handOver.close();
        super.close();
    }
}
