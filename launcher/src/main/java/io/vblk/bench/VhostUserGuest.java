// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.WaitMode;
import io.vblk.vhostuser.VhostUserException;
import io.vblk.vhostuser.VhostUserFrontend;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtioblk.VirtioBlkDisk;
import io.vblk.virtioblk.VirtioBlkDriver;
import java.io.IOException;
import java.util.List;

/** Drivers of a disk that another process serves on a vhost-user socket. Thread: control. */
final class VhostUserGuest implements GuestTarget {
    private final VhostUserSetup setup;
    private final VhostUserFrontend frontend;
    private final VirtioBlkDisk disk;
    private final long features;
    private final RingSetup ring;
    private int queueSize;
    private boolean started;
    private GuestDrivers drivers;
    private long kicksBefore;
    private long callsBefore;

    private VhostUserGuest(VhostUserSetup setup, VhostUserFrontend frontend)
            throws VhostUserException {
        this.setup = setup;
        this.frontend = frontend;
        long offered = frontend.features();
        this.features = setup.ring().choose(offered) & VirtioBlkDriver.FEATURES;
        this.ring = RingSetup.of(features);
        try {
            this.disk = new VirtioBlkDisk(offered,
                    frontend.readConfig(0, VirtioBlkDisk.configBytes(offered)));
        } catch (IllegalArgumentException e) {
            throw new VhostUserException(setup.path() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Connects and reads what the disk is; {@link #plugIn} starts the queues.
     *
     * @param writes whether the load is going to write
     */
    static VhostUserGuest open(VhostUserSetup setup, boolean writes) throws IOException {
        VhostUserFrontend frontend = null;
        try {
            frontend = VhostUserFrontend.connect(setup.path());
            RingSetup.checkOffered(setup.path(),
                    setup.required() | VirtioFeatures.VERSION_1, frontend.features());
            VhostUserGuest guest = new VhostUserGuest(setup, frontend);
            if (writes && guest.disk.isReadOnly()) {
                throw new IOException(
                        setup.path() + ": the disk is read-only: choose another --rw");
            }
            return guest;
        } catch (VhostUserException e) {
            close(frontend);
            throw inWords(e);
        } catch (IOException | RuntimeException | Error e) {
            close(frontend);
            throw e;
        }
    }

    private static void close(VhostUserFrontend frontend) {
        if (frontend != null) {
            frontend.close();
        }
    }

    private static IOException inWords(VhostUserException e) {
        return new IOException(e.getMessage(), e);
    }

    @Override
    public long capacityBytes() {
        return disk.capacityBytes();
    }

    @Override
    public int blockBytes() {
        return disk.blockBytes();
    }

    @Override
    public Reference reference() {
        return null;
    }

    @Override
    public void plugIn(List<QueueNeed> needs) throws IOException {
        if (needs.size() > frontend.queueCount()) {
            throw new IllegalArgumentException(setup.path() + ": has "
                    + frontend.queueCount() + " queue(s), and each of the " + needs.size()
                    + " guests needs one: use a smaller numjobs");
        }
        if (disk.sizeMax() > 0
                && needs.stream().anyMatch(need -> need.dataBytesMax() > disk.sizeMax())) {
            throw new IllegalArgumentException(setup.path() + ": takes at most "
                    + disk.sizeMax() + " bytes in one piece: use a smaller bs");
        }
        queueSize = queueSize(QueueNeed.iodepthMax(needs));
        drivers = new GuestDrivers(needs, queueSize, features);
        VhostUserFrontend.Vring[] vrings = new VhostUserFrontend.Vring[needs.size()];
        for (int i = 0; i < vrings.length; i++) {
            VirtioBlkDriver driver = drivers.get(i);
            vrings[i] = new VhostUserFrontend.Vring(
                    driver.config(), driver.kickNotifier(), driver.callNotifier());
        }
        try {
            frontend.useQueues(vrings.length);
            started = true;
            frontend.start(features, drivers.memory(), vrings);
        } catch (VhostUserException e) {
            throw inWords(e);
        }
    }

    private int queueSize(int iodepth) {
        long descriptors = (long) iodepth * ring.descriptorsPerRequest();
        int size = setup.queueSize() == 0
                ? ring.queueSizeFor(iodepth) : setup.queueSize();
        if (descriptors > size) {
            throw new IllegalArgumentException("iodepth=" + iodepth
                    + " does not fit a queue of " + size
                    + (ring.indirect() ? "" : " without indirect tables"));
        }
        return size;
    }

    @Override
    public RequestPort port(int queue, WaitMode wait, boolean zeroesForTrims) {
        return new DriverPort(drivers.get(queue), zeroesForTrims);
    }

    @Override
    public void checkAlive() throws IOException {
        try {
            frontend.look();
        } catch (VhostUserException e) {
            throw inWords(e);
        }
    }

    @Override
    public boolean serves(int queue) throws IOException {
        checkAlive();
        return true;
    }

    @Override
    public void blame(Throwable crash) throws IOException {
        if (crash instanceof IllegalStateException) {
            throw new IOException(setup.path() + ": breaks the ring: " + crash.getMessage(),
                    crash);
        }
    }

    @Override
    public boolean canFlush() {
        return disk.canFlush();
    }

    @Override
    public void beginReport() {
        // Back-ends may call once when they get the notifier: that is no completion.
        kicksBefore = drivers.kicks();
        callsBefore = drivers.calls();
    }

    @Override
    public TargetReport report() {
        return new TargetReport("vhost-user:" + setup.path(), "vhost-user " + setup.path(), "",
                blockBytes(), drivers.count(), queueSize, ring, drivers.kicks() - kicksBefore,
                drivers.calls() - callsBefore, null);
    }

    /** Stops the queues if the back-end is still there to do it. */
    @Override
    public void close() throws IOException {
        try {
            if (started && !frontend.isBroken()) {
                frontend.stop();
            }
        } catch (VhostUserException e) {
            throw inWords(e);
        } finally {
            frontend.close();
            if (drivers != null) {
                drivers.close();
            }
        }
    }
}
