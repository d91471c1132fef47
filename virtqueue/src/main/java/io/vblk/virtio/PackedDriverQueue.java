// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * Packed virtqueue, driver side (virtio 1.3, 2.8). Thread: the driver's.
 *
 * <p>All areas lie one after the other in guest memory, then one indirect table per buffer id if
 * that feature is on. The barriers are those of {@link PackedVirtqueue}, seen from the other side.
 */
final class PackedDriverQueue implements DriverQueue {
    private static final int NO_ID = -1;

    private final VirtqueueConfig config;
    private final int size;
    private final int buffersMax;
    private final long ring;
    private final long driverEvent;
    private final long deviceEvent;
    private final long tables;
    private final long tablesGuest;
    private final boolean indirect;
    private final boolean eventIdx;
    private final ChainRecords out;

    /** The next descriptor to fill. */
    private final WrapCounter avail;
    /** The next descriptor to be used. */
    private final WrapCounter used;
    private int freeSlots;
    private int freeId;
    private final int[] nextFreeId;
    /** Flags of the first descriptor that is not shown yet: its address and value. */
    private long heldBackAt;
    private int heldBackFlags;
    /** Slots filled since the last publication. */
    private int slotsFilled;

    /** See {@link DriverQueue#create}. */
    PackedDriverQueue(GuestMemory memory, long guestAddress, int size, int buffersMax,
            long features) {
        if (!PackedLayout.isLegalSize(size) || buffersMax <= 0) {
            throw new IllegalArgumentException(
                    "queue size " + size + ", chains of " + buffersMax);
        }
        this.size = size;
        this.buffersMax = buffersMax;
        this.indirect = VirtioFeatures.has(features, VirtioFeatures.INDIRECT_DESC);
        this.eventIdx = VirtioFeatures.has(features, VirtioFeatures.EVENT_IDX);
        long host = AreaLayout.host(memory, guestAddress, bytesNeeded(size, buffersMax));
        long driverGuest = AreaLayout.align(guestAddress + PackedLayout.ringBytes(size));
        long deviceGuest = AreaLayout.align(driverGuest + PackedLayout.EVENT_BYTES);
        this.tablesGuest = AreaLayout.align(deviceGuest + PackedLayout.EVENT_BYTES);
        this.config = new VirtqueueConfig(size, guestAddress, driverGuest, deviceGuest,
                VirtqueueConfig.freshBase(features));
        this.ring = host;
        this.driverEvent = host + (driverGuest - guestAddress);
        this.deviceEvent = host + (deviceGuest - guestAddress);
        this.tables = host + (tablesGuest - guestAddress);
        this.out = new ChainRecords(size, VirtioFeatures.has(features, VirtioFeatures.IN_ORDER));
        this.avail = new WrapCounter(size, WrapCounter.START);
        this.used = new WrapCounter(size, WrapCounter.START);
        this.freeSlots = size;
        this.nextFreeId = new int[size];
        for (int id = 0; id < size; id++) {
            nextFreeId[id] = id + 1 < size ? id + 1 : NO_ID;
        }
    }

    /** Guest memory that a queue takes, in bytes. */
    static long bytesNeeded(int size, int buffersMax) {
        return AreaLayout.align(PackedLayout.ringBytes(size))
                + 2 * AreaLayout.align(PackedLayout.EVENT_BYTES)
                + (long) size * buffersMax * PackedLayout.DESC_BYTES;
    }

    @Override
    public VirtqueueConfig config() {
        return config;
    }

    @Override
    public boolean add(DriverBuffers buffers, int token) {
        int count = buffers.count();
        assert count > 0 && count <= buffersMax && token >= 0;
        int needed = indirect ? 1 : count;
        if (freeSlots < needed) {
            return false;
        }
        int id = freeId;
        freeId = nextFreeId[id];
        if (indirect) {
            addTable(id, buffers);
        } else {
            addDirect(id, buffers);
        }
        freeSlots -= needed;
        out.add(id, token, needed, buffers.writableBytes());
        return true;
    }

