// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.filter.FilterReport;
import io.vblk.block.image.ImageException;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.vhostuser.VhostUserExport;
import io.vblk.vhostuser.VhostUserListener;
import io.vblk.virtio.VirtioDevice;
import io.vblk.virtioblk.QueueHome;
import io.vblk.virtioblk.VirtioBlkDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One disk on one socket: the open image, its views on the iothreads, and a control thread of its
 * own, so that a disk that hangs holds up no other's messages. Each connection gets a device; the
 * image is locked while rings run.
 *
 * <p>Thread: main; as an export, control.
 */
final class ServedDisk implements VhostUserExport, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedDisk.class);

    private final DiskSpec spec;
    private final OpenImage image;
    private final Runnable ended;
    private final List<QueueHome> homes = new ArrayList<>();
    /** Whose counters are added up. Written by control, read by any. */
    private volatile Counted counted = new Counted(DiskCounts.NONE, List.of());
    private volatile boolean measuring;
    /** Whether rings run, and so the image is locked. Thread: control. */
    private boolean acquired;
    /** False for a descriptor that is a connection already. Set before the first one. */
    private boolean listens;
    private IoThread control;
    private DiskSocket socket;
    private VhostUserListener listener;

    /** Devices of the connections, and what was counted on those that have ended: in one piece. */
    private record Counted(DiskCounts ended, List<VirtioBlkDevice> devices) {
        Counted with(VirtioBlkDevice device) {
            List<VirtioBlkDevice> more = new ArrayList<>(devices);
            more.add(device);
            return new Counted(ended, more);
        }

        Counted without(VirtioBlkDevice device) {
            List<VirtioBlkDevice> fewer = new ArrayList<>(devices);
            fewer.remove(device);
            return new Counted(ended.plus(DiskCounts.of(device)), fewer);
        }

        DiskCounts sum() {
            DiskCounts sum = ended;
            for (VirtioBlkDevice device : devices) {
                sum = sum.plus(DiskCounts.of(device));
            }
            return sum;
        }
    }

    private ServedDisk(DiskSpec spec, OpenImage image, Runnable ended) {
        this.spec = spec;
        this.image = image;
        this.ended = ended;
    }

    /**
     * Opens the image.
     *
     * @param iothreads all of the server's, which stay its own
     * @param ended hears, on control, that there will be no other connection
     * @throws IOException if the image or the host says no, in words for an operator
     */
    static ServedDisk open(DiskSpec spec, List<IoThread> iothreads, Runnable ended)
            throws IOException {
        ServedDisk disk = new ServedDisk(spec, Images.openUnlocked(spec.image()), ended);
        try {
            for (int iothread : spec.iothreads()) {
                IoThread home = iothreads.get(iothread);
                disk.homes.add(new QueueHome(home, disk.image.attach(home.context())));
            }
            disk.control = IoThread.start(
                    "vblk-ctl-" + spec.name(), AioOptions.of(PollingOptions.OFF));
            return disk;
        } catch (IOException | RuntimeException | Error e) {
            disk.close();
            throw e;
        }
    }

    /** Makes the socket and accepts connections from here on. */
    void listen() throws IOException {
        socket = DiskSocket.open(spec.socket());
        listens = socket.socket().isListening();
        warnIfLocked();
        LOG.info("{}: aio={}, {}", spec.name(), image.engine(), image.modes());
        listener = VhostUserListener.open(spec.name(), socket.socket(), control, this);
    }

    /** Locked is an image while a guest's rings run; but an operator wants to know beforehand. */
    private void warnIfLocked() {
        try {
            image.lock();
            image.unlock();
        } catch (IOException e) {
            LOG.warn("{}: {}; guests are refused as long as that is so", spec.name(),
                    e.getMessage());
        }
    }

    /** What is served, in a few words. */
    String description() {
        return image.description() + ", aio=" + image.engine();
    }

    /** Whether messages are answered; it ends before its time only by a mistake of ours. */
    boolean isAlive() {
        return control.isAlive();
    }

    // ------------------------------------------------------------------ connections

    @Override
    public VirtioDevice connect() {
        VirtioBlkDevice device = new VirtioBlkDevice(spec.device(), homes);
        device.setName(spec.name());
        counted = counted.with(device);
        // Afterwards: who switches it on meanwhile finds the device, or this finds the switch.
        device.measureLatency(measuring);
        return device;
    }

    @Override
    public void disconnect(VirtioDevice device) {
        counted = counted.without((VirtioBlkDevice) device);
        if (!listens) {
            ended.run();
        }
    }

    @Override
    public void acquire() throws IOException {
        image.lock();
        acquired = true;
        // A guest that arrives from another server may have seen it grow there.
        followSizeNow();
    }

    @Override
    public void release() {
        acquired = false;
        image.unlock();
    }

    // ------------------------------------------------------------------ for operators

    DiskSpec spec() {
        return spec;
    }

    OpenImage image() {
        return image;
    }

    /** The thread that connections are served on. */
    IoThread control() {
        return control;
    }

    /** Devices of the connections at present. Thread: any. */
    List<VirtioBlkDevice> devices() {
        return counted.devices;
    }

    /** What all connections have counted so far. Thread: any. */
    DiskCounts counts() {
        return counted.sum();
    }

    /** Whether latencies are measured. Thread: any. */
    boolean measuresLatency() {
        return measuring;
    }

    /** Measures latencies or not, on all connections. Thread: any. */
    void measureLatency(boolean wanted) {
        measuring = wanted;
        counted.devices.forEach(device -> device.measureLatency(wanted));
    }

    // ------------------------------------------------------------------ growing

    /**
     * Takes over the size of the image, made that large before. Thread: control.
     *
     * @param sizeBytes size to give the file first, 0 for the one that it has
     * @return the capacity afterwards, in bytes
     */
    long growTo(long sizeBytes) throws ImageException {
        if (sizeBytes > 0) {
            boolean inUse = acquired;
            if (!inUse) {
                image.lock();
            }
            try {
                image.extend(sizeBytes);
            } finally {
                if (!inUse) {
                    image.unlock();
                }
            }
        }
        if (image.followSize()) {
            counted.devices.forEach(VirtioBlkDevice::grow);
        }
        return image.limits().capacityBytes();
    }

    /** Takes over what the image has gained on the host, for all connections. Thread: any. */
    void followSize() {
        control.context().execute("follow size", () -> {
            if (!followSizeNow()) {
                LOG.info("{}: has no block more than before", spec.name());
            }
        });
    }

    /** Returns whether it has. */
    private boolean followSizeNow() {
        try {
            if (image.followSize()) {
                counted.devices.forEach(VirtioBlkDevice::grow);
                LOG.info("{}: has grown to {} bytes", spec.name(),
                        image.limits().capacityBytes());
                return true;
            }
        } catch (ImageException e) {
            LOG.warn("{}: {}", spec.name(), e.getMessage());
        }
        return false;
    }

    // ------------------------------------------------------------------ the end

    /** Begins to end the connections, so that no disk waits for the one before it. */
    void stop() {
        if (socket != null) {
            socket.removePath();
        }
        // Rings stop when nothing is under way any more.
        image.letGo();
        if (listener != null && control.isAlive()) {
            control.context().execute("stop", listener::close);
        }
    }

    /** Drains the rings, then closes all. */
    @Override
    public void close() {
        stop();
        if (listener != null) {
            listener.close();
        }
        if (control != null) {
            control.close();
        }
        if (socket != null) {
            socket.close();
        }
        for (QueueHome home : homes) {
            home.ioThread().call(home.backend()::close);
        }
        for (FilterReport filter : image.filterReports()) {
            filter.lines().forEach(line -> LOG.info("{}: filter {}", spec.name(), line));
        }
        image.close();
    }
}
