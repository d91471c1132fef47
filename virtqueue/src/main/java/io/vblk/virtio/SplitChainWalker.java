// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * Follows NEXT and INDIRECT of a split ring with a bound on the number of steps. Each field of a
 * descriptor is read once, since the guest may change it at any time. Thread: home of the queue.
 */
final class SplitChainWalker {
    private final long descTable;
    private final int queueSize;
    private final boolean indirectAllowed;
    private final ChainBuilder builder;
    private final IndirectTable table;

    SplitChainWalker(GuestMemory memory, long descTable, int queueSize, boolean indirectAllowed) {
        this.descTable = descTable;
        this.queueSize = queueSize;
        this.indirectAllowed = indirectAllowed;
        this.builder = new ChainBuilder(memory);
        this.table = new IndirectTable(memory);
    }

    /** Fills {@code chain} from the descriptor {@code chain.head()}, which is in range. */
    void walk(DescriptorChain chain) {
        int index = chain.head();
        for (int steps = 0; steps < queueSize; steps++) {
            long descriptor = descTable + (long) index * SplitLayout.DESC_BYTES;
            long address = NativeMemory.getLong(descriptor);
            long tail = NativeMemory.getLong(descriptor + SplitLayout.DESC_TAIL);
            long length = SplitLayout.tailLength(tail);
            int flags = SplitLayout.tailFlags(tail);
            int next = SplitLayout.tailNext(tail);
            if ((flags & SplitLayout.FLAG_INDIRECT) != 0) {
                // A table is the last of its chain: virtio 1.3, 2.7.5.3.1.
                if (!indirectAllowed || (flags & SplitLayout.FLAG_NEXT) != 0) {
                    chain.fail(ChainFault.INDIRECT_NOT_ALLOWED);
                } else {
                    walkTable(chain, address, length);
                }
                return;
            }
            if (!builder.append(chain, address, length, (flags & SplitLayout.FLAG_WRITE) != 0)
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
        if (!table.open(tableAddress, tableBytes)) {
            chain.fail(ChainFault.BAD_INDIRECT_TABLE);
            return;
        }
        int stepsMax = table.stepsMax(chain, queueSize);
        int index = 0;
        for (int steps = 0; steps < stepsMax; steps++) {
            long address = table.address(index);
            long tail = table.tail(index);
            long length = SplitLayout.tailLength(tail);
            int flags = SplitLayout.tailFlags(tail);
            int next = SplitLayout.tailNext(tail);
            if ((flags & SplitLayout.FLAG_INDIRECT) != 0) {
                chain.fail(ChainFault.INDIRECT_NOT_ALLOWED);
                return;
            }
            if (!builder.append(chain, address, length, (flags & SplitLayout.FLAG_WRITE) != 0)
                    || (flags & SplitLayout.FLAG_NEXT) == 0) {
                return;
            }
            if (next >= table.entries()) {
                chain.fail(ChainFault.NEXT_OUT_OF_RANGE);
                return;
            }
            index = next;
        }
        chain.fail(stepsMax < table.entries() ? ChainFault.TOO_MANY_SEGMENTS : ChainFault.LOOP);
    }
}
