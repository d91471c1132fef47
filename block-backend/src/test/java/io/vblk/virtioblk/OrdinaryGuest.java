// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.EventNotifier;
import io.vblk.block.BlockOp;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.DiskModel.Request;

/** A guest with the product's own driver, which polls its used ring. Thread: one. */
final class OrdinaryGuest implements SimulatedGuest {
    private static final int QUEUE_SIZE = 32;
    private static final int SLOTS = 16;
    private static final int DATA_BYTES_MAX = 8 * DiskModel.SECTOR_BYTES;

    private final GuestMemory memory;
    private final VirtioBlkDriver driver;
    private final Request[] requests = new Request[SLOTS];
    private int inFlight;

    OrdinaryGuest(long features) throws ErrnoException {
        memory = GuestMemory.allocate(
                VirtioBlkDriver.bytesNeeded(QUEUE_SIZE, SLOTS, DATA_BYTES_MAX));
        driver = new VirtioBlkDriver(memory, 0, QUEUE_SIZE, SLOTS, DATA_BYTES_MAX, features);
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public VirtqueueConfig ring() {
        return driver.config();
    }

    @Override
    public EventNotifier kickNotifier() {
        return driver.kickNotifier();
    }

    @Override
    public EventNotifier callNotifier() {
        return driver.callNotifier();
    }

    @Override
    public boolean accepts(Request request) {
        return request.sectors().length <= 1
                && request.kind() != DiskModel.Kind.SECURE_ERASE;
    }

    @Override
    public boolean add(Request request) {
        int slot = 0;
        while (slot < SLOTS && requests[slot] != null) {
            slot++;
        }
        if (slot == SLOTS || !add(slot, request)) {
            return false;
        }
        requests[slot] = request;
        inFlight++;
        return true;
    }

    private boolean add(int slot, Request request) {
        if (request.kind() == DiskModel.Kind.FLUSH) {
            return driver.flush(slot);
        }
        if (request.kind() == DiskModel.Kind.GET_ID) {
            return driver.getId(slot);
        }
        long offset = (long) request.sectors()[0] * DiskModel.SECTOR_BYTES;
        int length = request.counts()[0] * DiskModel.SECTOR_BYTES;
        return switch (request.kind()) {
            case READ -> driver.transfer(slot, BlockOp.READ, offset, length);
            case WRITE -> {
                DiskModel.fill(driver.dataAddress(slot), request.counts()[0], request.stamp());
                yield driver.transfer(slot, BlockOp.WRITE, offset, length);
            }
            case DISCARD -> driver.range(slot, BlockOp.DISCARD, offset, length, false);
            default -> driver.range(slot, BlockOp.WRITE_ZEROES, offset, length, slot % 2 == 0);
        };
    }

    @Override
    public void publish() {
        driver.kick();
    }

    @Override
    public Answer poll() {
        int slot = driver.poll();
        if (slot == VirtioBlkDriver.NOTHING) {
            return null;
        }
        Request request = requests[slot];
        if (request == null) {
            throw new AssertionError("slot " + slot + " came back twice");
        }
        requests[slot] = null;
        inFlight--;
        return new Answer(
                request, driver.status(slot), driver.lastUsedBytes(), driver.dataAddress(slot));
    }

    /** Sleeps until something may have come back. */
    void await(long timeoutNs) {
        driver.await(timeoutNs);
    }

    @Override
    public boolean awaitsCall() {
        return false;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public void close() {
        driver.close();
        memory.close();
    }
}
