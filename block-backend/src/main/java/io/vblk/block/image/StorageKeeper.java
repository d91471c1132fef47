// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockFilter;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * Keeps all storage that a disk has (QEMU's discard=ignore): discards succeed and do nothing, and
 * zeroes are written without giving storage back. Thread: home.
 */
final class StorageKeeper extends BlockFilter {
    private final StandIns standIns = new StandIns();

    /** Takes over the disk. */
    StorageKeeper(BlockBackend disk) {
        super(disk);
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        if (request.op() == BlockOp.DISCARD) {
            request.setErrno(0);
            return QueueStatus.COMPLETED;
        }
        return request.mayUnmap()
                ? standIns.writeZeroes(disk, request, false) : disk.submit(request);
    }

    @Override
    public void close() {
        assert standIns.isEmpty();
        super.close();
    }
}
