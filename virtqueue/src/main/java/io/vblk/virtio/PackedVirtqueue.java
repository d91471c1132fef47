// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * Packed virtqueue, device side (virtio 1.3, 2.8). Thread: home.
 *
 * <p>Shared memory: one ring of descriptors that both sides write, and a suppression word of each
 * (see {@link PackedLayout}). A chain is shown by the flags of its first descriptor; a batch of
 * used descriptors by the flags of the batch's first one, which are written last.
 *
 * <pre>
 *   Order of publication
 *   A  acquire flags of the next descriptor, then the rest of the chain
 *   B  used descriptors, then release the flags of the first
 *   C  release B, full fence, then read the driver's suppression word
 *   D  write the device's suppression word, full fence, then read flags
 * </pre>
 */
final class PackedVirtqueue implements Virtqueue {
    private final int size;
    private final long ring;
    private final long driverEvent;
    private final long deviceEvent;
    private final boolean eventIdx;
    private final PackedChainWalker walker;
    /** Buffer ids between pop and addUsed. */
    private final boolean[] idInUse;
    /** Order of popping, null if chains may be used in any order. */
    private final UsedOrder order;

    /** The next descriptor to become available. */
    private final WrapCounter avail;
    /** The next descriptor to write as used. */
    private final WrapCounter used;
    /** Slots popped and not written as used. */
    private int slotsOut;
    /** Flags of the first used descriptor that is not shown yet: its address and value. */
    private long heldBackAt;
    private int heldBackFlags;
    /** Slots written as used since they were shown. */
    private int slotsWritten;
    /** Slots shown as used since the last decision about a call. */
    private long slotsShown;
    private boolean signalledBefore;
    private boolean kicksEnabled = true;

    PackedVirtqueue(GuestMemory memory, long features, int size, long ring, long driverEvent,
            long deviceEvent, WrapCounter avail, WrapCounter used) {
        this.size = size;
        this.ring = ring;
        this.driverEvent = driverEvent;
        this.deviceEvent = deviceEvent;
        this.eventIdx = VirtioFeatures.has(features, VirtioFeatures.EVENT_IDX);
        this.walker = new PackedChainWalker(memory, ring, size,
                VirtioFeatures.has(features, VirtioFeatures.INDIRECT_DESC));
        this.idInUse = new boolean[size];
        this.order = VirtioFeatures.has(features, VirtioFeatures.IN_ORDER)
                ? new UsedOrder(size) : null;
        this.avail = avail;
        this.used = used;
        this.slotsOut = avail.distanceFrom(used);
        enableKicks();
    }

    @Override
    public int size() {
        return size;
    }

    private long descriptor(int slot) {
        return ring + (long) slot * PackedLayout.DESC_BYTES;
    }

    private int readNextFlags() {
        // A: pairs with PackedDriverQueue.publish
        return NativeMemory.getShortAcquire(descriptor(avail.slot()) + PackedLayout.DESC_FLAGS);
    }

    @Override
    public boolean isEmpty() {
        return !avail.isAvailable(readNextFlags());
    }

    @Override
    public boolean pop(DescriptorChain chain) throws VirtioException {
        int flags = readNextFlags();
        if (!avail.isAvailable(flags)) {
            return false;
        }
        chain.start(0);
        int slots = walker.walk(chain, avail.slot(), flags, size - slotsOut);
        if (slots == PackedChainWalker.ENDLESS) {
            throw new VirtioException("the chain at slot " + avail.slot() + " has no end within "
                    + "the " + (size - slotsOut) + " slots that can be available");
        }
        if (order != null) {
            chain.setPlace(order.enter());
        }
        avail.advance(slots);
        slotsOut += slots;
        int id = chain.head();
        if (id >= size) {
            chain.fail(ChainFault.HEAD_OUT_OF_RANGE);
        } else if (idInUse[id]) {
            chain.fail(ChainFault.HEAD_IN_USE);
        } else {
            idInUse[id] = true;
            chain.takeHead();
        }
        return true;
    }

    @Override
    public void addUsed(DescriptorChain chain, long writtenBytes) {
        if (chain.ownsHead()) {
            idInUse[chain.head()] = false;
            chain.releaseHead();
        }
        if (order == null) {
            writeUsed(chain.head(), (int) writtenBytes, chain.slots());
            return;
        }
        order.use(chain.place(), chain.head(), (int) writtenBytes, chain.slots());
        while (order.hasNext()) {
            int place = order.next();
            writeUsed(order.id(place), order.lengthBytes(place), order.slots(place));
        }
    }

    private void writeUsed(int id, int lengthBytes, int slots) {
        long descriptor = descriptor(used.slot());
        int flags = used.usedFlags() | (lengthBytes == 0 ? 0 : PackedLayout.FLAG_WRITE);
        if (slotsWritten == 0) {
            NativeMemory.putInt(descriptor + PackedLayout.DESC_LEN, lengthBytes);
            NativeMemory.putShort(descriptor + PackedLayout.DESC_ID, id);
            heldBackAt = descriptor + PackedLayout.DESC_FLAGS;
            heldBackFlags = flags;
        } else {
            NativeMemory.putLong(descriptor + PackedLayout.DESC_TAIL,
                    PackedLayout.tail(lengthBytes, id, flags));
        }
        used.advance(slots);
        slotsWritten += slots;
        slotsOut -= slots;
    }

    @Override
    public void publishUsed() {
        if (slotsWritten != 0) {
            slotsShown += slotsWritten;
            slotsWritten = 0;
            // B: pairs with PackedDriverQueue.isNextUsed
            NativeMemory.putShortRelease(heldBackAt, heldBackFlags);
        }
    }

    @Override
    public boolean needsCall() {
        if (slotsShown == 0 && signalledBefore) {
            return false;
        }
        // C: pairs with PackedDriverQueue.enableCalls
        NativeMemory.fullFence();
        int word = NativeMemory.getInt(driverEvent);
        // What is written and not shown yet is for the next decision.
        boolean wanted =
                used.needEvent(word, slotsShown, slotsWritten, eventIdx && signalledBefore);
        slotsShown = 0;
        signalledBefore = true;
        return wanted;
    }

    @Override
    public void enableKicks() {
        kicksEnabled = true;
        NativeMemory.putInt(deviceEvent, eventIdx
                ? PackedLayout.event(PackedLayout.EVENT_AT, avail.offWrap())
                : PackedLayout.event(PackedLayout.EVENT_ENABLE, 0));
        // D: pairs with PackedDriverQueue.publish
        NativeMemory.fullFence();
    }

    @Override
    public void disableKicks() {
        kicksEnabled = false;
        NativeMemory.putInt(deviceEvent, PackedLayout.event(PackedLayout.EVENT_DISABLE, 0));
    }

    @Override
    public boolean kicksEnabled() {
        return kicksEnabled;
    }

    @Override
    public int base() {
        return VirtqueueConfig.packedBase(avail.offWrap(), used.offWrap());
    }
}
