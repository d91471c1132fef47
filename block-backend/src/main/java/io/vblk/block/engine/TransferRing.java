// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.block.BlockRequest;

/**
 * Where {@link UringEngine} puts its transfers and finds their results: the seam at the ring, where
 * tests record or fail them. Thread: home.
 */
interface TransferRing extends AutoCloseable {
    /** Readable while there are results. */
    int fd();

    /**
     * Adds a READ or WRITE of some bytes; {@code slot} comes back with its result.
     *
     * @return false, with nothing done, when the ring is full
     */
    boolean add(BlockRequest request, int slot);

    /**
     * Hands over what was added. What can be done without waiting has its result on return.
     *
     * @return how many were not taken: they stay added, or are withdrawn
     */
    int submit();

    /** Takes back the newest that was not taken and returns its slot. */
    int withdraw();

    /** Whether there are results, or some that need {@link #collect} to be seen. */
    boolean hasResults();

    /** Brings results to light that wait for this thread; returns how many there are. */
    int collect();

    /** Slot of the oldest result. */
    int slot();

    /** That result: bytes transferred or the negative errno. */
    int result();

    /** Goes on to the next result. */
    void next();

    /** {@link IoEngine#addBuffers}. */
    default void addBuffers(long address, long lengthBytes) {}

    /** {@link IoEngine#removeBuffers}. */
    default void removeBuffers(long address, long lengthBytes) {}

    @Override
    void close();
}
