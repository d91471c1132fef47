// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioHandler;
import io.vblk.aio.DeferredCall;
import io.vblk.aio.FdCallbacks;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.Posix;

/**
 * Reads and writes over io_uring(7), the rest on worker threads. Thread: home.
 *
 * <p>A batch goes to the kernel in one call at {@link #commit}. What the page cache has is done
 * when that call returns, and is completed at the end of the batch of callbacks under way; the rest
 * is found by polling the ring's memory, or by its descriptor. What is alone in its batch is first
 * tried by a plain call that does not wait: with nothing to share a call with, the ring is only a
 * longer way (docs/decisions/0017-io-uring-engine.md).
 *
 * <p>Whatever is odd, a transfer that ended early above all, is done once more from the start on a
 * worker thread, which knows how to go on.
 */
final class UringEngine extends DeferredCall implements IoEngine, FdCallbacks {
    /**
     * Longer transfers go to the workers: what the page cache has is copied while the kernel takes
     * a request, and whoever else is served by this loop waits for that.
     */
    static final int INLINE_BYTES_MAX = 1 << 20;
    /** Past the page cache the disk is to begin with the first while others are still added. */
    static final int DIRECT_BATCH_MAX = 8;
    /** As many as there are places for results, so that none is ever left over. */
    static final int REQUESTS_MAX = 2 * UringTransfers.ENTRIES;

    private final HostFile file;
    private final AioContext context;
    private final TransferRing ring;
    private final IoEngine workers;
    private final AioHandler handler;
    private final QuickTries reads = new QuickTries();
    private final QuickTries writes = new QuickTries();
    /** Until the file system has refused one. */
    private boolean takesQuickWrites = true;

    private final BlockRequest[] requests = new BlockRequest[REQUESTS_MAX];
    private final int[] freeSlots = new int[REQUESTS_MAX];
    private int free;
    /** First of a batch: not in the ring yet, since it may stay alone. */
    private BlockRequest held;
    /** Completed without the ring, to be told at the end of the batch of callbacks. */
    private BlockRequest done;
    /** Added to the ring and not handed over. */
    private int added;
    private boolean workersHaveSome;

    /**
     * Takes over the ring and the engine for what the ring does not do.
     *
     * @throws ErrnoException if the ring's descriptor cannot be watched; both are closed then
     */
    UringEngine(HostFile file, AioContext context, TransferRing ring, IoEngine workers)
            throws ErrnoException {
        this.file = file;
        this.context = context;
        this.ring = ring;
        this.workers = workers;
        for (int slot = REQUESTS_MAX - 1; slot >= 0; slot--) {
            freeSlots[free++] = slot;
        }
        try {
            this.handler =
                    context.addHandler(ring.fd(), AioHandler.READ | AioHandler.POLL, this);
        } catch (ErrnoException e) {
            ring.close();
            workers.close();
            throw e;
        }
    }

    // ------------------------------------------------------------------ to the kernel

    @Override
    public QueueStatus submit(BlockRequest request) {
        boolean transfers = request.op() == BlockOp.READ || request.op() == BlockOp.WRITE;
        if (!transfers || request.lengthBytes() > INLINE_BYTES_MAX
                || request.iovecCount() > IovecArray.ELEMENTS_MAX) {
            return byWorkers(request);
        }
        request.setErrno(0);
        if (request.lengthBytes() == 0) {
            return QueueStatus.COMPLETED;
        }
        if (held == null && added == 0) {
            if (free == 0) {
                return QueueStatus.BUSY;
            }
            held = request;
            return QueueStatus.QUEUED;
        }
        if (held != null) {
            BlockRequest first = held;
            held = null;
            add(first);
        }
        if (free == 0) {
            return QueueStatus.BUSY;
        }
        add(request);
        return QueueStatus.QUEUED;
    }

    private void add(BlockRequest request) {
        int slot = freeSlots[--free];
        requests[slot] = request;
        if (!ring.add(request, slot)) {
            handOver();
            boolean fits = ring.add(request, slot);
            assert fits : "an empty ring is full";
        }
        added++;
        int batchMax = context.ioLimits().aioMaxBatch();
        boolean full = batchMax > 0 && added >= batchMax;
        if (full || added >= DIRECT_BATCH_MAX && !file.isCached()) {
            handOver();
        }
    }

