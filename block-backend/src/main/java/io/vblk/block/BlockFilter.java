// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

/**
 * A disk over another disk, of which it changes some answers (QEMU's filter node): all that it does
 * not do itself goes to the one below. Thread: home.
 */
public abstract class BlockFilter implements BlockBackend {
    /** The disk below, which this one owns. */
    protected final BlockBackend disk;

    /** Takes over a disk. */
    protected BlockFilter(BlockBackend disk) {
        this.disk = disk;
    }

    @Override
    public BlockLimits limits() {
        return disk.limits();
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
        disk.close();
    }
}
