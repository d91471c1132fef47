// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** Both of our sides against each other. */
class SplitPairTest extends VirtqueueContract {
    private VirtqueueConfig config;

    @Override
    QueueSides.Driver openDriver(GuestRam memory, Setup setup) {
        SplitDriverQueue queue = openQueue(memory, setup);
        config = queue.config();
        return QueueSides.driver(queue, setup.buffersMax());
    }

    static SplitDriverQueue openQueue(GuestRam memory, Setup setup) {
        long bytes = SplitDriverQueue.bytesNeeded(setup.size(), setup.buffersMax());
        long address = memory.allocate(bytes, GuestRam.PAGE);
        return new SplitDriverQueue(memory.memory(), address, setup.size(), setup.buffersMax(),
                setup.features());
    }

    @Override
    QueueSides.Device openDevice(GuestRam memory, Setup setup) throws VirtioException {
        return activate(memory, config, setup);
    }

    static QueueSides.Device activate(GuestRam memory, VirtqueueConfig config, Setup setup)
            throws VirtioException {
        int segmentsMax = setup.buffersMax();
        return QueueSides.device(config.activate(memory.memory(), setup.features()), memory,
                memory.allocate(16L * segmentsMax, 8), segmentsMax);
    }
}