    /** Gives the kernel what was added; what it cannot take now the workers do. */
    private void handOver() {
        added = 0;
        for (int left = ring.submit(); left > 0; left--) {
            byWorkers(taken(ring.withdraw()));
        }
    }

    private BlockRequest taken(int slot) {
        BlockRequest request = requests[slot];
        requests[slot] = null;
        freeSlots[free++] = slot;
        return request;
    }

    private QueueStatus byWorkers(BlockRequest request) {
        workersHaveSome = true;
        return workers.submit(request);
    }

    @Override
    public void commit() {
        if (held != null) {
            BlockRequest alone = held;
            held = null;
            if (!isDoneAtOnce(alone)) {
                add(alone);
            }
        }
        if (added > 0) {
            handOver();
        }
        if (workersHaveSome) {
            workersHaveSome = false;
            workers.commit();
        }
        if (done != null || hasResults()) {
            context.defer(this);
        }
    }

    /** Tries a transfer by the shortest way, which does not wait. */
    private boolean isDoneAtOnce(BlockRequest request) {
        if (!file.isCached()) {
            return false;
        }
        boolean write = request.op() == BlockOp.WRITE;
        if (write && (request.stable() || !takesQuickWrites)) {
            return false;
        }
        QuickTries tries = write ? writes : reads;
        if (!tries.isWorthOne()) {
            return false;
        }
        long result = write
                ? file.writeNoWait(request.iovecs(), request.iovecCount(), request.offset())
                : file.readNoWait(request.iovecs(), request.iovecCount(), request.offset());
        boolean hit = result == request.lengthBytes();
        tries.tried(hit);
        if (write) {
            file.written();
            takesQuickWrites = result != -Posix.EOPNOTSUPP;
        }
        if (hit) {
            request.setNext(done);
            done = request;
        }
        return hit;
    }

    // ------------------------------------------------------------------ from the kernel

    private boolean hasResults() {
        return free < REQUESTS_MAX && ring.hasResults();
    }

    @Override
    public boolean poll() {
        return hasResults();
    }

    @Override
    public void pollReady() {
        complete();
    }

    @Override
    public void onReadable() {
        complete();
    }

    @Override
    protected void runDeferred() {
        complete();
    }

    private void complete() {
        try {
            while (done != null) {
                BlockRequest request = done;
                done = request.next();
                request.setNext(null);
                request.completion().complete(request);
            }
            // What comes meanwhile waits for the next iteration: others have their turn.
            for (int left = ring.collect(); left > 0; left--) {
                int slot = ring.slot();
                int result = ring.result();
                ring.next();
                ended(taken(slot), result);
            }
        } finally {
            if (workersHaveSome) {
                workersHaveSome = false;
                workers.commit();
            }
            // Only if a completion threw: the others are told next time.
            if (done != null) {
                context.defer(this);
            }
        }
    }

    private void ended(BlockRequest request, int result) {
        if (request.op() == BlockOp.WRITE && !request.stable()) {
            file.written();
        }
        if (result < 0 && !isOdd(result)) {
            request.setErrno(-result);
        } else if (result != request.lengthBytes()) {
            byWorkers(request);
            return;
        }
        request.completion().complete(request);
    }

    /** Failures that say nothing about the file. */
    private static boolean isOdd(int result) {
        return result == -Posix.EAGAIN || result == -Posix.EINTR || result == -Posix.ECANCELED
                || result == -Posix.EOPNOTSUPP || result == -Posix.ENOMEM;
    }

    @Override
    public String name() {
        return "aio=io_uring";
    }

    @Override
    public void addBuffers(long address, long lengthBytes) {
        ring.addBuffers(address, lengthBytes);
    }

    @Override
    public void removeBuffers(long address, long lengthBytes) {
        ring.removeBuffers(address, lengthBytes);
    }

    /** Ends ring and workers. */
    @Override
    public void close() {
        assert free == REQUESTS_MAX && held == null && done == null : "requests under way";
        context.removeAndAwait(handler);
        ring.close();
        workers.close();
    }
}
