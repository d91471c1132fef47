// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Driver (guest) side of a ring. Thread: the driver's.
 *
 * <p>Chains are added one by one and shown to the device together: {@link #add} any number of
 * times, then {@link #publish} once, which says whether to kick.
 */
public sealed interface DriverQueue permits SplitDriverQueue, PackedDriverQueue {
    /** Answer of {@link #pollUsed} when the device has used nothing. */
    int NOTHING_USED = -1;

    /**
     * Lays out a queue in guest memory, which must be zero there.
     *
     * @param guestAddress where it starts, a multiple of 64
     * @param size number of descriptors; a power of two unless RING_PACKED was negotiated
     * @param buffersMax most buffers of one chain
     * @param features the negotiated feature bits, which choose the kind of ring
     */
    static DriverQueue create(GuestMemory memory, long guestAddress, int size, int buffersMax,
            long features) {
        return VirtioFeatures.has(features, VirtioFeatures.RING_PACKED)
                ? new PackedDriverQueue(memory, guestAddress, size, buffersMax, features)
                : new SplitDriverQueue(memory, guestAddress, size, buffersMax, features);
    }

    /** Guest memory that a queue of either kind takes at most, in bytes. */
    static long bytesNeeded(int size, int buffersMax) {
        return Math.max(SplitDriverQueue.bytesNeeded(size, buffersMax),
                PackedDriverQueue.bytesNeeded(size, buffersMax));
    }

    /** Where the ring lies, for the device. */
    VirtqueueConfig config();

    /**
     * Lays out a chain; the device does not see it yet.
     *
     * @param token at least 0, given back by {@link #pollUsed} when the chain is used
     * @return false if the descriptors do not suffice
     */
    boolean add(DriverBuffers buffers, int token);

    /** Shows the device all added chains; returns whether it wants a kick. */
    boolean publish();

    /** Token of the next used chain, or {@link #NOTHING_USED}. */
    int pollUsed();

    /** Whether the device has used something that was not polled yet. */
    boolean hasUsed();

    /**
     * Bytes that the device says it wrote into the chain polled last. Of a chain that an in-order
     * device used without naming it, all that could be written.
     */
    int lastUsedBytes();

    /**
     * Asks the device for a call; look at {@link #hasUsed} afterwards. With event indices this asks
     * for one call, for the chain after the one polled last: call it again after polling.
     */
    void enableCalls();

    /** Tells the device that no call is needed. */
    void disableCalls();
}
