// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * Completes everything at once and touches no data: the floor of every benchmark.
 * Thread: home.
 */
final class NullImage implements BlockBackend {
    private final LiveLimits limits;

    NullImage(LiveLimits limits) {
        this.limits = limits;
    }

    @Override
    public BlockLimits limits() {
        return limits.now();
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        request.setErrno(0);
        return QueueStatus.COMPLETED;
    }

    @Override
    public void commit() {
        // Nothing is ever left over.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
