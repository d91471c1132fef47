// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.BlockOp;
import io.vblk.fio.Direction;
import io.vblk.virtioblk.VirtioBlkDriver;

/** Through a virtqueue, as a guest's driver does. Thread: the job's. */
final class DriverPort implements RequestPort {
    private final VirtioBlkDriver driver;
    private final BlockOp trim;

    /**
     * Over a driver.
     *
     * @param zeroesForTrims whether trims are WRITE_ZEROES and not DISCARD
     */
    DriverPort(VirtioBlkDriver driver, boolean zeroesForTrims) {
        this.driver = driver;
        this.trim = zeroesForTrims ? BlockOp.WRITE_ZEROES : BlockOp.DISCARD;
    }

    @Override
    public long dataAddress(int slot) {
        return driver.dataAddress(slot);
    }

    @Override
    public boolean add(int slot, Direction direction, long offset, int lengthBytes) {
        return switch (direction) {
            case READ -> driver.transfer(slot, BlockOp.READ, offset, lengthBytes);
            case WRITE -> driver.transfer(slot, BlockOp.WRITE, offset, lengthBytes);
            case TRIM -> driver.range(slot, trim, offset, lengthBytes, true);
            case SYNC -> driver.flush(slot);
        };
    }

    @Override
    public long number(int slot) {
        return driver.number(slot);
    }

    @Override
    public boolean publish() {
        return driver.publish();
    }

    @Override
    public void kick() {
        driver.sendKick();
    }

    @Override
    public int poll() {
        return driver.poll();
    }

    @Override
    public boolean isOk(int slot) {
        return driver.status(slot) == VirtioBlkDriver.STATUS_OK;
    }

    @Override
    public void await(long timeoutNs) {
        driver.await(timeoutNs);
    }
}
