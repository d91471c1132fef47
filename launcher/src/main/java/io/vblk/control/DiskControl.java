// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import io.vblk.block.filter.FilterReport;
import io.vblk.virtioblk.QueueLatency;
import io.vblk.virtioblk.VirtioBlkStats;
import java.util.List;

/** A disk of a running server. Thread: the control server's; nothing waits long. */
public interface DiskControl {
    /**
     * What a disk is at the moment.
     *
     * @param name by which requests call it
     * @param image what is served
     * @param sizeBytes its capacity
     * @param readOnly whether guests cannot write
     * @param socket where front-ends connect, empty if nowhere
     * @param connections front-ends at present
     * @param ringsRunning queues that run
     * @param held whether its requests are held back
     * @param measured whether the latency of requests is measured
     */
    record State(String name, String image, long sizeBytes, boolean readOnly, String socket,
            int connections, int ringsRunning, boolean held, boolean measured) {}

    /** What the disk is at the moment. */
    State state();

    /** Counters since the server began. */
    VirtioBlkStats stats();

    /** What the disk's filters have done since it was opened, the first next to the guest. */
    List<FilterReport> filters();

    /**
     * Latencies by queue, since they were last reset.
     *
     * @param reset whether the next call counts from here
     */
    List<QueueLatency> latency(boolean reset);

    /** Switches measuring latencies on or off. */
    void measureLatency(boolean wanted);

    /**
     * Shows guests more room.
     *
     * @param sizeBytes size that the file gets first, or 0 to take the size that it has
     * @return the capacity afterwards
     * @throws ControlException if the file cannot have that size
     */
    long grow(long sizeBytes) throws ControlException;

    /** Holds back all requests from now on, or hands them on. */
    void hold(boolean wanted) throws ControlException;
}
