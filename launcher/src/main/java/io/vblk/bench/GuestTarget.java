// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.image.ImageException;
import io.vblk.virtioblk.VirtioBlkDriver;
import java.io.IOException;

/**
 * Where a load goes: a device in this process, or a vhost-user socket of any back-end. One driver
 * per job. Thread: control.
 */
interface GuestTarget extends AutoCloseable {
    /** Size of the disk. */
    long capacityBytes();

    /** Logical block size of the disk. */
    int blockBytes();

    /** What the blocks of a job's region must read as. */
    VerifyMap verifyMap(JobSpec spec) throws IOException;

    /**
     * Starts a queue per job.
     *
     * @param spec the job as it fits the disk
     */
    void plugIn(JobSpec spec) throws IOException;

    /** The driver of a job. */
    VirtioBlkDriver driver(int job);

    /**
     * Takes over what the disk has gained.
     *
     * @return the capacity in bytes that the guests see now, or 0 if it did not grow
     */
    long followSize() throws ImageException;

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

    /** Threads of this process that serve a job's queue, by their numbers in /proc/self/task. */
    default int[] deviceThreads(int job) throws IOException {
        return new int[0];
    }

    /** From here on what happens counts for {@link #report}. */
    void beginReport();

    /** What there is to say of the device, beside what the jobs have measured. */
    TargetReport report();

    @Override
    void close() throws IOException;
}