    private void addTable(int id, DriverBuffers buffers) {
        int count = buffers.count();
        long offset = (long) id * buffersMax * PackedLayout.DESC_BYTES;
        for (int i = 0; i < count; i++) {
            long entry = tables + offset + (long) i * PackedLayout.DESC_BYTES;
            NativeMemory.putLong(entry, buffers.address(i));
            NativeMemory.putLong(entry + PackedLayout.DESC_TAIL,
                    PackedLayout.tail(buffers.lengthBytes(i), 0,
                            buffers.isWritable(i) ? PackedLayout.FLAG_WRITE : 0));
        }
        put(tablesGuest + offset, count * PackedLayout.DESC_BYTES, id, PackedLayout.FLAG_INDIRECT);
    }

    private void addDirect(int id, DriverBuffers buffers) {
        int last = buffers.count() - 1;
        for (int i = 0; i <= last; i++) {
            put(buffers.address(i), buffers.lengthBytes(i), id,
                    (i < last ? PackedLayout.FLAG_NEXT : 0)
                            | (buffers.isWritable(i) ? PackedLayout.FLAG_WRITE : 0));
        }
    }

    /** Fills the next slot; the first one of a batch is shown last. */
    private void put(long address, int lengthBytes, int id, int ownFlags) {
        long descriptor = ring + (long) avail.slot() * PackedLayout.DESC_BYTES;
        NativeMemory.putLong(descriptor, address);
        int flags = ownFlags | avail.availableFlags();
        if (slotsFilled == 0) {
            NativeMemory.putInt(descriptor + PackedLayout.DESC_LEN, lengthBytes);
            NativeMemory.putShort(descriptor + PackedLayout.DESC_ID, id);
            heldBackAt = descriptor + PackedLayout.DESC_FLAGS;
            heldBackFlags = flags;
        } else {
            NativeMemory.putLong(descriptor + PackedLayout.DESC_TAIL,
                    PackedLayout.tail(lengthBytes, id, flags));
        }
        avail.advance(1);
        slotsFilled++;
    }

    @Override
    public boolean publish() {
        if (slotsFilled == 0) {
            return false;
        }
        int filled = slotsFilled;
        slotsFilled = 0;
        // A: pairs with PackedVirtqueue.readNextFlags
        NativeMemory.putShortRelease(heldBackAt, heldBackFlags);
        // D: pairs with PackedVirtqueue.enableKicks
        NativeMemory.fullFence();
        return avail.needEvent(NativeMemory.getInt(deviceEvent), filled, 0, eventIdx);
    }

    @Override
    public boolean hasUsed() {
        return out.inBatch() || isNextUsed();
    }

    private boolean isNextUsed() {
        long flags = ring + (long) used.slot() * PackedLayout.DESC_BYTES + PackedLayout.DESC_FLAGS;
        // B: pairs with PackedVirtqueue.publishUsed
        return used.isUsed(NativeMemory.getShortAcquire(flags));
    }

    @Override
    public int pollUsed() {
        if (!out.inBatch()) {
            if (!isNextUsed()) {
                return NOTHING_USED;
            }
            long descriptor = ring + (long) used.slot() * PackedLayout.DESC_BYTES;
            long tail = NativeMemory.getLong(descriptor + PackedLayout.DESC_TAIL);
            // The length means nothing where the device wrote nothing (virtio 1.3, 2.8.6).
            boolean wrote = (PackedLayout.tailFlags(tail) & PackedLayout.FLAG_WRITE) != 0;
            out.use(PackedLayout.tailId(tail), wrote ? (int) tail : 0);
        }
        int id = out.next();
        used.advance(out.slots());
        freeSlots += out.slots();
        nextFreeId[id] = freeId;
        freeId = id;
        return out.token();
    }

    @Override
    public int lastUsedBytes() {
        return out.lengthBytes();
    }

    @Override
    public void enableCalls() {
        NativeMemory.putInt(driverEvent, eventIdx
                ? PackedLayout.event(PackedLayout.EVENT_AT, used.offWrap())
                : PackedLayout.event(PackedLayout.EVENT_ENABLE, 0));
        // C: pairs with PackedVirtqueue.needsCall
        NativeMemory.fullFence();
    }

    @Override
    public void disableCalls() {
        NativeMemory.putInt(driverEvent, PackedLayout.event(PackedLayout.EVENT_DISABLE, 0));
    }
}
