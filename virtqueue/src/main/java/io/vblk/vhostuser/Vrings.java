// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.DirtyLog;
import io.vblk.virtio.VirtioDevice;
import io.vblk.virtio.VirtioException;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.Virtqueue;
import io.vblk.virtio.VirtqueueConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The vrings of a connection: starts and stops the device's queues by what the front-end has said.
 * Thread: the connection's.
 */
final class Vrings implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Vrings.class);

    private final VirtioDevice device;
    private final MemoryTable memory;
    private final Turn turn;
    private final VringState[] vrings;
    private InflightRegion inflight;
    private DirtyLog dirtyLog;
    private boolean logging;
    private long features;
    private boolean hasTurn;

    /** The right to run rings, which one connection of an export has at a time. */
    interface Turn {
        /** @throws RefusedException if another connection's rings run, or the host says no */
        void take() throws RefusedException;

        void giveBack();
    }

    Vrings(VirtioDevice device, MemoryTable memory, Turn turn) {
        this.device = device;
        this.memory = memory;
        this.turn = turn;
        this.vrings = new VringState[device.queueCount()];
        for (int i = 0; i < vrings.length; i++) {
            vrings[i] = new VringState(i);
        }
    }

    /** The vring of an index that came over the wire. */
    VringState at(int index) throws RefusedException {
        if (index < 0 || index >= vrings.length) {
            throw new RefusedException("there is no vring " + Integer.toUnsignedString(index)
                    + ", the device has " + vrings.length);
        }
        return vrings[index];
    }

    boolean anyRuns() {
        for (VringState vring : vrings) {
            if (vring.running) {
                return true;
            }
        }
        return false;
    }

    // ------------------------------------------------------------------ what all of them share

    /** Sets the virtio features; they may change only while nothing runs. */
    void setFeatures(long negotiated) {
        features = negotiated;
    }

    boolean packed() {
        return VirtioFeatures.has(features, VirtioFeatures.RING_PACKED);
    }

    /** Enables all, from the next {@link #update} on. */
    void enableAll() {
        for (VringState vring : vrings) {
            vring.enabled = true;
        }
    }

    /** Takes over a region; nothing may run. */
    void setInflight(InflightRegion region) {
        if (inflight != null) {
            inflight.close();
        }
        inflight = region;
    }

    /** Switches the logging of writes. */
    void setLogging(boolean on) {
        logging = on;
        updateLogs();
    }

    /** Takes over a log. */
    void setLog(DirtyLog log) {
        DirtyLog before = dirtyLog;
        dirtyLog = log;
        updateLogs();
        if (before != null && before.isTooSmall()) {
            LOG.warn("the front-end's dirty log was too small: a guest that has migrated may lack"
                    + " what was written");
        }
        if (before != null) {
            before.close();
        }
    }

    void updateLogs() {
        for (VringState vring : vrings) {
            if (vring.running) {
                updateLog(vring);
            }
        }
    }

    private void updateLog(VringState vring) {
        boolean on = logging && dirtyLog != null;
        device.logWrites(vring.index, on ? dirtyLog : null, vring.addresses.logged()
                ? vring.addresses.logAddress() : Virtqueue.NOT_LOGGED);
    }

    // ------------------------------------------------------------------ running

    /** Starts what is to run and does not, stops what is not to run any more. */
    void update() throws RefusedException {
        for (VringState vring : vrings) {
            if (vring.running && !vring.wantsToRun()) {
                halt(vring);
            }
        }
        for (VringState vring : vrings) {
            if (!vring.running && vring.wantsToRun() && memory.size() != 0) {
                run(vring);
            }
        }
    }

    /** Stops all that runs, until {@link #update}. */
    void pause() {
        for (VringState vring : vrings) {
            halt(vring);
        }
    }

    private void run(VringState vring) throws RefusedException {
        VirtqueueConfig config = config(vring);
        if (!hasTurn) {
            turn.take();
            hasTurn = true;
        }
        updateLog(vring);
        // Noted before: a start that breaks off, on memory that is gone, may leave the queue
        // running, which is to stop before its notifiers are closed and its memory is unmapped.
        vring.setRunning(true);
        try {
            device.startQueue(
                    vring.index, memory.memory(), config, vring.kick(), vring.call());
        } catch (VirtioException | ErrnoException e) {
            vring.setRunning(false);
            if (!anyRuns()) {
                giveTurnBack();
            }
            throw new RefusedException("vring " + vring.index + ": " + e.getMessage());
        }
    }

    private VirtqueueConfig config(VringState vring) throws RefusedException {
        VringState.Addresses at = vring.addresses;
        int base = vring.baseSet ? vring.base : VirtqueueConfig.freshBase(features);
        return new VirtqueueConfig(vring.size, memory.guestAddress(at.desc()),
                memory.guestAddress(at.avail()), memory.guestAddress(at.used()), base,
                inflight == null ? VirtqueueConfig.NO_RECORD
                        : inflight.record(vring.index, vring.size, packed()));
    }

    /** Stops a vring until {@link #update}. */
    void halt(VringState vring) {
        if (vring.running) {
            vring.base = device.stopQueue(vring.index);
            vring.baseSet = true;
            vring.setRunning(false);
        }
    }

    /** GET_VRING_BASE: the vring stops, and so does this connection's turn with the last one. */
    int stop(VringState vring) {
        halt(vring);
        vring.stop();
        giveTurnBackIfAllStopped();
        return vring.baseSet ? vring.base : VirtqueueConfig.freshBase(features);
    }

    private void giveTurnBackIfAllStopped() {
        for (VringState vring : vrings) {
            if (vring.isStarted()) {
                return;
            }
        }
        giveTurnBack();
    }

    private void giveTurnBack() {
        if (hasTurn) {
            hasTurn = false;
            turn.giveBack();
        }
    }

    /** Replaces who is called, also while the vring runs. */
    void setCall(VringState vring, EventNotifier call) {
        EventNotifier before = vring.replaceCall(call);
        if (vring.running) {
            device.setCall(vring.index, call);
        }
        before.close();
        // What was used before may have been told to nobody: the driver shall look.
        call.set();
    }

    /** Whether log and records are still there. */
    boolean isMemoryThere() {
        return (inflight == null || inflight.isThere())
                && (dirtyLog == null || dirtyLog.isThere());
    }

    /** Stops all and forgets what was said about them. */
    void reset() {
        pause();
        for (VringState vring : vrings) {
            vring.reset();
        }
        giveTurnBackIfAllStopped();
    }

    @Override
    public void close() {
        reset();
        setInflight(null);
        setLog(null);
    }
}
