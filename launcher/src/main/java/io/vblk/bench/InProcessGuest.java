// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioContext;
import io.vblk.aio.IoThread;
import io.vblk.block.BlockLimits;
import io.vblk.block.image.ImageException;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.fio.WaitMode;
import io.vblk.virtio.VirtioException;
import io.vblk.virtioblk.QueueHome;
import io.vblk.virtioblk.RequestSampling;
import io.vblk.virtioblk.RequestTrace;
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
final class InProcessGuest implements GuestTarget {
    private final DeviceSetup setup;
    private final OpenImage image;
    private final List<IoThread> ioThreads = new ArrayList<>();
    private final List<QueueHome> homes = new ArrayList<>();
    private VirtioBlkDevice device;
    /** What a driver learns by an interrupt; the drivers here have one control thread. */
    private boolean configChanged;
    private GuestDrivers drivers;
    private List<LoopReport> loopsBefore = List.of();
    private VirtioBlkStats statsBefore = VirtioBlkStats.NONE;

    private InProcessGuest(DeviceSetup setup, OpenImage image) {
        this.setup = setup;
        this.image = image;
    }

    /** Opens the image and starts the iothreads; {@link #plugIn} makes the queues. */
    static InProcessGuest open(DeviceSetup setup) throws IOException {
        InProcessGuest guest = new InProcessGuest(setup, Images.open(setup.image()));
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

    @Override
    public long capacityBytes() {
        return image.limits().capacityBytes();
    }

    @Override
    public int blockBytes() {
        return image.limits().blockBytes();
    }

    @Override
    public Reference reference() throws IOException {
        return Reference.of(image);
    }

    @Override
    public void plugIn(List<QueueNeed> needs) throws IOException {
        for (IoThread ioThread : ioThreads) {
            homes.add(new QueueHome(ioThread, image.attach(ioThread.context())));
        }
        device = new VirtioBlkDevice(setup.device(), homes);
        device.onConfigChange(() -> configChanged = true);
        try {
            long features = setup.ring().choose(device.features());
            device.acknowledgeFeatures(features);
            drivers = new GuestDrivers(needs, setup.device().queueSize(), features);
            for (int i = 0; i < needs.size(); i++) {
                VirtioBlkDriver driver = drivers.get(i);
                device.startQueue(i, drivers.memory(), driver.config(), driver.kickNotifier(),
                        driver.callNotifier());
            }
        } catch (VirtioException e) {
            throw new IllegalStateException("our own driver broke the protocol", e);
        }
    }

    /** Whether the event loops run; one ends before its time only by a mistake of ours. */
    private boolean isAlive() {
        for (IoThread ioThread : ioThreads) {
            if (!ioThread.isAlive()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void checkAlive() {
        if (!isAlive()) {
            throw new IllegalStateException("the event loop has ended");
        }
    }

    @Override
    public boolean serves(int queue) {
        return isAlive() && !device.isBroken(queue);
    }

    @Override
    public boolean canFlush() {
        return true;
    }

    @Override
    public long followSize() throws ImageException {
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

    @Override
    public RequestPort port(int queue, WaitMode wait, boolean zeroesForTrims) {
        return new DriverPort(drivers.get(queue), zeroesForTrims);
    }

    @Override
    public int[] deviceThreads(int queue) throws IOException {
        QueueHome home = homes.get(setup.device().homeOf(queue, homes.size()));
        int[] number = new int[1];
        IOException[] failure = new IOException[1];
        home.ioThread().call(() -> {
            try {
                number[0] = ThreadFiles.numberOfCurrentThread();
            } catch (IOException e) {
                failure[0] = e;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
        return number;
    }

    @Override
    public RequestTrace traceRequests(int queue, RequestSampling sampling) {
        RequestTrace trace = sampling == null ? null : new RequestTrace(
                sampling, setup.device().queueSize(), drivers.get(queue).added());
        device.traceRequests(queue, trace);
        return trace;
    }

    @Override
    public void beginReport() {
        loopsBefore = loops();
        statsBefore = device.stats();
    }

    @Override
    public TargetReport report() {
        List<LoopReport> loops = new ArrayList<>();
        for (LoopReport loop : loops()) {
            loops.add(loop.since(loopsBefore.get(loop.iothread())));
        }
        VirtioBlkStats stats = device.stats().since(statsBefore);
        return new TargetReport(setup.image().target(), image.description(), image.engine(),
                blockBytes(), setup.device().numQueues(), setup.device().queueSize(),
                setup.ring(), stats.kicks(), stats.calls(),
                new DeviceReport(setup, loops, stats, image.filterReports()));
    }

    private List<LoopReport> loops() {
        List<LoopReport> loops = new ArrayList<>();
        for (IoThread ioThread : ioThreads) {
            AioContext context = ioThread.context();
            loops.add(new LoopReport(loops.size(), context.fdMonitor(), context.stats(),
                    context.handlerStats()));
        }
        return loops;
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
        if (drivers != null) {
            drivers.close();
        }
        image.close();
    }
}
