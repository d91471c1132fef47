// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.virtio.DirtyLog;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioDevice;
import io.vblk.virtio.VirtioException;
import io.vblk.virtio.VirtqueueConfig;
import java.util.function.IntConsumer;

/**
 * A device that serves nothing and holds its transport to the contract: queues start once and stop
 * once, on memory and notifiers that are there, and features change while nothing runs.
 * Thread: one.
 */
final class ContractDevice implements VirtioDevice {
    static final int QUEUES = 3;
    static final int SIZE_MAX = 64;
    private static final long VERSION_1 = 1L << 32;
    private static final long FEATURES = VERSION_1 | 1L << 34 | 1L << 29 | 1L << 28 | 1L << 9;
    private static final int CONFIG_BYTES = 96;

    private final GuestMemory[] running = new GuestMemory[QUEUES];
    private final int[] bases = new int[QUEUES];
    private long negotiated;
    private boolean closed;
    private int starts;

    /** Queues that were started so far. */
    int starts() {
        return starts;
    }

    boolean runs() {
        for (GuestMemory memory : running) {
            if (memory != null) {
                return true;
            }
        }
        return false;
    }

    /** All that a running queue may touch has to be there still. */
    void touch() {
        for (GuestMemory memory : running) {
            for (int i = 0; memory != null && i < memory.regionCount(); i++) {
                NativeMemory.getByte(memory.region(i).hostAddress());
                NativeMemory.getByte(memory.region(i).hostAddress()
                        + memory.region(i).lengthBytes() - 1);
            }
        }
    }

    @Override
    public int queueCount() {
        return QUEUES;
    }

    @Override
    public int queueSizeMax() {
        return SIZE_MAX;
    }

    @Override
    public long features() {
        return FEATURES;
    }

    @Override
    public void acknowledgeFeatures(long features) throws VirtioException {
        assertEquals(0, features & ~FEATURES, "features that were not offered");
        if (runs() || (features & VERSION_1) == 0) {
            throw new VirtioException("no");
        }
        negotiated = features;
    }

    @Override
    public void readConfig(int offset, byte[] target) {
        assertTrue(offset >= 0, "offset " + offset);
        for (int i = 0; i < target.length; i++) {
            target[i] = (byte) (offset + i < CONFIG_BYTES ? offset + i : 0);
        }
    }

    @Override
    public void writeConfig(int offset, byte[] source) throws VirtioException {
        assertTrue(offset >= 0, "offset " + offset);
        if (offset != 32 || source.length != 1) {
            throw new VirtioException("not writable");
        }
    }

    @Override
    public void reset() {
        assertFalse(runs(), "reset while a queue runs");
        negotiated = 0;
    }

    @Override
    public void onConfigChange(Runnable listener) {
        // Nothing changes.
    }

    @Override
    public void onQueueBroken(IntConsumer listener) {
        // Nothing breaks.
    }

    @Override
    public void startQueue(int index, GuestMemory memory, VirtqueueConfig config,
            EventNotifier kick, EventNotifier call) throws VirtioException {
        assertFalse(closed, "started after the end");
        assertEquals(null, running[index], "started twice");
        assertTrue(config.size() >= 1 && config.size() <= SIZE_MAX, "size " + config.size());
        assertNotEquals(-1, kick.fd(), "no kick to wait for");
        assertOpen(kick);
        assertOpen(call);
        config.activate(memory, negotiated);
        running[index] = memory;
        bases[index] = config.base();
        starts++;
    }

    private static void assertOpen(EventNotifier notifier) {
        if (notifier.fd() != -1) {
            assertTrue(Posix.fcntl(notifier.fd(), Posix.F_GETFD, 0) >= 0, "closed already");
        }
    }

    @Override
    public void setCall(int index, EventNotifier call) {
        assertNotEquals(null, running[index], "does not run");
        assertOpen(call);
    }

    @Override
    public void logWrites(int index, DirtyLog log, long usedLogAddress) {
        if (log != null && running[index] != null) {
            log.mark(usedLogAddress == -1 ? 0 : usedLogAddress, 1);
        }
    }

    @Override
    public int stopQueue(int index) {
        assertNotEquals(null, running[index], "does not run");
        touch();
        running[index] = null;
        return bases[index];
    }

    @Override
    public void close() {
        assertFalse(closed, "closed twice");
        assertFalse(runs(), "closed while a queue runs");
        closed = true;
    }
}
