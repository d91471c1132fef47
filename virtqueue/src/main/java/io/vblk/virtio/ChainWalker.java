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
                || table == GuestMemory.UNMAPPED) {
            chain.fail(ChainFault.BAD_INDIRECT_TABLE);
            return;
        }
        // More steps than segments fit would only append empty descriptors.
        long stepsMax = Math.min(entries, chain.segments().capacity());
        long index = 0;
        for (long steps = 0; steps < stepsMax; steps++) {
            long descriptor = table + index * SplitLayout.DESC_BYTES;
            long address = NativeMemory.getLong(descriptor);
            long length = NativeMemory.getInt(descriptor + SplitLayout.DESC_LEN) & 0xFFFF_FFFFL;
            int flags = NativeMemory.getShort(descriptor + SplitLayout.DESC_FLAGS);
            int next = NativeMemory.getShort(descriptor + SplitLayout.DESC_NEXT);
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

    /** Appends one descriptor; returns false after a fault that ends the walk. */
    private boolean append(DescriptorChain chain, long address, long length, int flags) {
        boolean writable = (flags & SplitLayout.FLAG_WRITE) != 0;
        if (!writable && chain.writableCount() > 0) {
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
