// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.posix.ErrnoException;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtioblk.VirtioBlkDriver;

/** Guest memory with one driver per job in it. Thread: control. */
final class GuestDrivers implements AutoCloseable {
    /** Most memory of all guests together: buffers for each request in flight. */
    private static final long GUEST_BYTES_MAX = 4L << 30;

    private final GuestMemory memory;
    private final VirtioBlkDriver[] drivers;

    /**
     * Lays them out.
     *
     * @param features the negotiated feature bits
     * @throws IllegalArgumentException if the job needs too much memory
     */
    GuestDrivers(JobSpec spec, int queueSize, long features) throws ErrnoException {
        long driverBytes = VirtioBlkDriver.bytesNeeded(
                queueSize, spec.iodepth(), spec.blockBytes());
        if (driverBytes > GUEST_BYTES_MAX / spec.numjobs()) {
            throw new IllegalArgumentException("numjobs times iodepth times bs needs more than "
                    + FioFormat.binaryBytes(GUEST_BYTES_MAX) + " of guest memory");
        }
        memory = GuestMemory.allocate(driverBytes * spec.numjobs());
        drivers = new VirtioBlkDriver[spec.numjobs()];
        try {
            for (int i = 0; i < drivers.length; i++) {
                drivers[i] = new VirtioBlkDriver(memory, driverBytes * i, queueSize,
                        spec.iodepth(), spec.blockBytes(), features);
            }
        } catch (ErrnoException | RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    GuestMemory memory() {
        return memory;
    }

    VirtioBlkDriver get(int job) {
        return drivers[job];
    }

    int count() {
        return drivers.length;
    }

    /** Kicks sent so far. */
    long kicks() {
        long kicks = 0;
        for (VirtioBlkDriver driver : drivers) {
            kicks += driver.kicks();
        }
        return kicks;
    }

    /** Calls received so far. No job may run. */
    long calls() {
        long calls = 0;
        for (VirtioBlkDriver driver : drivers) {
            calls += driver.calls();
        }
        return calls;
    }

    /** Unmaps everything; the device must have stopped its queues, or be gone. */
    @Override
    public void close() {
        for (VirtioBlkDriver driver : drivers) {
            if (driver != null) {
                driver.close();
            }
        }
        memory.close();
    }
}
