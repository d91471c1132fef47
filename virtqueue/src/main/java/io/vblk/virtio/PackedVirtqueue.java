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
    private final GuestMemory memory;
    /** Record of the chains under way, null if nobody keeps one. */
    private final PackedInflight record;
    /** Where written pages are marked, null as long as nobody wants to know. */
    private DirtyLog dirty;
    /** What the log calls the device's suppression word. */
    private long eventLogAddress;

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
            long deviceEvent, WrapCounter avail, WrapCounter used, PackedInflight record) {
        this.size = size;
        this.memory = memory;
        this.record = record;
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
        if (record != null) {
            walker.keepDescriptors();
        }
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
        return !avail.isAvailable(readNextFlags())
                && (record == null || record.leftCount() == 0);
    }

    @Override
    public boolean pop(DescriptorChain chain) throws VirtioException {
        if (record != null && record.leftCount() > 0) {
            popAgain(chain);
            return true;
        }
        int flags = readNextFlags();
        if (!avail.isAvailable(flags)) {
            return false;
        }
        chain.start(0);
        // Slots that are used and not shown yet are not the driver's to fill; a record has no room
        // for chains of one that does.
        int slotsMax = size - slotsOut - (record == null ? 0 : slotsWritten);
        int slots = walker.walk(chain, avail.slot(), flags, slotsMax);
        if (slots == PackedChainWalker.ENDLESS) {
            throw new VirtioException("the chain at slot " + avail.slot() + " has no end within "
                    + "the " + slotsMax + " slots that can be available");
        }
        if (order != null) {
            chain.setPlace(order.enter());
        }
        avail.advance(slots);
        slotsOut += slots;
        if (own(chain) && record != null) {
            record.taken(chain.head(), walker, slots);
        }
        return true;
    }

    /** Takes a chain that an earlier process had taken, whose slots are out already. */
    private void popAgain(DescriptorChain chain) throws VirtioException {
        int first = record.nextLeft();
        chain.start(0);
        walker.walkAgain(chain, record, first);
        if (order != null) {
            chain.setPlace(order.enter());
        }
        if (own(chain)) {
            record.identify(chain.head(), first);
        } else {
            record.giveUp(first);
        }
    }

    /** Takes the chain's buffer id; returns whether that was possible. */
    private boolean own(DescriptorChain chain) {
        int id = chain.head();
        if (id >= size) {
            chain.fail(ChainFault.HEAD_OUT_OF_RANGE);
            return false;
        }
        if (idInUse[id]) {
            chain.fail(ChainFault.HEAD_IN_USE);
            return false;
        }
        idInUse[id] = true;
        chain.takeHead();
        return true;
    }

    @Override
    public void addUsed(DescriptorChain chain, long writtenBytes) {
        if (dirty != null) {
            chain.markWritten(memory, dirty);
        }
        boolean owned = chain.ownsHead();
        if (owned) {
            idInUse[chain.head()] = false;
            chain.releaseHead();
        }
        if (order == null) {
            writeUsed(chain.head(), owned, (int) writtenBytes, chain.slots());
            return;
        }
        order.use(
                chain.place(), chain.head(), owned, (int) writtenBytes, chain.slots());
        while (order.hasNext()) {
            int place = order.next();
            writeUsed(order.id(place), order.ownsId(place), order.lengthBytes(place),
                    order.slots(place));
        }
    }

    private void writeUsed(int id, boolean owned, int lengthBytes, int slots) {
        long descriptor = descriptor(used.slot());
        if (record != null && owned) {
            record.used(id);
        }
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
        if (slotsWritten == 0) {
            return;
        }
        if (record != null) {
            record.beforePublish(used.offWrap());
        }
        slotsShown += slotsWritten;
        slotsWritten = 0;
        // B: pairs with PackedDriverQueue.isNextUsed
        NativeMemory.putShortRelease(heldBackAt, heldBackFlags);
        if (record != null) {
            record.afterPublish();
        }
        if (dirty != null && eventLogAddress != NOT_LOGGED) {
            // Which slots hold used descriptors depends on the chains: all of them are marked.
            dirty.mark(memory.guestAddress(ring), PackedLayout.ringBytes(size));
        }
    }

    @Override
    public void logWrites(DirtyLog log, long logAddress) {
        dirty = log;
        eventLogAddress = logAddress;
        // Written already when the ring was made.
        markSuppression();
    }

    private void markSuppression() {
        if (dirty != null && eventLogAddress != NOT_LOGGED) {
            dirty.mark(eventLogAddress, PackedLayout.EVENT_BYTES);
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
        markSuppression();
    }

    @Override
    public void disableKicks() {
        kicksEnabled = false;
        NativeMemory.putInt(deviceEvent, PackedLayout.event(PackedLayout.EVENT_DISABLE, 0));
        markSuppression();
    }

    @Override
    public boolean kicksEnabled() {
        return kicksEnabled;
    }

    @Override
    public boolean isMemoryThere() {
        return memory.isThere() && (record == null || record.isThere())
                && (dirty == null || dirty.isThere());
    }

    @Override
    public int base() {
        return VirtqueueConfig.packedBase(avail.offWrap(), used.offWrap());
    }
}
