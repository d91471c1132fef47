// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * Blocking calls in the event loop: the shortest way for what the page cache holds, while a slow
 * disk holds up everything else in the loop. Thread: home.
 */
final class SyncEngine implements IoEngine {
    private final BlockingIo io;

    SyncEngine(BlockingIo io) {
        this.io = io;
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        io.run(request);
        return QueueStatus.COMPLETED;
    }

    @Override
    public void commit() {
        // Nothing is ever left over.
    }

    @Override
    public void close() {
        // The file is its owner's.
    }
}
