// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Turns the buffers that descriptors name into segments of a chain: translated, cut where regions
 * meet, in the order that the specification asks for. Thread: home of the queue.
 */
final class ChainBuilder {
    private final RegionCursor cursor;

    ChainBuilder(GuestMemory memory) {
        this.cursor = new RegionCursor(memory);
    }

    /** Appends one descriptor's buffer; returns false after a fault that ends the walk. */
    boolean append(DescriptorChain chain, long address, long length, boolean writable) {
        // The order is one of descriptors, empty and bad ones too: virtio 1.3, 2.7.4.2.
        if (!chain.noteDirection(writable)) {
            chain.note(ChainFault.READABLE_AFTER_WRITABLE);
            return true;
        }
        long at = address;
        long left = length;
        while (left > 0) {
            long part = Math.min(left, cursor.seek(at));
            if (part == 0) {
                chain.noteOutsideMemory(writable);
                return true;
            }
            if (!chain.append(cursor.host(at), part)) {
                chain.fail(ChainFault.TOO_MANY_SEGMENTS);
                return false;
            }
            at += part;
            left -= part;
        }
        return true;
    }
}
