// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * Split virtqueue, device side (virtio 1.3, 2.7). Thread: home.
 *
 * <p>Shared memory: the driver writes the descriptor table and the available ring, this side the
 * used ring (see {@link SplitLayout}).
 *
 * <pre>
 *   Order of publication
 *   A  acquire avail.idx, then ring entries and descriptors
 *   B  used elements, then release used.idx
 *   C  release B, full fence, then read used_event
 *   D  write avail_event, full fence, then read avail.idx
 * </pre>
 */
final class SplitVirtqueue implements Virtqueue {
    private static final int INDEX_MASK = 0xFFFF;

    private final int size;
    private final long avail;
    private final long used;
    private final boolean eventIdx;
    private final SplitChainWalker walker;
    /** Heads between pop and addUsed. */
    private final boolean[] headInUse;
    /** Order of popping, null if chains may be used in any order. */
    private final UsedOrder order;
    private final GuestMemory memory;
    /** Record of the chains under way, null if nobody keeps one. */
    private SplitInflight record;
    /** Where written pages are marked, null as long as nobody wants to know. */
    private DirtyLog dirty;
    /** What the log calls the beginning of the used ring. */
    private long usedLogAddress;

    /** Index of the next available entry to take. */
    private int lastAvail;
    /** The driver's avail.idx as last read. */
    private int availSeen;
    /** Index of the next used element to write. */
    private int usedNext;
    /** used.idx as published. */
    private int usedPublished;
    /** used.idx at the last decision about a call. */
    private int usedSignalled;
    /** Elements shown since then: more than indices can tell, if many calls are held back. */
    private long shown;
    private boolean signalledBefore;
    private boolean kicksEnabled = true;

    SplitVirtqueue(GuestMemory memory, long features, int size, long desc, long avail, long used,
            int base) {
        this.size = size;
        this.memory = memory;
        this.avail = avail;
        this.used = used;
        this.eventIdx = VirtioFeatures.has(features, VirtioFeatures.EVENT_IDX);
        this.walker = new SplitChainWalker(memory, desc, size,
                VirtioFeatures.has(features, VirtioFeatures.INDIRECT_DESC));
        this.headInUse = new boolean[size];
        this.order = VirtioFeatures.has(features, VirtioFeatures.IN_ORDER)
                ? new UsedOrder(size) : null;
        this.lastAvail = base;
        this.availSeen = base;
        this.usedNext = NativeMemory.getShort(used + SplitLayout.RING_IDX);
        this.usedPublished = usedNext;
        this.usedSignalled = usedNext;
    }

