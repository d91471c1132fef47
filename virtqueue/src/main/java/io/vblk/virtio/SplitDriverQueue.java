// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * Split virtqueue, driver side (virtio 1.3, 2.7). Thread: the driver's.
 *
 * <p>All areas lie one after the other in guest memory, then one indirect table per descriptor if
 * that feature is on. The barriers are those of {@link SplitVirtqueue}, seen from the other side.
 */
final class SplitDriverQueue implements DriverQueue {
    private static final int INDEX_MASK = 0xFFFF;

    private final VirtqueueConfig config;
    private final int size;
    private final int buffersMax;
    private final long desc;
    private final long avail;
    private final long used;
    private final long tables;
    private final long tablesGuest;
    private final boolean indirect;
    private final boolean eventIdx;
    private final boolean inOrder;
    private final ChainRecords out;

    private int freeHead;
    private int freeCount;
    private int availNext;
    private int availPublished;
    private int usedSeen;

    /** See {@link DriverQueue#create}. */
    SplitDriverQueue(GuestMemory memory, long guestAddress, int size, int buffersMax,
            long features) {
        if (!SplitLayout.isLegalSize(size) || buffersMax <= 0) {
            throw new IllegalArgumentException(
                    "queue size " + size + ", chains of " + buffersMax);
        }
        this.size = size;
        this.buffersMax = buffersMax;
        this.indirect = VirtioFeatures.has(features, VirtioFeatures.INDIRECT_DESC);
        this.eventIdx = VirtioFeatures.has(features, VirtioFeatures.EVENT_IDX);
        this.inOrder = VirtioFeatures.has(features, VirtioFeatures.IN_ORDER);
        long availGuest = AreaLayout.align(guestAddress + SplitLayout.descBytes(size));
        long usedGuest = AreaLayout.align(availGuest + SplitLayout.availBytes(size));
        this.tablesGuest = AreaLayout.align(usedGuest + SplitLayout.usedBytes(size));
        this.config = new VirtqueueConfig(size, guestAddress, availGuest, usedGuest, 0);
        long host = AreaLayout.host(memory, guestAddress, bytesNeeded(size, buffersMax));
        this.desc = host;
        this.avail = host + (availGuest - guestAddress);
        this.used = host + (usedGuest - guestAddress);
        this.tables = host + (tablesGuest - guestAddress);
        this.out = new ChainRecords(size, inOrder);
        freeAll();
    }

    /** Guest memory that a queue takes, in bytes. */
    static long bytesNeeded(int size, int buffersMax) {
        long rings = AreaLayout.align(SplitLayout.descBytes(size))
                + AreaLayout.align(SplitLayout.availBytes(size))
                + AreaLayout.align(SplitLayout.usedBytes(size));
        return rings + (long) size * buffersMax * SplitLayout.DESC_BYTES;
    }

    private void freeAll() {
        for (int i = 0; i < size; i++) {
            NativeMemory.putShort(descriptor(i) + SplitLayout.DESC_NEXT, (i + 1) & (size - 1));
        }
        freeHead = 0;
        freeCount = size;
    }

    private long descriptor(int index) {
        return desc + (long) index * SplitLayout.DESC_BYTES;
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
        if (freeCount < needed) {
            return false;
        }
        int head = freeHead;
        if (indirect) {
            addTable(head, buffers);
        } else {
            addDirect(buffers);
        }
        freeCount -= needed;
        out.add(head, token, needed, buffers.writableBytes());
        NativeMemory.putShort(
                avail + SplitLayout.RING_ELEMENTS
                        + (long) SplitLayout.AVAIL_ELEMENT_BYTES * (availNext & (size - 1)),
                head);
        availNext = (availNext + 1) & INDEX_MASK;
        return true;
    }

    private void addTable(int head, DriverBuffers buffers) {
        int count = buffers.count();
        long offset = (long) head * buffersMax * SplitLayout.DESC_BYTES;
        for (int i = 0; i < count; i++) {
            long entry = tables + offset + (long) i * SplitLayout.DESC_BYTES;
            fill(entry, buffers, i, i + 1);
        }
        freeHead = next(head);
        long descriptor = descriptor(head);
        NativeMemory.putLong(descriptor, tablesGuest + offset);
        NativeMemory.putLong(descriptor + SplitLayout.DESC_TAIL, SplitLayout.tail(
                count * SplitLayout.DESC_BYTES, SplitLayout.FLAG_INDIRECT, freeHead));
    }

