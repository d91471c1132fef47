// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioContext;
import io.vblk.aio.IoThread;
import io.vblk.block.BlockLimits;
import io.vblk.block.image.ImageException;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioException;
import io.vblk.virtioblk.QueueHome;
import io.vblk.virtioblk.VirtioBlkDevice;
import io.vblk.virtioblk.VirtioBlkDriver;
import io.vblk.virtioblk.VirtioBlkStats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Device and drivers in one process over shared guest memory: an image, iothreads with the
 * device's queues, and one driver per job. Thread: control.
 */
final class InProcessGuest implements AutoCloseable {
    /** Most memory of all guests together: buffers for each request in flight. */
    private static final long GUEST_BYTES_MAX = 4L << 30;
    private static final long FLUSH_WAIT_NS = 100_000_000L;

    private final OpenImage image;
    private final List<IoThread> ioThreads = new ArrayList<>();
    private final List<QueueHome> homes = new ArrayList<>();
    private VirtioBlkDevice device;
    /** What a driver learns by an interrupt; the drivers here have one control thread. */
    private boolean configChanged;
    private GuestMemory memory;
    private VirtioBlkDriver[] drivers = new VirtioBlkDriver[0];

    private InProcessGuest(OpenImage image) {
        this.image = image;
    }

    /** Opens the image and starts the iothreads; {@link #plugIn} makes the queues. */
    static InProcessGuest open(DeviceSetup setup) throws IOException {
        InProcessGuest guest = new InProcessGuest(Images.open(setup.image()));
        try {
            for (int i = 0; i < setup.loop().count(); i++) {
                guest.ioThreads.add(setup.loop().start(i));
            }
            return guest;
        } catch (IOException | RuntimeException | Error e) {
            guest.close();
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
        for (IoThread ioThread : ioThreads) {
            homes.add(new QueueHome(ioThread, image.attach(ioThread.context())));
        }
        device = new VirtioBlkDevice(setup.device(), homes);
        device.onConfigChange(() -> configChanged = true);
        int queueSize = setup.device().queueSize();
        long driverBytes = VirtioBlkDriver.bytesNeeded(
                queueSize, spec.iodepth(), spec.blockBytes());
        if (driverBytes > GUEST_BYTES_MAX / spec.numjobs()) {
            throw new IllegalArgumentException("numjobs times iodepth times bs needs more than "
                    + FioFormat.binaryBytes(GUEST_BYTES_MAX) + " of guest memory");
        }
        memory = GuestMemory.allocate(driverBytes * spec.numjobs());
        try {
            long features = setup.ring().choose(device.features());
            device.acknowledgeFeatures(features);
            drivers = new VirtioBlkDriver[spec.numjobs()];
            for (int i = 0; i < drivers.length; i++) {
                drivers[i] = new VirtioBlkDriver(memory, driverBytes * i, queueSize,
                        spec.iodepth(), spec.blockBytes(), features);
                device.startQueue(i, memory, drivers[i].config(), drivers[i].kickNotifier(),
                        drivers[i].callNotifier());
            }
        } catch (VirtioException e) {
            throw new IllegalStateException("our own driver broke the protocol", e);
        }
    }

    /** Whether the event loops run; one ends before its time only by a mistake of ours. */
    boolean isAlive() {
        for (IoThread ioThread : ioThreads) {
            if (!ioThread.isAlive()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Takes over what the disk has gained on the host.
     *
     * @return the capacity in bytes that the guests read after a configuration change, or 0 if
     *     there was none
     */
    long followSize() throws ImageException {
        configChanged = false;
        if (image.followSize()) {
            device.grow();
        }
        if (!configChanged) {
            return 0;
        }
        byte[] capacity = new byte[Long.BYTES];
        device.readConfig(0, capacity);
        return ByteBuffer.wrap(capacity).order(ByteOrder.LITTLE_ENDIAN).getLong()
                * BlockLimits.SECTOR_BYTES;
    }

    VirtioBlkDriver driver(int job) {
        return drivers[job];
    }

    List<LoopReport> loops() {
        List<LoopReport> loops = new ArrayList<>();
        for (IoThread ioThread : ioThreads) {
            AioContext context = ioThread.context();
            loops.add(new LoopReport(loops.size(), context.fdMonitor(), context.stats(),
                    context.handlerStats()));
        }
        return loops;
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
        for (QueueHome home : homes) {
            home.ioThread().call(home.backend()::close);
        }
        for (IoThread ioThread : ioThreads) {
            ioThread.close();
        }
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
