// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** Feature bits that belong to the ring and the transport (virtio 1.3, section 6). Thread: any. */
public final class VirtioFeatures {
    /** Descriptors may point to tables of descriptors. */
    public static final long INDIRECT_DESC = 1L << 28;
    /** Notifications are suppressed by index (used_event, avail_event) instead of by flag. */
    public static final long EVENT_IDX = 1L << 29;
    /** The device follows virtio 1.0 or later. */
    public static final long VERSION_1 = 1L << 32;
    /** Queues are packed rings instead of split ones. */
    public static final long RING_PACKED = 1L << 34;
    /** Chains are used in the order in which they were made available. */
    public static final long IN_ORDER = 1L << 35;

    private VirtioFeatures() {}

    /** Whether all bits of {@code wanted} are in {@code features}. */
    public static boolean has(long features, long wanted) {
        return (features & wanted) == wanted;
    }
}
