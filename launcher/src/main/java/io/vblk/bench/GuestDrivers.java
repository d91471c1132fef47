// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.posix.ErrnoException;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtioblk.VirtioBlkDriver;
import java.util.List;

/** Guest memory with a driver for each queue in it. Thread: control. */
final class GuestDrivers implements AutoCloseable {
    /** Most memory of all guests together: buffers for each request in flight. */
    static final long GUEST_BYTES_MAX = 4L << 30;

    private final GuestMemory memory;
    private final VirtioBlkDriver[] drivers;

    /**
     * Lays them out.
     *
     * @param features the negotiated feature bits
     * @throws IllegalArgumentException if they need too much memory
     */
    GuestDrivers(List<QueueNeed> needs, int queueSize, long features) throws ErrnoException {
        long[] at = new long[needs.size() + 1];
        for (int i = 0; i < needs.size(); i++) {
            QueueNeed need = needs.get(i);
            long bytes = VirtioBlkDriver.bytesNeeded(
                    queueSize, need.iodepth(), need.dataBytesMax());
            if (bytes > GUEST_BYTES_MAX - at[i]) {
                throw new IllegalArgumentException("numjobs times iodepth times bs needs more than "
                        + FioFormat.binaryBytes(GUEST_BYTES_MAX) + " of guest memory");
            }
            at[i + 1] = at[i] + bytes;
        }
        memory = GuestMemory.allocate(at[needs.size()]);
        drivers = new VirtioBlkDriver[needs.size()];
        try {
            for (int i = 0; i < drivers.length; i++) {
                drivers[i] = new VirtioBlkDriver(memory, at[i], queueSize,
                        needs.get(i).iodepth(), needs.get(i).dataBytesMax(), features);
            }
        } catch (ErrnoException | RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    GuestMemory memory() {
        return memory;
    }

    VirtioBlkDriver get(int queue) {
        return drivers[queue];
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
