// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.image.ImageException;
import io.vblk.fio.WaitMode;
import io.vblk.virtioblk.RequestSampling;
import io.vblk.virtioblk.RequestTrace;
import java.io.IOException;
import java.util.List;

/**
 * Where a load goes: a device in this process, a vhost-user socket of any back-end, or straight to
 * the file. One queue for each job that runs at a time. Thread: control.
 */
interface GuestTarget extends AutoCloseable {
    /** Size of the disk. */
    long capacityBytes();

    /** Logical block size of the disk. */
    int blockBytes();

    /** Starts the queues. */
    void plugIn(List<QueueNeed> needs) throws IOException;

    /**
     * The way of a job to its queue. Called on the job's thread.
     *
     * @param wait how the job waits
     * @param zeroesForTrims whether its trims are WRITE_ZEROES
     */
    RequestPort port(int queue, WaitMode wait, boolean zeroesForTrims) throws IOException;

    /** The job's thread, which has used the port of the queue, ends. Called on that thread. */
    default void leave(int queue) {}

    /**
     * Where the disk's bytes can be read past the device, which knows the disk's content before the
     * load; null where that cannot be.
     */
    Reference reference() throws IOException;

    /**
     * Takes over what the disk has gained.
     *
     * @return the capacity in bytes that the guests see now, or 0 if it did not grow
     */
    default long followSize() throws ImageException {
        return 0;
    }

    /**
     * Checks that requests in flight can still complete.
     *
     * @throws IOException if not, in words for an operator
     */
    void checkAlive() throws IOException;

    /** Whether a queue still takes requests. */
    boolean serves(int queue) throws IOException;

    /**
     * A job has ended by an exception.
     *
     * @throws IOException if that is the device's fault, in words for an operator
     */
    default void blame(Throwable crash) throws IOException {}

    /** Whether there is a cache to flush. */
    boolean canFlush();

    /** Threads of this process that serve a queue, by their numbers in /proc/self/task. */
    default int[] deviceThreads(int queue) throws IOException {
        return new int[0];
    }

    /**
     * Lets the device note when sampled requests of a queue reach its stages, from the next one on.
     * None may be under way.
     *
     * @param sampling which ones; null for no more
     * @return where it does; null if there is no device in this process
     */
    default RequestTrace traceRequests(int queue, RequestSampling sampling) {
        return null;
    }

    /** From here on what happens counts for {@link #report}. */
    void beginReport();

    /** What there is to say of the device, beside what the jobs have measured. */
    TargetReport report();

    @Override
    void close() throws IOException;
}
