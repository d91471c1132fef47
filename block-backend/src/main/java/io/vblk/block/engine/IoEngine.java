// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/** File I/O for one context. Thread: home of the context. */
public interface IoEngine extends AutoCloseable {
    /** Takes a request inside the file. Never calls a completion. */
    QueueStatus submit(BlockRequest request);

    /** Sets off everything queued; called once at the end of a batch of submits. */
    void commit();

    /** Requests' segments will lie in this memory: {@link BlockBackend#addBuffers}. */
    default void addBuffers(long address, long lengthBytes) {}

    /** A user of that memory is gone. */
    default void removeBuffers(long address, long lengthBytes) {}

    /** Ends the engine, not the file. No request may be under way. */
    @Override
    void close();
}
