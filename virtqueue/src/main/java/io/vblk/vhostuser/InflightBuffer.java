// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.posix.Posix;

/**
 * A back-end's notes of what is in flight, kept by the front-end over its death. Nothing in it is
 * read here. Thread: control.
 */
final class InflightBuffer implements AutoCloseable {
    private final int fd;
    private final long lengthBytes;
    private final long offset;
    private final int queues;
    private final int queueSize;

    private InflightBuffer(int fd, long lengthBytes, long offset, int queues, int queueSize) {
        this.fd = fd;
        this.lengthBytes = lengthBytes;
        this.offset = offset;
        this.queues = queues;
        this.queueSize = queueSize;
    }

    /** Fills in the payload that asks for one. */
    static void ask(VhostUserMessage message, int queues, int queueSize) {
        put(message, 0, 0, queues, queueSize);
    }

    /** Takes one over with its descriptor, from an answer that has one. */
    static InflightBuffer take(VhostUserMessage answer, int queues, int queueSize) {
        return new InflightBuffer(
                answer.takeFd(), answer.getLong(0), answer.getLong(8), queues, queueSize);
    }

    boolean fits(int otherQueues, int otherQueueSize) {
        return queues == otherQueues && queueSize == otherQueueSize;
    }

    int fd() {
        return fd;
    }

    /** Fills in the payload that hands it over. */
    void write(VhostUserMessage message) {
        put(message, lengthBytes, offset, queues, queueSize);
    }

    private static void put(VhostUserMessage message, long lengthBytes, long offset,
            int queues, int queueSize) {
        message.putLong(0, lengthBytes);
        message.putLong(8, offset);
        message.putShort(16, queues);
        message.putShort(18, queueSize);
        message.putInt(20, 0);
        message.size(VhostUserMessage.INFLIGHT_BYTES);
    }

    @Override
    public void close() {
        Posix.close(fd);
    }
}
