// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.virtio.VirtioFeatures;

/**
 * What the simulated guests take of the ring features on offer.
 *
 * @param packed packed rings instead of split ones
 * @param indirect one indirect table per request instead of a descriptor per buffer
 * @param eventIdx notifications suppressed by index instead of by flag
 * @param inOrder requests used in the order in which they were made available
 */
public record RingSetup(boolean packed, boolean indirect, boolean eventIdx, boolean inOrder) {
    /** What a Linux guest takes: split rings, indirect tables, event indices. */
    public static final RingSetup DEFAULT = new RingSetup(false, true, true, false);

    /** Of the features on offer, those that the guests take. */
    long choose(long offered) {
        long refused = (packed ? 0 : VirtioFeatures.RING_PACKED)
                | (indirect ? 0 : VirtioFeatures.INDIRECT_DESC)
                | (eventIdx ? 0 : VirtioFeatures.EVENT_IDX)
                | (inOrder ? 0 : VirtioFeatures.IN_ORDER);
        return offered & ~refused;
    }

    /** Descriptors that a request takes. */
    public int descriptorsPerRequest() {
        return indirect ? 1 : 3;
    }

    @Override
    public String toString() {
        return (packed ? "packed" : "split") + (indirect ? "" : ", no indirect")
                + (eventIdx ? "" : ", no event-idx") + (inOrder ? ", in order" : "");
    }
}
