// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

/**
 * How long the requests of a queue took: from the pass over the ring that popped them until their
 * used elements were shown to the driver.
 *
 * @param queue number of the queue
 * @param read reads
 * @param write writes
 * @param flush flushes
 * @param other all else, also what was refused
 */
public record QueueLatency(int queue, LatencySnapshot read, LatencySnapshot write,
        LatencySnapshot flush, LatencySnapshot other) {

    /** Together with those of another connection's queue of that number. */
    public QueueLatency plus(QueueLatency more) {
        return new QueueLatency(queue, read.plus(more.read), write.plus(more.write),
                flush.plus(more.flush), other.plus(more.other));
    }

    /** What was counted after an earlier moment. */
    public QueueLatency since(QueueLatency earlier) {
        return new QueueLatency(queue, read.since(earlier.read), write.since(earlier.write),
                flush.since(earlier.flush), other.since(earlier.other));
    }
}
