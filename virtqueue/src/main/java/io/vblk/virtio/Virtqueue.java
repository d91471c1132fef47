// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Device side of a ring. Thread: home.
 *
 * <p>Used elements are written one by one and published together: {@link #addUsed} any number of
 * times, {@link #publishUsed} once, then {@link #needsCall} once.
 */
public sealed interface Virtqueue permits SplitVirtqueue, PackedVirtqueue {
    /** The place of the used ring that stands for no log of its writes. */
    long NOT_LOGGED = -1;

    /** Number of descriptors. */
    int size();

    /** Whether there is nothing to pop: a look at memory, cheap enough for a polling loop. */
    boolean isEmpty();

    /**
     * Takes the next available chain, translated and checked. A chain with a
     * {@link DescriptorChain#fault} has to be used up like any other.
     *
     * @return false if there is none
     * @throws VirtioException if the ring itself makes no sense; it must not be used any more
     */
    boolean pop(DescriptorChain chain) throws VirtioException;

    /**
     * Writes the used element of a chain; the driver does not see it yet. In any order: where the
     * driver asked for order, elements wait for those of the chains popped before.
     *
     * @param writtenBytes bytes written from the first writable byte on, never more than that
     */
    void addUsed(DescriptorChain chain, long writtenBytes);

    /** Shows the driver all used elements written so far. */
    void publishUsed();

    /**
     * Whether the driver wants to be called for what was published since the last decision.
     * Call once per batch: it counts as the decision. The first one stands also for what an earlier
     * device side of this ring may have published without a call.
     */
    boolean needsCall();

    /**
     * Asks the driver for kicks again; look at {@link #isEmpty} afterwards. With event indices this
     * asks for one kick, for the chain after the one popped last: call it again after popping.
     */
    void enableKicks();

    /** Tells the driver that no kick is needed. */
    void disableKicks();

    /** Whether kicks are asked for. */
    boolean kicksEnabled();

    /**
     * Marks what is written from now on, until told otherwise.
     *
     * @param log null for no marking
     * @param usedLogAddress what the log calls the used ring (packed: the device's event
     *     suppression), or {@link #NOT_LOGGED} if only data is marked
     */
    void logWrites(DirtyLog log, long usedLogAddress);

    /** Whether all memory that the ring uses is still there, see {@link GuestMemory#isThere}. */
    boolean isMemoryThere();

    /**
     * What another object needs to go on with this ring, see {@link VirtqueueConfig#base}. Every
     * chain that was popped has to be used and shown before.
     */
    int base();
}
