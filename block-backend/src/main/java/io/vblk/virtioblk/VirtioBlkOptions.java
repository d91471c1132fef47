// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import java.nio.charset.StandardCharsets;

/**
 * What the operator chose for a device.
 *
 * @param serial what GET_ID answers, at most 20 bytes of ASCII
 * @param numQueues number of queues, 1 to {@link #QUEUES_MAX}
 * @param queueSize largest queue, a power of two up to {@link #QUEUE_SIZE_MAX}
 */
public record VirtioBlkOptions(String serial, int numQueues, int queueSize) {
    /** Most queues: a vhost-user queue index has eight bits. */
    public static final int QUEUES_MAX = 256;
    /** Largest queue: what QEMU's front-end takes. */
    public static final int QUEUE_SIZE_MAX = 1024;
    /** QEMU's default queue size for virtio-blk. */
    public static final int QUEUE_SIZE_DEFAULT = 256;

    /** Checks the ranges. */
    public VirtioBlkOptions {
        int serialBytes = serial.getBytes(StandardCharsets.US_ASCII).length;
        if (serialBytes > VirtioBlkAbi.ID_BYTES) {
            throw new IllegalArgumentException(
                    "serial must have at most " + VirtioBlkAbi.ID_BYTES + " characters");
        }
        if (numQueues < 1 || numQueues > QUEUES_MAX) {
            throw new IllegalArgumentException(
                    "num-queues must be 1 to " + QUEUES_MAX + ", not " + numQueues);
        }
        if (queueSize < 1 || queueSize > QUEUE_SIZE_MAX || Integer.bitCount(queueSize) != 1) {
            throw new IllegalArgumentException("queue-size must be a power of two from 1 to "
                    + QUEUE_SIZE_MAX + ", not " + queueSize);
        }
    }
}
