// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * Follows NEXT and INDIRECT of a packed ring (virtio 1.3, 2.8.6 and 2.8.7). Each field of a
 * descriptor is read once, since the guest may change it at any time. Thread: home of the queue.
 */
final class PackedChainWalker {
    /** Answer of {@link #walk} for a chain that goes on for ever. */
    static final int ENDLESS = 0;

    private final long ring;
    private final int queueSize;
    private final boolean indirectAllowed;
    private final ChainBuilder builder;
    private final IndirectTable table;
    /** Descriptors of the chain walked last, if somebody wants to note them; else null. */
    private long[] addresses;
    private long[] tails;

    PackedChainWalker(GuestMemory memory, long ring, int queueSize, boolean indirectAllowed) {
        this.ring = ring;
        this.queueSize = queueSize;
        this.indirectAllowed = indirectAllowed;
        this.builder = new ChainBuilder(memory);
        this.table = new IndirectTable(memory);
    }

    /**
     * Fills {@code chain}, to its end also when it is faulty: the next one starts behind it.
     *
     * @param head slot of the first descriptor
     * @param headFlags its flags as they were when it became available
     * @param slotsMax slots that the driver can have filled
     * @return slots that the chain takes, or {@link #ENDLESS}
     */
    int walk(DescriptorChain chain, int head, int headFlags, int slotsMax) {
        int slot = head;
        boolean good = true;
        for (int taken = 1; taken <= slotsMax; taken++) {
            long descriptor = ring + (long) slot * PackedLayout.DESC_BYTES;
            long address = NativeMemory.getLong(descriptor);
            long tail = NativeMemory.getLong(descriptor + PackedLayout.DESC_TAIL);
            int flags = taken == 1 ? headFlags : PackedLayout.tailFlags(tail);
            if (addresses != null) {
                addresses[taken - 1] = address;
                tails[taken - 1] = PackedLayout.withFlags(tail, flags);
            }
            good = good && take(chain, address, PackedLayout.tailLength(tail), flags);
            if ((flags & PackedLayout.FLAG_NEXT) == 0) {
                // The buffer id is that of the last descriptor: 2.8.6.
                chain.identify(PackedLayout.tailId(tail), taken);
                return taken;
            }
            slot = slot + 1 == queueSize ? 0 : slot + 1;
        }
        return ENDLESS;
    }

    /** Keeps the descriptors of each chain until the next one, for a record. */
    void keepDescriptors() {
        addresses = new long[queueSize];
        tails = new long[queueSize];
    }

    /** Guest address in a descriptor of the chain walked last, by its place in the chain. */
    long keptAddress(int place) {
        return addresses[place];
    }

    /** The other half of that descriptor. */
    long keptTail(int place) {
        return tails[place];
    }

    /** Fills {@code chain} again from the record of its descriptors; returns the slots it takes. */
    int walkAgain(DescriptorChain chain, PackedInflight record, int first) {
        int slots = record.number(first);
        boolean good = true;
        int entry = first;
        for (int taken = 1; taken <= slots; taken++) {
            long tail = record.tail(entry);
            good = good && take(chain, record.address(entry), PackedLayout.tailLength(tail),
                    PackedLayout.tailFlags(tail));
            chain.identify(PackedLayout.tailId(tail), taken);
            entry = record.next(entry);
        }
        return slots;
    }

    /** Takes one descriptor of the ring; returns false after a fault that ends the chain. */
    private boolean take(DescriptorChain chain, long address, long length, int flags) {
        if ((flags & PackedLayout.FLAG_INDIRECT) == 0) {
            return builder.append(chain, address, length, (flags & PackedLayout.FLAG_WRITE) != 0);
        }
        if (!indirectAllowed || (flags & PackedLayout.FLAG_NEXT) != 0) {
            chain.fail(ChainFault.INDIRECT_NOT_ALLOWED);
            return false;
        }
        return walkTable(chain, address, length);
    }

    /** A table's entries lie in order and have no NEXT: 2.8.7. */
    private boolean walkTable(DescriptorChain chain, long tableAddress, long tableBytes) {
        if (!table.open(tableAddress, tableBytes)) {
            chain.fail(ChainFault.BAD_INDIRECT_TABLE);
            return false;
        }
        int stepsMax = table.stepsMax(chain, queueSize);
        for (int index = 0; index < stepsMax; index++) {
            long address = table.address(index);
            long tail = table.tail(index);
            int flags = PackedLayout.tailFlags(tail);
            if ((flags & PackedLayout.FLAG_INDIRECT) != 0) {
                chain.fail(ChainFault.INDIRECT_NOT_ALLOWED);
                return false;
            }
            if (!builder.append(chain, address, PackedLayout.tailLength(tail),
                    (flags & PackedLayout.FLAG_WRITE) != 0)) {
                return false;
            }
        }
        if (stepsMax < table.entries()) {
            chain.fail(ChainFault.TOO_MANY_SEGMENTS);
            return false;
        }
        return true;
    }
}
