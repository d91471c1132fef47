// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.block.engine.IoEngine;

/**
 * Passes requests to the engine unchanged; writes to the first block of an image that nobody
 * called raw by name go past a guard. Thread: home.
 */
final class RawImage implements BlockBackend {
    private final LiveLimits limits;
    private final IoEngine engine;
    private final FirstBlockGuard guard;

    /** Takes over the engine and the guard; {@code guard} is null where none is needed. */
    RawImage(LiveLimits limits, IoEngine engine, FirstBlockGuard guard) {
        this.limits = limits;
        this.engine = engine;
        this.guard = guard;
    }

    @Override
    public BlockLimits limits() {
        return limits.now();
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        assert request.offset() >= 0
                && request.offset() <= limits.now().capacityBytes() - request.lengthBytes();
        if (guard != null && request.offset() == 0 && request.op() == BlockOp.WRITE
                && request.lengthBytes() > 0) {
            return guard.submit(request, engine);
        }
        return engine.submit(request);
    }

    @Override
    public void commit() {
        engine.commit();
    }

    @Override
    public void addBuffers(long address, long lengthBytes) {
        engine.addBuffers(address, lengthBytes);
    }

    @Override
    public void removeBuffers(long address, long lengthBytes) {
        engine.removeBuffers(address, lengthBytes);
    }

    @Override
    public void close() {
        engine.close();
        if (guard != null) {
            guard.close();
        }
    }
}
