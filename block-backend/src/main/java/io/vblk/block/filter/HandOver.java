// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * Requests that a filter took and now hands on, the oldest first. Thread: home.
 *
 * <p>The filter said QUEUED for them, so an end at once is reported here, and for a disk without
 * room they wait.
 */
final class HandOver implements AutoCloseable {
    /** Whose end makes room is not told here, so a full disk is asked again after this. */
    private static final long RETRY_NS = 100_000;

    private final BlockBackend backend;
    private final AioContext context;
    private final AioTimer retry;
    private BlockRequest first;
    private BlockRequest last;

    /** Calls {@code again} when it is time to {@link #run} again for what is left. */
    HandOver(BlockBackend backend, AioContext context, Runnable again) {
        this.backend = backend;
        this.context = context;
        this.retry = context.timer("hand over", again);
    }

    boolean isEmpty() {
        return first == null;
    }

    void add(BlockRequest request) {
        request.setNext(null);
        if (first == null) {
            first = request;
        } else {
            last.setNext(request);
        }
        last = request;
    }

    /** Hands on all that the disk takes. Not from submit or commit: completions are called. */
    void run() {
        while (first != null) {
            BlockRequest request = first;
            first = request.next();
            request.setNext(null);
            QueueStatus status = backend.submit(request);
            if (status == QueueStatus.BUSY) {
                request.setNext(first);
                first = request;
                if (request.next() == null) {
                    last = request;
                }
                retry.modify(context.nanoTime() + RETRY_NS);
                break;
            }
            if (status == QueueStatus.COMPLETED) {
                request.completion().complete(request);
            }
        }
        backend.commit();
    }

    @Override
    public void close() {
        retry.cancel();
    }
}