    private void addDirect(DriverBuffers buffers) {
        int count = buffers.count();
        for (int i = 0; i < count; i++) {
            long descriptor = descriptor(freeHead);
            freeHead = next(freeHead);
            fill(descriptor, buffers, i, freeHead);
        }
    }

    private static void fill(long entry, DriverBuffers buffers, int index, int next) {
        int flags = (index + 1 < buffers.count() ? SplitLayout.FLAG_NEXT : 0)
                | (buffers.isWritable(index) ? SplitLayout.FLAG_WRITE : 0);
        NativeMemory.putLong(entry, buffers.address(index));
        NativeMemory.putLong(entry + SplitLayout.DESC_TAIL,
                SplitLayout.tail(buffers.lengthBytes(index), flags, next));
    }

    private int next(int index) {
        // The device can write here too: whatever it says stays inside of the table.
        return NativeMemory.getShort(descriptor(index) + SplitLayout.DESC_NEXT) & (size - 1);
    }

    @Override
    public boolean publish() {
        if (availNext == availPublished) {
            return false;
        }
        int previous = availPublished;
        availPublished = availNext;
        // A: pairs with SplitVirtqueue.readAvailIdx
        NativeMemory.putShortRelease(avail + SplitLayout.RING_IDX, availNext);
        // D: pairs with SplitVirtqueue.enableKicks
        NativeMemory.fullFence();
        if (eventIdx) {
            int event = NativeMemory.getShort(used + SplitLayout.availEventOffset(size));
            return EventIdx.needEvent(event, availNext, previous);
        }
        int flags = NativeMemory.getShort(used + SplitLayout.RING_FLAGS);
        return (flags & SplitLayout.USED_NO_NOTIFY) == 0;
    }

    @Override
    public boolean hasUsed() {
        // B: pairs with SplitVirtqueue.publishUsed
        return NativeMemory.getShortAcquire(used + SplitLayout.RING_IDX) != usedSeen;
    }

    @Override
    public int pollUsed() {
        if (!hasUsed()) {
            return NOTHING_USED;
        }
        int index = usedSeen;
        usedSeen = (usedSeen + 1) & INDEX_MASK;
        if (!out.inBatch()) {
            long element = NativeMemory.getLong(used + SplitLayout.RING_ELEMENTS
                    + (long) SplitLayout.USED_ELEMENT_BYTES * (index & (size - 1)));
            out.use(SplitLayout.usedId(element), SplitLayout.usedLength(element));
        }
        free(out.next());
        return out.token();
    }

    private void free(int head) {
        freeCount += out.slots();
        if (inOrder) {
            // All descriptors go round as they lie in the table, linked for ever: 2.7.9.
            return;
        }
        int tail = head;
        for (int i = 1; i < out.slots(); i++) {
            tail = next(tail);
        }
        NativeMemory.putShort(descriptor(tail) + SplitLayout.DESC_NEXT, freeHead);
        freeHead = head;
    }

    @Override
    public int lastUsedBytes() {
        return out.lengthBytes();
    }

    @Override
    public void enableCalls() {
        if (eventIdx) {
            NativeMemory.putShort(avail + SplitLayout.usedEventOffset(size), usedSeen);
        } else {
            NativeMemory.putShort(avail + SplitLayout.RING_FLAGS, 0);
        }
        // C: pairs with SplitVirtqueue.needsCall
        NativeMemory.fullFence();
    }

    @Override
    public void disableCalls() {
        if (eventIdx) {
            // An index that the device has passed already: no call until it is moved again.
            NativeMemory.putShort(avail + SplitLayout.usedEventOffset(size), usedSeen - 1);
        } else {
            NativeMemory.putShort(
                    avail + SplitLayout.RING_FLAGS, SplitLayout.AVAIL_NO_INTERRUPT);
        }
    }
}
