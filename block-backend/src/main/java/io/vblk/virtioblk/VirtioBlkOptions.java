// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What the operator chose for a device.
 *
 * @param serial what GET_ID answers, at most 20 bytes of ASCII
 * @param numQueues number of queues, 1 to {@link #QUEUES_MAX}
 * @param queueSize largest queue, a power of two up to {@link #QUEUE_SIZE_MAX}
 * @param segMax most data segments of a request, 1 to {@link #SEG_MAX_LIMIT}; also less if the
 *     queue is small
 * @param vqMapping number of the iothread of each queue; empty for one after the other in turn
 * @param inOrder whether IN_ORDER is offered: a driver that takes it waits for the slowest
 * @param coalescing how long calls are held back
 * @param writeCache whether a driver that can flush finds the write cache on at first; if not, each
 *     write is stable at its completion until a driver switches it on
 */
public record VirtioBlkOptions(
        String serial,
        int numQueues,
        int queueSize,
        int segMax,
        List<Integer> vqMapping,
        boolean inOrder,
        CallCoalescing coalescing,
        boolean writeCache) {
    /** Most queues: a vhost-user queue index has eight bits. */
    public static final int QUEUES_MAX = 256;
    /** Largest queue: what QEMU's front-end takes. */
    public static final int QUEUE_SIZE_MAX = 1024;
    /** QEMU's default queue size for virtio-blk. */
    public static final int QUEUE_SIZE_DEFAULT = 256;

    /** Most data segments of a request that a device can be made for. */
    public static final int SEG_MAX_LIMIT = 254;
    /**
     * Header, data and status of the longest request fit a queue of 128, QEMU's default over
     * vhost-user, without indirect tables as well: a driver waits for ever for room that there
     * cannot be.
     */
    public static final int SEG_MAX_DEFAULT = 126;

    /** With a write cache. */
    public VirtioBlkOptions(String serial, int numQueues, int queueSize, int segMax,
            List<Integer> vqMapping, boolean inOrder, CallCoalescing coalescing) {
        this(serial, numQueues, queueSize, segMax, vqMapping, inOrder, coalescing, true);
    }

    /** With the segments that fit most queues. */
    public VirtioBlkOptions(String serial, int numQueues, int queueSize, List<Integer> vqMapping,
            boolean inOrder, CallCoalescing coalescing) {
        this(serial, numQueues, queueSize, SEG_MAX_DEFAULT, vqMapping, inOrder, coalescing);
    }

    /** Queues in turn on the iothreads, any order, each call at once. */
    public VirtioBlkOptions(String serial, int numQueues, int queueSize) {
        this(serial, numQueues, queueSize, List.of(), false, CallCoalescing.OFF);
    }

    /** Checks the ranges. */
    public VirtioBlkOptions {
        vqMapping = List.copyOf(vqMapping);
        if (serial.length() > VirtioBlkAbi.ID_BYTES
                || !serial.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException("serial must have at most "
                    + VirtioBlkAbi.ID_BYTES + " characters, all of them printable ASCII");
        }
        if (numQueues < 1 || numQueues > QUEUES_MAX) {
            throw new IllegalArgumentException(
                    "num-queues must be 1 to " + QUEUES_MAX + ", not " + numQueues);
        }
        if (queueSize < 1 || queueSize > QUEUE_SIZE_MAX || Integer.bitCount(queueSize) != 1) {
            throw new IllegalArgumentException("queue-size must be a power of two from 1 to "
                    + QUEUE_SIZE_MAX + ", not " + queueSize);
        }
        if (segMax < 1 || segMax > SEG_MAX_LIMIT) {
            throw new IllegalArgumentException(
                    "seg-max must be 1 to " + SEG_MAX_LIMIT + ", not " + segMax);
        }
        if (!vqMapping.isEmpty() && vqMapping.size() != numQueues) {
            throw new IllegalArgumentException("iothread-vq-mapping names " + vqMapping.size()
                    + " iothreads, one each for " + numQueues + " queues is needed");
        }
    }

    /** The same with the write cache on or off at first. */
    public VirtioBlkOptions withWriteCache(boolean wanted) {
        return new VirtioBlkOptions(serial, numQueues, queueSize, segMax, vqMapping, inOrder,
                coalescing, wanted);
    }

    /** Number of the iothread that a queue runs on, of so many. */
    public int homeOf(int queue, int homes) {
        return vqMapping.isEmpty() ? queue % homes : vqMapping.get(queue);
    }
}
