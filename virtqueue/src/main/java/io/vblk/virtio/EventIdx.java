// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** The rule of event indices (virtio 1.3, 2.7.7 and 2.7.10), modulo 2^16. Thread: any. */
final class EventIdx {
    private static final int MASK = 0xFFFF;

    private EventIdx() {}

    /**
     * Whether the other side wants a notification: whether {@code event} is one of the indices
     * from {@code previous} up to, but not including, {@code next}.
     */
    static boolean needEvent(int event, int next, int previous) {
        return ((next - event - 1) & MASK) < ((next - previous) & MASK);
    }
}
