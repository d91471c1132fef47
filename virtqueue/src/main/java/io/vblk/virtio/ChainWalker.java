// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * Follows NEXT and INDIRECT with a bound on the number of steps; the only reader of guest
 * descriptors. Each field is read once, since the guest may change it at any time.
 * Thread: home of the queue.
 */
final class ChainWalker {
    private final GuestMemory memory;
    private final long descTable;
    private final int queueSize;
    private final boolean indirectAllowed;

    ChainWalker(GuestMemory memory, long descTable, int queueSize, boolean indirectAllowed) {
        this.memory = memory;
        this.descTable = descTable;
        this.queueSize = queueSize;
        this.indirectAllowed = indirectAllowed;
    }

    /** Fills {@code chain} from the descriptor {@code chain.head()}, which is in range. */
    void walk(DescriptorChain chain) {
        int index = chain.head();
        for (int steps = 0; steps < queueSize; steps++) {
            long descriptor = descTable + (long) index * SplitLayout.DESC_BYTES;
            long address = NativeMemory.getLong(descriptor);
            long length = NativeMemory.getInt(descriptor + SplitLayout.DESC_LEN) & 0xFFFF_FFFFL;
            int flags = NativeMemory.getShort(descriptor + SplitLayout.DESC_FLAGS);
            int next = NativeMemory.getShort(descriptor + SplitLayout.DESC_NEXT);
            if ((flags & SplitLayout.FLAG_INDIRECT) != 0) {
                // A table is the last of its chain: virtio 1.3, 2.7.5.3.1.
                if (!indirectAllowed || (flags & SplitLayout.FLAG_NEXT) != 0) {
                    chain.fail(ChainFault.INDIRECT_NOT_ALLOWED);
                } else {
                    walkTable(chain, address, length);
                }
                return;
            }
            if (!append(chain, address, length, flags)
                    || (flags & SplitLayout.FLAG_NEXT) == 0) {
                return;
            }
            if (next >= queueSize) {
                chain.fail(ChainFault.NEXT_OUT_OF_RANGE);
                return;
            }
            index = next;
        }
        chain.fail(ChainFault.LOOP);
    }

    private void walkTable(DescriptorChain chain, long tableAddress, long tableBytes) {
        long table = memory.hostAddress(tableAddress, tableBytes);
        long entries = tableBytes / SplitLayout.DESC_BYTES;
        if (entries == 0 || tableBytes % SplitLayout.DESC_BYTES != 0
                || (table == GuestMemory.UNMAPPED && !isMapped(tableAddress, tableBytes))) {
            chain.fail(ChainFault.BAD_INDIRECT_TABLE);
            return;
        }
        // A table may be huge. Chains within the queue's size are legal (virtio 1.3, 2.7.5.3.1),
        // beyond that only what fits is followed.
        long stepsMax = Math.min(entries, Math.max(queueSize, chain.segments().capacity()));
        long index = 0;
        for (long steps = 0; steps < stepsMax; steps++) {
            long offset = index * SplitLayout.DESC_BYTES;
            long descriptor = table != GuestMemory.UNMAPPED
                    ? table + offset
                    : memory.hostAddress(tableAddress + offset, SplitLayout.DESC_BYTES);
            long address;
            long length;
            int flags;
            int next;
            if (descriptor != GuestMemory.UNMAPPED) {
                address = NativeMemory.getLong(descriptor);
                length = NativeMemory.getInt(descriptor + SplitLayout.DESC_LEN) & 0xFFFF_FFFFL;
                flags = NativeMemory.getShort(descriptor + SplitLayout.DESC_FLAGS);
                next = NativeMemory.getShort(descriptor + SplitLayout.DESC_NEXT);
            } else {
                // The entry lies across two adjoining regions.
                long entry = tableAddress + offset;
                address = gather(entry, Long.BYTES);
                length = gather(entry + SplitLayout.DESC_LEN, Integer.BYTES);
                flags = (int) gather(entry + SplitLayout.DESC_FLAGS, Short.BYTES);
                next = (int) gather(entry + SplitLayout.DESC_NEXT, Short.BYTES);
            }
            if ((flags & SplitLayout.FLAG_INDIRECT) != 0) {
                chain.fail(ChainFault.INDIRECT_NOT_ALLOWED);
                return;
            }
            if (!append(chain, address, length, flags)
                    || (flags & SplitLayout.FLAG_NEXT) == 0) {
                return;
            }
            if (next >= entries) {
                chain.fail(ChainFault.NEXT_OUT_OF_RANGE);
                return;
            }
            index = next;
        }
        chain.fail(stepsMax < entries ? ChainFault.TOO_MANY_SEGMENTS : ChainFault.LOOP);
    }

    /** Whether a range is guest memory from end to end, in as many regions as it takes. */
    private boolean isMapped(long guestAddress, long lengthBytes) {
        long at = guestAddress;
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
    private long gather(long guestAddress, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            long host = memory.hostAddress(guestAddress + i, 1);
            value |= (long) NativeMemory.getByte(host) << (Byte.SIZE * i);
        }
        return value;
    }

    /** Appends one descriptor; returns false after a fault that ends the walk. */
    private boolean append(DescriptorChain chain, long address, long length, int flags) {
        boolean writable = (flags & SplitLayout.FLAG_WRITE) != 0;
        // The order is one of descriptors, empty and bad ones too: virtio 1.3, 2.7.4.2.
        if (!chain.noteDirection(writable)) {
            chain.note(ChainFault.READABLE_AFTER_WRITABLE);
            return true;
        }
        long at = address;
        long left = length;
        while (left > 0) {
            long part = Math.min(left, memory.contiguousBytes(at));
            if (part == 0) {
                chain.noteOutsideMemory(writable);
                return true;
            }
            if (!chain.append(memory.hostAddress(at, part), part, writable)) {
                chain.fail(ChainFault.TOO_MANY_SEGMENTS);
                return false;
            }
            at += part;
            left -= part;
        }
        return true;
    }
}
