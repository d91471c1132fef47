// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * A table of descriptors in guest memory, which may lie across adjoining regions; an entry has
 * address and length where both kinds of ring have them. Thread: home of the queue.
 */
final class IndirectTable {
    private final RegionCursor cursor;
    private long guestAddress;
    private int entries;
    /** Where the whole table is mapped, or UNMAPPED if no region holds all of it. */
    private long host;

    IndirectTable(GuestMemory memory) {
        this.cursor = new RegionCursor(memory);
    }

    /** Takes a table; returns false if it is empty, has half an entry or leaves memory. */
    boolean open(long tableAddress, long tableBytes) {
        guestAddress = tableAddress;
        // At most 2^28: a descriptor's length has 32 bits.
        entries = (int) (tableBytes / SplitLayout.DESC_BYTES);
        if (entries == 0 || tableBytes % SplitLayout.DESC_BYTES != 0) {
            return false;
        }
        boolean whole = cursor.seek(tableAddress) >= tableBytes;
        host = whole ? cursor.host(tableAddress) : GuestMemory.UNMAPPED;
        return whole || isMapped(tableAddress, tableBytes);
    }

    /** Number of entries. */
    int entries() {
        return entries;
    }

    /**
     * Entries to look at: a table may be huge. Chains within the queue's size are legal (virtio
     * 1.3, 2.7.5.3.1), beyond that only what fits is followed.
     */
    int stepsMax(DescriptorChain chain, int queueSize) {
        return Math.min(entries, Math.max(queueSize, chain.segments().capacity()));
    }

    /** Reads the guest address in an entry below {@link #entries}. */
    long address(int index) {
        return half((long) index * SplitLayout.DESC_BYTES);
    }

    /** Reads the other half of an entry, see {@link SplitLayout} and {@link PackedLayout}. */
    long tail(int index) {
        return half((long) index * SplitLayout.DESC_BYTES + SplitLayout.DESC_TAIL);
    }

    private long half(long offset) {
        return host != GuestMemory.UNMAPPED
                ? NativeMemory.getLong(host + offset)
                : gather(guestAddress + offset);
    }

    /** Whether a range is guest memory from end to end, in as many regions as it takes. */
    private boolean isMapped(long address, long lengthBytes) {
        long at = address;
        long left = lengthBytes;
        while (left > 0) {
            long part = cursor.seek(at);
            if (part == 0) {
                return false;
            }
            at += part;
            left -= part;
        }
        return true;
    }

    /** Reads a little-endian value byte by byte, wherever each of them lies. */
    private long gather(long address) {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            // The table is mapped: open has seen to that, and regions stay.
            cursor.seek(address + i);
            value |= (long) NativeMemory.getByte(cursor.host(address + i)) << (Byte.SIZE * i);
        }
        return value;
    }
}
