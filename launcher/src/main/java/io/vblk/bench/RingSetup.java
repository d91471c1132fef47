// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtioblk.VirtioBlkOptions;

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

    /** What negotiated features come to. */
    static RingSetup of(long features) {
        return new RingSetup(VirtioFeatures.has(features, VirtioFeatures.RING_PACKED),
                VirtioFeatures.has(features, VirtioFeatures.INDIRECT_DESC),
                VirtioFeatures.has(features, VirtioFeatures.EVENT_IDX),
                VirtioFeatures.has(features, VirtioFeatures.IN_ORDER));
    }

    /**
     * Checks what a back-end offers.
     *
     * @throws IllegalArgumentException if something is missing of what must be there
     */
    static void checkOffered(String backend, long required, long offered) {
        require(backend, required, offered, VirtioFeatures.VERSION_1,
                "is of no use: it offers no virtio 1");
        require(backend, required, offered, VirtioFeatures.RING_PACKED,
                "does not offer packed rings: leave --packed out");
        require(backend, required, offered, VirtioFeatures.INDIRECT_DESC,
                "does not offer indirect tables: leave --indirect out");
        require(backend, required, offered, VirtioFeatures.EVENT_IDX,
                "does not offer event indices: leave --event-idx out");
        require(backend, required, offered, VirtioFeatures.IN_ORDER,
                "does not offer to keep the order: leave --in-order out");
    }

    private static void require(
            String backend, long required, long offered, long feature, String otherwise) {
        if (VirtioFeatures.has(required, feature) && !VirtioFeatures.has(offered, feature)) {
            throw new IllegalArgumentException(backend + ": " + otherwise);
        }
    }

    /** Feature bits of the rings' features that are on here. */
    public long features() {
        return (packed ? VirtioFeatures.RING_PACKED : 0)
                | (indirect ? VirtioFeatures.INDIRECT_DESC : 0)
                | (eventIdx ? VirtioFeatures.EVENT_IDX : 0)
                | (inOrder ? VirtioFeatures.IN_ORDER : 0);
    }

    /** Descriptors that a request takes. */
    public int descriptorsPerRequest() {
        return indirect ? 1 : 3;
    }

    /** Descriptors of a queue for so many requests in flight, if that many can be had. */
    public int queueSizeFor(int iodepth) {
        long descriptors = (long) iodepth * descriptorsPerRequest();
        int size = VirtioBlkOptions.QUEUE_SIZE_DEFAULT;
        while (size < descriptors && size < VirtioBlkOptions.QUEUE_SIZE_MAX) {
            size *= 2;
        }
        return size;
    }

    @Override
    public String toString() {
        return (packed ? "packed" : "split") + (indirect ? "" : ", no indirect")
                + (eventIdx ? "" : ", no event-idx") + (inOrder ? ", in order" : "");
    }
}
