// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** Our driver side against a device written from the specification. */
class SplitDriverQueueReferenceTest extends VirtqueueContract {
    private VirtqueueConfig config;

    @Override
    QueueSides.Driver openDriver(GuestRam memory, Setup setup) {
        SplitDriverQueue queue = SplitPairTest.openQueue(memory, setup);
        config = queue.config();
        return QueueSides.driver(queue, setup.buffersMax());
    }

    @Override
    QueueSides.Device openDevice(GuestRam memory, Setup setup) {
        return QueueSides.device(new ReferenceDevice(memory, config, setup.features()));
    }

    @Override
    boolean deviceIsOurs() {
        return false;
    }
}
