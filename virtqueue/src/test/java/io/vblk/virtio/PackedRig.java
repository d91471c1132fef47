// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;

/** A device side of a packed ring whose descriptors a test writes by hand; see ChainRig. */
final class PackedRig implements AutoCloseable {
    final GuestRam ram = GuestRam.ofRegions(0, ChainRig.REGION, ChainRig.REGION, ChainRig.REGION,
            ChainRig.ISLAND, ChainRig.REGION);
    final VirtqueueConfig rings;
    final PackedFields ring;
    final Virtqueue queue;
    final DescriptorChain chain;
    final int size;
    private final MappedMemory iovecs;
    private int availAt;
    private int usedAt;

    PackedRig(int size, int segmentsMax, long features) {
        this.size = size;
        rings = PackedFields.allocateRings(ram, size);
        ring = new PackedFields(ram, rings);
        try {
            queue = rings.activate(ram.memory(), VirtioFeatures.RING_PACKED | features);
            iovecs = MappedMemory.anonymous(16L * segmentsMax);
        } catch (VirtioException | ErrnoException e) {
            throw new IllegalStateException(e);
        }
        chain = new DescriptorChain(new IovecArray(iovecs.address(), segmentsMax));
    }

    /** Another chain, for a test that has several of them out. */
    DescriptorChain another() {
        return new DescriptorChain(chain.segments());
    }

    private boolean wrapAt(int at) {
        return at / size % 2 == 0;
    }

    /** Fills the next slot and makes it available. */
    PackedRig put(long address, long length, int id, int flags) {
        ring.put(availAt % size, address, (int) length, id,
                flags | PackedFields.availableFlags(wrapAt(availAt)));
        availAt++;
        return this;
    }

    /** Pops, and returns the fault. */
    ChainFault pop() {
        try {
            if (!queue.pop(chain)) {
                throw new AssertionError("nothing to pop");
            }
        } catch (VirtioException e) {
            throw new AssertionError(e);
        }
        return chain.fault();
    }

    /** Uses the chain popped last; returns the used descriptor as the driver sees it. */
    String use(long length, int slots) {
        queue.addUsed(chain, length);
        queue.publishUsed();
        return nextUsed(slots);
    }

    /** The next used descriptor, of a chain of so many slots. */
    String nextUsed(int slots) {
        int slot = usedAt % size;
        if (!ring.isUsed(slot, wrapAt(usedAt))) {
            return "nothing";
        }
        usedAt += slots;
        boolean written = (ring.flags(slot) & GuestRam.WRITE) != 0;
        return "id " + ring.id(slot) + " len " + (ring.length(slot) & 0xFFFFFFFFL)
                + (written ? " written" : "");
    }

    /** The segments: guest address, length, direction. */
    String segments() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < chain.readableCount() + chain.writableCount(); i++) {
            text.append(text.length() == 0 ? "" : " ")
                    .append(i < chain.readableCount() ? 'r' : 'w')
                    .append(Long.toHexString(guestOf(chain.segments().base(i))))
                    .append('+').append(chain.segments().lengthBytes(i));
        }
        return text.toString();
    }

    private long guestOf(long host) {
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
