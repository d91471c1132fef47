// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.block.engine.IoEngine;

/** A disk as an engine, so that tests can put any disk under a raw image. Thread: home. */
record BackendEngine(BlockBackend backend) implements IoEngine {
    @Override
    public QueueStatus submit(BlockRequest request) {
        return backend.submit(request);
    }

    @Override
    public void commit() {
        backend.commit();
    }

    @Override
    public void close() {
        backend.close();
    }
}
