// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioContext;
import io.vblk.aio.IoThread;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioException;
import io.vblk.virtioblk.VirtioBlkDevice;
import io.vblk.virtioblk.VirtioBlkDriver;
import io.vblk.virtioblk.VirtioBlkStats;
import java.io.IOException;

/**
 * Device and drivers in one process over shared guest memory: an image, an iothread with the
 * device, and one driver per job. Thread: control.
 */
final class InProcessGuest implements AutoCloseable {
    /** Most memory of all guests together: buffers for each request in flight. */
    private static final long GUEST_BYTES_MAX = 4L << 30;
    private static final long FLUSH_WAIT_NS = 100_000_000L;

    private final OpenImage image;
    private final IoThread ioThread;
    private BlockBackend backend;
    private VirtioBlkDevice device;
    private GuestMemory memory;
    private VirtioBlkDriver[] drivers = new VirtioBlkDriver[0];

    private InProcessGuest(OpenImage image, IoThread ioThread) {
        this.image = image;
        this.ioThread = ioThread;
    }

    /** Opens the image and starts the iothread; {@link #plugIn} makes the queues. */
    static InProcessGuest open(DeviceSetup setup) throws IOException {
        OpenImage image = Images.open(setup.image());
        try {
            return new InProcessGuest(image, setup.loop().start(0));
        } catch (IOException e) {
            image.close();
            throw e;
        }
    }

    OpenImage image() {
        return image;
    }

    BlockLimits limits() {
        return image.limits();
    }

    /** Makes the device and starts one queue per job. */
    void plugIn(DeviceSetup setup, JobSpec spec) throws IOException {
        backend = image.attach(ioThread.context());
        device = new VirtioBlkDevice(setup.device(), ioThread, backend);
        int queueSize = setup.device().queueSize();
        long driverBytes = VirtioBlkDriver.bytesNeeded(
                queueSize, spec.iodepth(), spec.blockBytes());
        if (driverBytes > GUEST_BYTES_MAX / spec.numjobs()) {
            throw new IllegalArgumentException("numjobs times iodepth times bs needs more than "
                    + FioFormat.binaryBytes(GUEST_BYTES_MAX) + " of guest memory");
        }
        memory = GuestMemory.allocate(driverBytes * spec.numjobs());
        try {
            device.acknowledgeFeatures(device.features());
            drivers = new VirtioBlkDriver[spec.numjobs()];
            for (int i = 0; i < drivers.length; i++) {
                drivers[i] = new VirtioBlkDriver(memory, driverBytes * i, queueSize,
                        spec.iodepth(), spec.blockBytes(), device.features());
                device.startQueue(i, memory, drivers[i].config(), drivers[i].kickNotifier(),
                        drivers[i].callNotifier());
            }
        } catch (VirtioException e) {
            throw new IllegalStateException("our own driver broke the protocol", e);
        }
    }

    /** Whether the event loop runs; it ends before its time only by a mistake of ours. */
    boolean isAlive() {
        return ioThread.isAlive();
    }

    VirtioBlkDriver driver(int job) {
        return drivers[job];
    }

    LoopReport loop() {
        AioContext context = ioThread.context();
        return new LoopReport(context.fdMonitor(), context.stats(), context.handlerStats());
    }

    VirtioBlkStats deviceStats() {
        return device.stats();
    }

    /**
     * Makes everything written stable, through the first queue. All jobs must have ended.
     *
     * @return whether the device says that it is
     */
    boolean flush() {
        VirtioBlkDriver driver = drivers[0];
        if (!driver.flush(0)) {
            return false;
        }
        driver.kick();
        while (driver.poll() == VirtioBlkDriver.NOTHING) {
            if (!isAlive() || device.isBroken(0)) {
                return false;
            }
            driver.await(FLUSH_WAIT_NS);
        }
        return driver.status(0) == VirtioBlkDriver.STATUS_OK;
    }

    @Override
    public void close() {
        if (device != null) {
            device.close();
        }
        if (backend != null) {
            ioThread.call(backend::close);
        }
        ioThread.close();
        for (VirtioBlkDriver driver : drivers) {
            if (driver != null) {
                driver.close();
            }
        }
        if (memory != null) {
            memory.close();
        }
        image.close();
    }
}
