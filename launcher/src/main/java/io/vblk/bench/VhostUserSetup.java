// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.virtioblk.VirtioBlkOptions;

/**
 * A back-end in another process that a load goes to, and the guests' side of its queues.
 *
 * @param path its socket
 * @param queueSize descriptors of a queue, 0 for what the load needs
 * @param ring what the guests take of the rings' features where it is offered
 * @param required feature bits that must be offered
 */
public record VhostUserSetup(String path, int queueSize, RingSetup ring, long required)
        implements TargetSetup {
    /** Checks the range. */
    public VhostUserSetup {
        if (queueSize < 0 || queueSize > VirtioBlkOptions.QUEUE_SIZE_MAX
                || Integer.bitCount(queueSize) > 1) {
            throw new IllegalArgumentException("queue-size must be a power of two from 1 to "
                    + VirtioBlkOptions.QUEUE_SIZE_MAX + ", not " + queueSize);
        }
    }

    @Override
    public String name() {
        return "vhost-user:" + path;
    }
}
