// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * Keeps all storage that a disk has (QEMU's discard=ignore): discards succeed and do nothing, and
 * zeroes are written without giving storage back. Thread: home.
 */
final class StorageKeeper implements BlockBackend {
    private final BlockBackend disk;
    private final StandIns standIns = new StandIns();

    /** Takes over the disk. */
    StorageKeeper(BlockBackend disk) {
        this.disk = disk;
    }

    @Override
    public BlockLimits limits() {
        return disk.limits();
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
    public void commit() {
        disk.commit();
    }

    @Override
    public void addBuffers(long address, long lengthBytes) {
        disk.addBuffers(address, lengthBytes);
    }

    @Override
    public void removeBuffers(long address, long lengthBytes) {
        disk.removeBuffers(address, lengthBytes);
    }

    @Override
    public void close() {
        assert standIns.isEmpty();
        disk.close();
    }
}
