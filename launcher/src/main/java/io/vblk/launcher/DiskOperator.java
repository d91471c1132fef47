// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.block.filter.FilterReport;
import io.vblk.block.filter.HoldSwitch;
import io.vblk.block.image.ImageException;
import io.vblk.control.ControlException;
import io.vblk.control.DiskControl;
import io.vblk.virtioblk.QueueLatency;
import io.vblk.virtioblk.VirtioBlkDevice;
import io.vblk.virtioblk.VirtioBlkStats;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A served disk as its operator sees it. Thread: the control server's. */
final class DiskOperator implements DiskControl {
    /**
     * Longest wait for the thread that serves connections. It may itself wait for requests that
     * are held back, and only the thread that this one is can resume them.
     */
    private static final long PATIENCE_SECONDS = 5;

    private final ServedDisk disk;
    private DiskCounts latencyFrom = DiskCounts.NONE;

    DiskOperator(ServedDisk disk) {
        this.disk = disk;
    }

    @Override
    public State state() {
        List<VirtioBlkDevice> devices = disk.devices();
        int running = 0;
        for (VirtioBlkDevice device : devices) {
            running += device.queuesRunning();
        }
        HoldSwitch hold = disk.image().holdSwitch();
        DiskSpec spec = disk.spec();
        return new State(spec.name(), disk.description(), disk.image().limits().capacityBytes(),
                disk.image().limits().readOnly(), spec.socket().toString(), devices.size(),
                running, hold != null && hold.isHeld(), disk.measuresLatency());
    }

    @Override
    public VirtioBlkStats stats() {
        return disk.counts().stats();
    }

    @Override
    public List<FilterReport> filters() {
        return disk.image().filterReports();
    }

    @Override
    public List<QueueLatency> latency(boolean reset) {
        DiskCounts now = disk.counts();
        List<QueueLatency> since = now.latencySince(latencyFrom);
        if (reset) {
            latencyFrom = now;
        }
        return since;
    }

    @Override
    public void measureLatency(boolean wanted) {
        disk.measureLatency(wanted);
    }

    @Override
    public long grow(long sizeBytes) throws ControlException {
        CompletableFuture<Long> capacity = new CompletableFuture<>();
        disk.control().context().execute("grow", () -> {
            try {
                capacity.complete(disk.growTo(sizeBytes));
            } catch (ImageException | RuntimeException e) {
                // Belongs to the operator, who waits for it.
                capacity.completeExceptionally(e);
            }
        });
        try {
            return capacity.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new ControlException(disk.spec().name()
                    + " is busy with a front-end and grows when that is done");
        } catch (ExecutionException e) {
            throw new ControlException(e.getCause().getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException("interrupted");
        }
    }

    @Override
    public void hold(boolean wanted) throws ControlException {
        HoldSwitch hold = disk.image().holdSwitch();
        if (hold == null) {
            throw new ControlException(disk.spec().name() + " cannot be held");
        }
        if (wanted) {
            hold.hold();
        } else {
            hold.resume();
        }
    }
}
