// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/** An engine as a disk, so that a contract filter fits around it. Thread: home. */
record EngineBackend(IoEngine engine, BlockLimits limits) implements BlockBackend {
    static BlockBackend of(IoEngine engine, long capacityBytes) {
        // Blocks of one byte: an engine knows no blocks.
        return new EngineBackend(
                engine, new BlockLimits(capacityBytes, 1, 1, 0, false, true, true, true));
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        return engine.submit(request);
    }

    @Override
    public void commit() {
        engine.commit();
    }

    @Override
    public void close() {
        engine.close();
    }
}
