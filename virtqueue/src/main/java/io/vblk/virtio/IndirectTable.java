// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * A table of descriptors in guest memory, which may lie across adjoining regions; an entry has
 * address and length where both kinds of ring have them. Thread: home of the queue.
 */
final class IndirectTable {
    private final GuestMemory memory;
    private long guestAddress;
    private long entries;
    /** Where the whole table is mapped, or UNMAPPED if no region holds all of it. */
    private long host;
    private long entryGuest;
    /** Where the selected entry is mapped, or UNMAPPED if it lies across two regions. */
    private long entryHost;

    IndirectTable(GuestMemory memory) {
        this.memory = memory;
    }

    /** Takes a table; returns false if it is empty, has half an entry or leaves memory. */
    boolean open(long tableAddress, long tableBytes) {
        guestAddress = tableAddress;
        entries = tableBytes / SplitLayout.DESC_BYTES;
        host = memory.hostAddress(tableAddress, tableBytes);
        return entries > 0 && tableBytes % SplitLayout.DESC_BYTES == 0
                && (host != GuestMemory.UNMAPPED || isMapped(tableAddress, tableBytes));
    }

    /** Number of entries. */
    long entries() {
        return entries;
    }

    /**
     * Entries to look at: a table may be huge. Chains within the queue's size are legal (virtio
     * 1.3, 2.7.5.3.1), beyond that only what fits is followed.
     */
    long stepsMax(DescriptorChain chain, int queueSize) {
        return Math.min(entries, Math.max(queueSize, chain.segments().capacity()));
    }

    /** Takes an entry, below {@link #entries}, for the accessors. */
    void select(long index) {
        long offset = index * SplitLayout.DESC_BYTES;
        entryGuest = guestAddress + offset;
        entryHost = host != GuestMemory.UNMAPPED
                ? host + offset
                : memory.hostAddress(entryGuest, SplitLayout.DESC_BYTES);
    }

    /** Reads the entry's guest address. */
    long address() {
        return entryHost != GuestMemory.UNMAPPED
                ? NativeMemory.getLong(entryHost)
                : gather(0, Long.BYTES);
    }

    /** Reads the entry's length. */
    long lengthBytes() {
        return entryHost != GuestMemory.UNMAPPED
                ? NativeMemory.getInt(entryHost + SplitLayout.DESC_LEN) & 0xFFFF_FFFFL
                : gather(SplitLayout.DESC_LEN, Integer.BYTES);
    }

    /** Reads a 16-bit field of the entry. */
    int shortAt(int offset) {
        return entryHost != GuestMemory.UNMAPPED
                ? NativeMemory.getShort(entryHost + offset)
                : (int) gather(offset, Short.BYTES);
    }

    /** Whether a range is guest memory from end to end, in as many regions as it takes. */
    private boolean isMapped(long address, long lengthBytes) {
        long at = address;
        long left = lengthBytes;
        while (left > 0) {
            long part = memory.contiguousBytes(at);
            if (part == 0) {
                return false;
            }
            at += part;
            left -= part;
        }
        return true;
    }

    /** Reads a little-endian value byte by byte, wherever each of them lies. */
    private long gather(int offset, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            long byteHost = memory.hostAddress(entryGuest + offset + i, 1);
            value |= (long) NativeMemory.getByte(byteHost) << (Byte.SIZE * i);
        }
        return value;
    }
}