    /** Keeps a record of the chains under way, beginning with those of an earlier process. */
    void record(long region) throws VirtioException {
        record = new SplitInflight(region, size, usedNext);
        if (record.leftCount() > 0) {
            lastAvail = (usedNext + record.leftCount()) & INDEX_MASK;
            availSeen = lastAvail;
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean isEmpty() {
        return availSeen == lastAvail && readAvailIdx() == lastAvail
                && (record == null || record.leftCount() == 0);
    }

    private int readAvailIdx() {
        // A: pairs with SplitDriverQueue.publish
        availSeen = NativeMemory.getShortAcquire(avail + SplitLayout.RING_IDX);
        return availSeen;
    }

    @Override
    public boolean pop(DescriptorChain chain) throws VirtioException {
        if (record != null && record.leftCount() > 0) {
            begin(chain, record.nextLeft(), order == null ? 0 : order.enter(), false);
            return true;
        }
        if (availSeen == lastAvail && readAvailIdx() == lastAvail) {
            return false;
        }
        // The index may not run ahead by more than the ring holds: virtio 1.3, 2.7.13.3. Checked
        // each time, since isEmpty may have read it, and so that a broken ring stays broken.
        int ahead = (availSeen - lastAvail) & INDEX_MASK;
        if (ahead > size) {
            throw new VirtioException("available index " + availSeen + " is " + ahead
                    + " ahead of " + lastAvail + ", the queue holds " + size);
        }
        long entry = avail + SplitLayout.RING_ELEMENTS
                + (long) SplitLayout.AVAIL_ELEMENT_BYTES * (lastAvail & (size - 1));
        int place = order == null ? 0 : order.enter();
        int head = NativeMemory.getShort(entry);
        lastAvail = (lastAvail + 1) & INDEX_MASK;
        begin(chain, head, place, true);
        return true;
    }

    /** {@code fresh} unless an earlier process had taken the chain, which is on record then. */
    private void begin(DescriptorChain chain, int head, int place, boolean fresh) {
        chain.start(head);
        chain.setPlace(place);
        if (head >= size) {
            chain.fail(ChainFault.HEAD_OUT_OF_RANGE);
        } else if (headInUse[head]) {
            chain.fail(ChainFault.HEAD_IN_USE);
        } else {
            headInUse[head] = true;
            chain.takeHead();
            if (fresh && record != null) {
                record.taken(head);
            }
            walker.walk(chain);
        }
    }

    @Override
    public void addUsed(DescriptorChain chain, long writtenBytes) {
        if (dirty != null) {
            chain.markWritten(memory, dirty);
        }
        boolean owned = chain.ownsHead();
        if (owned) {
            headInUse[chain.head()] = false;
            chain.releaseHead();
        }
        if (order == null) {
            writeUsed(chain.head(), owned, (int) writtenBytes);
            return;
        }
        order.use(chain.place(), chain.head(), owned, (int) writtenBytes, 1);
        while (order.hasNext()) {
            int place = order.next();
            writeUsed(order.id(place), order.ownsId(place), order.lengthBytes(place));
        }
    }

    private void writeUsed(int head, boolean owned, int lengthBytes) {
        if (record != null && record.isFull()) {
            publishUsed();
        }
        long element = used + SplitLayout.RING_ELEMENTS
                + (long) SplitLayout.USED_ELEMENT_BYTES * (usedNext & (size - 1));
        NativeMemory.putLong(element, SplitLayout.usedElement(head, lengthBytes));
        usedNext = (usedNext + 1) & INDEX_MASK;
        if (record != null && owned) {
            record.used(head);
        }
    }

    @Override
    public void publishUsed() {
        if (usedPublished == usedNext) {
            return;
        }
        if (record != null) {
            record.beforePublish();
        }
        int from = usedPublished;
        shown += (usedNext - usedPublished) & INDEX_MASK;
        usedPublished = usedNext;
        // B: pairs with SplitDriverQueue.hasUsed
        NativeMemory.putShortRelease(used + SplitLayout.RING_IDX, usedNext);
        if (record != null) {
            record.afterPublish(usedNext);
        }
        if (dirty != null) {
            markUsed(from);
        }
    }

    @Override
    public void logWrites(DirtyLog log, long logAddress) {
        dirty = log;
        usedLogAddress = logAddress;
        // Written already when the ring was made.
        markSuppression();
    }

    private void markUsed(int from) {
        if (usedLogAddress == NOT_LOGGED) {
            return;
        }
        dirty.mark(usedLogAddress, SplitLayout.RING_ELEMENTS);
        for (int index = from; index != usedNext; index = (index + 1) & INDEX_MASK) {
            dirty.mark(usedLogAddress + SplitLayout.RING_ELEMENTS
                    + (long) SplitLayout.USED_ELEMENT_BYTES * (index & (size - 1)),
                    SplitLayout.USED_ELEMENT_BYTES);
        }
    }

    /** Suppression is written in two places of the used ring; both are marked, for simplicity. */
    private void markSuppression() {
        if (dirty != null && usedLogAddress != NOT_LOGGED) {
            dirty.mark(usedLogAddress, SplitLayout.RING_ELEMENTS);
            dirty.mark(usedLogAddress + SplitLayout.availEventOffset(size), Short.BYTES);
        }
    }

    @Override
    public boolean needsCall() {
        if (shown == 0 && signalledBefore) {
            return false;
        }
        // C: pairs with SplitDriverQueue.enableCalls
        NativeMemory.fullFence();
        boolean wanted;
        if (eventIdx) {
            int event = NativeMemory.getShort(avail + SplitLayout.usedEventOffset(size));
            wanted = !signalledBefore || shown > INDEX_MASK
                    || EventIdx.needEvent(event, usedPublished, usedSignalled);
        } else {
            int flags = NativeMemory.getShort(avail + SplitLayout.RING_FLAGS);
            wanted = (flags & SplitLayout.AVAIL_NO_INTERRUPT) == 0;
        }
        usedSignalled = usedPublished;
        shown = 0;
        signalledBefore = true;
        return wanted;
    }

    @Override
    public void enableKicks() {
        kicksEnabled = true;
        if (eventIdx) {
            NativeMemory.putShort(used + SplitLayout.availEventOffset(size), lastAvail);
        } else {
            NativeMemory.putShort(used + SplitLayout.RING_FLAGS, 0);
        }
        // D: pairs with SplitDriverQueue.publish
        NativeMemory.fullFence();
        markSuppression();
    }

    @Override
    public void disableKicks() {
        kicksEnabled = false;
        if (eventIdx) {
            // An index that the driver has passed already: no kick until it is moved again.
            NativeMemory.putShort(used + SplitLayout.availEventOffset(size), lastAvail - 1);
        } else {
            NativeMemory.putShort(used + SplitLayout.RING_FLAGS, SplitLayout.USED_NO_NOTIFY);
        }
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
        return lastAvail;
    }
}
