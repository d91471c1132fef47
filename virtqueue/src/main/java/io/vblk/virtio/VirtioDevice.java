// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import java.util.function.IntConsumer;

/** What a transport needs from a device model. Thread: control. */
public interface VirtioDevice extends AutoCloseable {
    /** Number of queues that can be started. */
    int queueCount();

    /** Largest queue that can be started. */
    int queueSizeMax();

    /** Feature bits on offer. */
    long features();

    /**
     * Takes the driver's choice.
     *
     * @throws VirtioException if it holds a bit that was not offered, or queues run
     */
    void acknowledgeFeatures(long features) throws VirtioException;

    /**
     * Copies part of the configuration space; bytes past its end are zero.
     *
     * @param offset in bytes, not negative
     */
    void readConfig(int offset, byte[] target);

    /**
     * Writes part of the configuration space.
     *
     * @throws VirtioException if that part is not writable or the value not allowed
     */
    void writeConfig(int offset, byte[] source) throws VirtioException;

    /** Goes back to the state of a new device, nothing negotiated; no queue may run. */
    void reset();

    /** Sets who tells the driver that the configuration space has changed; runs on control. */
    void onConfigChange(Runnable listener);

    /** Sets who hears of queues that stopped because the guest broke them; runs on their home. */
    void onQueueBroken(IntConsumer listener);

    /** Starts serving a queue; returns when it is served. */
    void startQueue(int index, GuestMemory memory, VirtqueueConfig config, EventNotifier kick,
            EventNotifier call) throws VirtioException, ErrnoException;

    /** Sets who is called for a running queue; the old one is out of use on return. */
    void setCall(int index, EventNotifier call);

    /**
     * Marks the pages of guest memory that a queue writes, until told otherwise; the old log is out
     * of use on return. Of a queue that does not run it says what holds from its start on, so that
     * not even the first request is missed. See {@link Virtqueue#logWrites}.
     */
    void logWrites(int index, DirtyLog log, long usedLogAddress);

    /**
     * Stops a queue after every request of it has been answered.
     *
     * @return the base to go on from; of a queue that does not run, the one to begin with
     */
    int stopQueue(int index);

    /** Stops all queues. */
    @Override
    void close();
}
