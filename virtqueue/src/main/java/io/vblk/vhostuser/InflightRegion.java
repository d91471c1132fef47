// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.Posix;
import io.vblk.virtio.VirtqueueConfig;

/**
 * Shared memory with a record of the requests under way of each queue; the front-end keeps it when
 * this process dies, and gives it to the next one (vhost-user.rst, "Inflight I/O tracking").
 * Thread: the connection's.
 */
final class InflightRegion implements AutoCloseable {
    private static final int RECORD_ALIGN = 64;

    private final MappedMemory mapping;
    private final int queues;
    private final int queueSize;

    private InflightRegion(MappedMemory mapping, int queues, int queueSize) {
        this.mapping = mapping;
        this.queues = queues;
        this.queueSize = queueSize;
    }

    /** Length of a region in bytes. */
    static long bytes(int queues, int queueSize, boolean packed) {
        return queues * stride(queueSize, packed);
    }

    private static long stride(int queueSize, boolean packed) {
        long bytes = VirtqueueConfig.inflightBytes(queueSize, packed);
        return (bytes + RECORD_ALIGN - 1) & -RECORD_ALIGN;
    }

    /** Makes zeroed memory for a region that cannot shrink; the descriptor is the caller's. */
    static int allocate(int queues, int queueSize, boolean packed) throws ErrnoException {
        int fd = Posix.memfdCreate(
                "vblk-inflight", Posix.MFD_CLOEXEC | Posix.MFD_ALLOW_SEALING);
        try {
            Posix.ftruncate(fd, bytes(queues, queueSize, packed));
            Posix.sealSize(fd);
            return fd;
        } catch (ErrnoException e) {
            Posix.close(fd);
            throw e;
        }
    }

    /**
     * Maps a region; the descriptor stays the caller's.
     *
     * @param offset where it begins in the file, a multiple of 8
     * @throws ErrnoException EINVAL if that is not in the file
     */
    static InflightRegion map(int fd, long offset, long lengthBytes, int queues, int queueSize)
            throws ErrnoException {
        if (offset % Long.BYTES != 0) {
            throw new ErrnoException("in-flight region at offset " + offset, Posix.EINVAL);
        }
        return new InflightRegion(
                MappedMemory.shared(fd, offset, lengthBytes), queues, queueSize);
    }

    /**
     * Host address of a queue's record.
     *
     * @param size of the queue as it is to run
     * @throws RefusedException if the region has no room for it
     */
    long record(int queue, int size, boolean packed) throws RefusedException {
        if (queue >= queues || size > queueSize
                || mapping.lengthBytes() < bytes(queues, queueSize, packed)) {
            throw new RefusedException("the in-flight region of " + mapping.lengthBytes()
                    + " bytes for " + queues + " queues of " + queueSize
                    + " has no room for queue " + queue + " of " + size);
        }
        return mapping.address() + queue * stride(queueSize, packed);
    }

    boolean isThere() {
        return mapping.isThere();
    }

    /** Unmaps the region. No ring may run. */
    @Override
    public void close() {
        mapping.close();
    }
}
