// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** Our device side against a driver written from the specification. */
class SplitVirtqueueReferenceTest extends VirtqueueContract {
    private VirtqueueConfig config;

    @Override
    QueueSides.Driver openDriver(GuestRam memory, Setup setup) {
        config = memory.allocateRings(setup.size());
        return QueueSides.driver(
                new ReferenceDriver(memory, config, setup.buffersMax(), setup.features()));
    }

    @Override
    QueueSides.Device openDevice(GuestRam memory, Setup setup) throws VirtioException {
        return SplitPairTest.activate(memory, config, setup);
    }

    @Override
    boolean driverIsOurs() {
        return false;
    }
}
