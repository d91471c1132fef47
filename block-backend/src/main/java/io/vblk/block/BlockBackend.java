// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

/**
 * A virtual disk as one event loop sees it: what images, engines and filters implement.
 * Thread: home, the thread of the context that it was attached to.
 *
 * <p>The caller keeps requests inside the limits: offset and length are multiples of the block
 * size and inside the capacity, and nothing but READ and FLUSH goes to a read-only disk. Whoever
 * takes requests from a guest checks that before; implementations assert it.
 */
public interface BlockBackend extends AutoCloseable {
    /** What the disk can do, at present: it may grow. Thread: any. */
    BlockLimits limits();

    /**
     * Takes a request. Never calls a completion. A QUEUED request may wait for {@link #commit}.
     */
    QueueStatus submit(BlockRequest request);

    /** Sets off everything queued; called once at the end of a batch of submits. */
    void commit();

    /**
     * Requests' segments will lie in this memory, which a backend may prepare for it. Called once
     * per user of the memory, each undone by {@link #removeBuffers}.
     */
    default void addBuffers(long address, long lengthBytes) {}

    /** A user of the memory is gone, with its requests. */
    default void removeBuffers(long address, long lengthBytes) {}

    /** Gives up this view of the disk. No request may be under way. */
    @Override
    void close();
}
