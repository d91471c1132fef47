// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.QUEUE_SIZE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockOp;
import io.vblk.virtio.GuestMemory;

/** A queue with an ordinary driver beside the one of a {@link HandMadeGuest}. Thread: one. */
final class NeighbourQueue implements AutoCloseable {
    private static final int INDEX = 1;

    private final HandMadeGuest guest;
    private final GuestMemory memory;
    private final VirtioBlkDriver driver;

    NeighbourQueue(HandMadeGuest guest) throws Exception {
        this.guest = guest;
        memory = GuestMemory.allocate(VirtioBlkDriver.bytesNeeded(QUEUE_SIZE, 4, 4096));
        driver = new VirtioBlkDriver(memory, 0, QUEUE_SIZE, 4, 4096, guest.features);
        guest.device.startQueue(INDEX, memory, driver.config(), driver.kickNotifier(),
                driver.callNotifier());
    }

    /** A request of it is served; nothing else may be under way. */
    void assertServes() {
        assertTrue(driver.transfer(2, BlockOp.READ, 0, 4096));
        driver.kick();
        guest.run();
        if (guest.disk.underWay() > 0) {
            guest.complete(1);
        }
        assertEquals(2, driver.poll());
        assertEquals(VirtioBlkDriver.STATUS_OK, driver.status(2));
        assertFalse(guest.device.isBroken(INDEX));
    }

    /** Closes the driver; the device must have been closed. */
    @Override
    public void close() {
        driver.close();
        memory.close();
    }
}
