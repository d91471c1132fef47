// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.ReferenceDriver.Buffer;
import java.util.List;

/** A driver and a device on one ring in memory of their own. */
final class QueuePair implements AutoCloseable {
    /** Who a side is. */
    enum Side { OURS, REFERENCE }

    final QueueSetup setup;
    final GuestRam ram;
    final long data;
    final VirtqueueConfig config;
    final QueueSides.Driver driver;
    final QueueSides.Device device;
    private final List<List<Buffer>> chains;

    /** A pair on areas wherever the driver puts them. */
    QueuePair(QueueSetup setup, Side driverSide, Side deviceSide) throws VirtioException {
        this.setup = setup;
        this.ram = GuestRam.ofBytes(setup.bytesNeeded());
        this.data = ram.allocate(QueueSetup.DATA_BYTES, 64);
        this.chains = setup.chains(data);
        if (driverSide == Side.OURS) {
            long at = ram.allocate(
                    DriverQueue.bytesNeeded(setup.size(), setup.buffersMax()), GuestRam.PAGE);
            DriverQueue queue = DriverQueue.create(ram.memory(), at, setup.size(),
                    setup.buffersMax(), setup.features());
            this.config = queue.config();
            this.driver = QueueSides.driver(queue, setup.buffersMax());
        } else {
            this.config = setup.packed() ? PackedFields.allocateRings(ram, setup.size())
                    : ram.allocateRings(setup.size());
            this.driver = referenceDriver(ram, config, setup);
        }
        this.device = openDevice(deviceSide);
    }

    /** A pair on given areas, with a driver of the reference. */
    QueuePair(QueueSetup setup, GuestRam ram, VirtqueueConfig config, Side deviceSide)
            throws VirtioException {
        this.setup = setup;
        this.ram = ram;
        this.data = ram.allocate(QueueSetup.DATA_BYTES, 64);
        this.chains = setup.chains(data);
        this.config = config;
        this.driver = referenceDriver(ram, config, setup);
        this.device = openDevice(deviceSide);
    }

    static QueueSides.MovableDriver referenceDriver(
            GuestRam ram, VirtqueueConfig config, QueueSetup setup) {
        return setup.packed()
                ? new ReferencePackedDriver(ram, config, setup.buffersMax(), setup.features(),
                        setup.layout())
                : new ReferenceDriver(ram, config, setup.buffersMax(), setup.features(),
                        setup.layout());
    }

    private QueueSides.Device openDevice(Side side) throws VirtioException {
        if (side == Side.OURS) {
            return activate(ram, config, setup);
        }
        return setup.packed() ? new ReferencePackedDevice(ram, config, setup.features())
                : new ReferenceDevice(ram, config, setup.features());
    }

    static QueueSides.Device activate(GuestRam ram, VirtqueueConfig config, QueueSetup setup)
            throws VirtioException {
        int segmentsMax = setup.buffersMax();
        return QueueSides.device(config.activate(ram.memory(), setup.features()), ram,
                ram.allocate(16L * segmentsMax, 8), segmentsMax);
    }

    /** The chain of a request. */
    List<Buffer> buffersOf(int token) {
        return chains.get(token % QueueSetup.CHAINS);
    }

    /**
     * What the device says it wrote: some with the highest bit set, and in order two of three all
     * there is, since only those may go unnamed.
     */
    long usedLengthOf(int token) {
        return setup.inOrder() && token % 3 != 0
                ? ReferenceDriver.writableBytes(buffersOf(token))
                : token * 0x01234567 & 0xFFFFFFFFL;
    }

    @Override
    public void close() {
        ram.close();
    }
}
