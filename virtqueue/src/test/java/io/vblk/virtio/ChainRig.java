// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;

/** A device side whose descriptors and available ring a test writes by hand. */
final class ChainRig implements AutoCloseable {
    /** Bytes of each of the two adjoining regions, the first one at guest address 0. */
    static final long REGION = 1 << 20;
    /** First guest address behind them; nothing is mapped there. */
    static final long END = 2 * REGION;
    /** First guest address of a region on its own. */
    static final long ISLAND = 8 * REGION;

    final GuestRam ram = GuestRam.ofRegions(0, REGION, REGION, REGION, ISLAND, REGION);
    final VirtqueueConfig rings;
    final Virtqueue queue;
    final DescriptorChain chain;
    private final MappedMemory iovecs;
    private int availNext;
    private int usedCount;

    ChainRig(int size, int segmentsMax, long features) {
        rings = ram.allocateRings(size);
        try {
            queue = rings.activate(ram.memory(), features);
            iovecs = MappedMemory.anonymous(16L * segmentsMax);
        } catch (VirtioException | ErrnoException e) {
            throw new IllegalStateException(e);
        }
        chain = new DescriptorChain(new IovecArray(iovecs.address(), segmentsMax));
    }

    /** With indirect descriptors and room for any chain of the tests. */
    static ChainRig ofSize(int size) {
        return new ChainRig(size, 64, VirtioFeatures.INDIRECT_DESC);
    }

    /** Writes a descriptor of the descriptor table. */
    ChainRig put(int index, long address, long length, int flags, int next) {
        ram.putDescriptor(rings.descAddress(), index, address, length, flags, next);
        return this;
    }

    /** Makes a head available and pops it, the chain popped before having been used. */
    ChainFault pop(int head) {
        offer(head);
        return popNext();
    }

    void offer(int head) {
        ram.putAvail(rings, availNext, head);
        availNext = (availNext + 1) & 0xFFFF;
        ram.putAvailIdx(rings, availNext);
    }

    ChainFault popNext() {
        try {
            if (!queue.pop(chain)) {
                throw new AssertionError("nothing to pop");
            }
        } catch (VirtioException e) {
            throw new AssertionError(e);
        }
        return chain.fault();
    }

    /** Uses the chain popped last and returns its used element as the driver sees it. */
    String use(long length) {
        queue.addUsed(chain, length);
        queue.publishUsed();
        return "id " + ram.usedId(rings, usedCount)
                + " len " + (ram.usedLength(rings, usedCount++) & 0xFFFFFFFFL);
    }

    /** The segments: guest address where it is known, length, direction. */
    String segments() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < chain.readableCount() + chain.writableCount(); i++) {
            text.append(text.length() == 0 ? "" : " ")
                    .append(i < chain.readableCount() ? 'r' : 'w')
                    .append(guestOf(chain.segments().base(i)))
                    .append('+').append(chain.segments().lengthBytes(i));
        }
        return text.toString();
    }

    /** Guest address of {@link DescriptorChain#lastWritableByte}, or -1 if there is none. */
    long lastWritable() {
        long host = chain.lastWritableByte();
        return host == 0 ? -1 : guestOf(host);
    }

    long guestOf(long host) {
        for (int i = 0; i < ram.memory().regionCount(); i++) {
            MemoryRegion region = ram.memory().region(i);
            if (host >= region.hostAddress()
                    && host - region.hostAddress() < region.lengthBytes()) {
                return region.guestAddress() + host - region.hostAddress();
            }
        }
        throw new AssertionError("host address " + host + " is not the guest's");
    }

    @Override
    public void close() {
        iovecs.close();
        ram.close();
    }
}
