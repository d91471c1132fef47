// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.ReferenceDriver.Buffer;
import io.vblk.virtio.ReferenceDriver.Used;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A driver for packed rings, written from the rules of virtio 1.3, 2.8 alone, slow and plain, so
 * that it shares no mistake with {@link PackedDriverQueue}. Thread: one, the device's as well, as
 * it knows no barriers.
 *
 * <p>Its buffer ids say nothing about slots: they come back in use oldest first, from the highest
 * one on.
 */
public final class ReferencePackedDriver implements QueueSides.MovableDriver {
    private record Chain(int token, int slots, long writableBytes) {}

    private record Pending(
            int slot, boolean wrap, long address, int length, int id, int flags) {}

    private final VirtqueueConfig queue;
    private final boolean eventIdx;
    private final boolean inOrder;
    private final ChainLayout layout;
    private final long tables;
    private final int tableEntries;
    private GuestRam ram;
    private PackedFields ring;

    private final Deque<Integer> freeIds = new ArrayDeque<>();
    /** By id, oldest first. */
    private final Map<Integer, Chain> outstanding = new LinkedHashMap<>();
    private final List<Pending> pending = new ArrayList<>();
    /** Chains of a batch, used already, not asked for yet. */
    private final Deque<Used> batch = new ArrayDeque<>();
    private final Deque<Chain> batchChains = new ArrayDeque<>();
    private int freeSlots;
    private int availSlot;
    private boolean availWrap = true;
    private int usedSlot;
    private boolean usedWrap = true;

    /**
     * A driver on a zeroed ring; takes memory for indirect tables from {@code ram}.
     *
     * @param buffersMax most buffers of one chain
     * @param features the negotiated feature bits
     */
    public ReferencePackedDriver(GuestRam ram, VirtqueueConfig queue, int buffersMax, long features,
            ChainLayout layout) {
        this.queue = queue;
        this.eventIdx = (features >> 29 & 1) != 0;
        this.inOrder = (features >> 35 & 1) != 0;
        this.layout = layout;
        this.tableEntries = buffersMax;
        this.tables = layout == ChainLayout.DIRECT ? 0
                : ram.allocate(16L * buffersMax * queue.size(), 16);
        this.freeSlots = queue.size();
        for (int id = queue.size() - 1; id >= 0; id--) {
            freeIds.addLast(id);
        }
        moveTo(ram);
    }

    @Override
    public void moveTo(GuestRam memory) {
        ram = memory;
        ring = new PackedFields(memory, queue);
    }

    @Override
    public boolean add(int token, List<Buffer> buffers) {
        int slots = layout.descriptors(buffers.size());
        if (freeSlots < slots) {
            return false;
        }
        int id = freeIds.removeFirst();
        int direct = layout.direct(buffers.size());
        long writable = 0;
        for (int i = 0; i < buffers.size(); i++) {
            Buffer buffer = buffers.get(i);
            int write = buffer.writable() ? GuestRam.WRITE : 0;
            writable += buffer.writable() ? buffer.length() : 0;
            if (i < direct) {
                // 2.8.6: NEXT on all but the last one. The id counts in that one only.
                boolean last = i + 1 == slots;
                addSlot(buffer.address(), buffer.length(), last ? id : 0xDEAD,
                        write | (last ? 0 : GuestRam.NEXT));
            } else {
                // 2.8.7: only WRITE counts in a table; the rest is for a device to ignore.
                long entry = tables + 16L * (tableEntries * id + i - direct);
                ram.put64(entry, buffer.address());
                ram.put32(entry + 8, buffer.length());
                ram.put16(entry + 12, 0xBEEF);
                ram.put16(entry + 14, write);
            }
        }
        if (direct < slots) {
            addSlot(tables + 16L * tableEntries * id, 16 * (buffers.size() - direct), id,
                    GuestRam.INDIRECT);
        }
        freeSlots -= slots;
        outstanding.put(id, new Chain(token, slots, writable));
        return true;
    }

    private void addSlot(long address, int length, int id, int flags) {
        pending.add(new Pending(availSlot, availWrap, address, length, id, flags));
        availSlot++;
        if (availSlot == queue.size()) {
            availSlot = 0;
            availWrap = !availWrap;
        }
    }

    /** Shows the device what was added; returns whether it is to be notified (2.8.21.3). */
    @Override
    public boolean publish() {
        boolean wanted = false;
        int event = ring.deviceEventFlags();
        // Backwards, so that the first descriptor of each chain is the last one to be written.
        for (int i = pending.size() - 1; i >= 0; i--) {
            Pending next = pending.get(i);
            ring.put(next.slot(), next.address(), next.length(), next.id(),
                    next.flags() | PackedFields.availableFlags(next.wrap()));
            wanted |= event == PackedFields.ENABLE || event == PackedFields.DESC
                    && PackedFields.offWrap(next.slot(), next.wrap()) == ring.deviceEvent();
        }
        pending.clear();
        return wanted;
    }

    @Override
    public boolean hasUsed() {
        return !batch.isEmpty() || ring.isUsed(usedSlot, usedWrap);
    }

    @Override
    public Used pollUsed() {
        if (!hasUsed()) {
            return null;
        }
        if (batch.isEmpty()) {
            takeUsed();
        }
        Chain chain = batchChains.removeFirst();
        freeSlots += chain.slots();
        usedSlot += chain.slots();
        if (usedSlot >= queue.size()) {
            usedSlot -= queue.size();
            usedWrap = !usedWrap;
        }
        return batch.removeFirst();
    }

    /** Takes one used descriptor, which may stand for all older chains as well (2.8.9). */
    private void takeUsed() {
        int id = ring.id(usedSlot);
        if (!outstanding.containsKey(id)) {
            throw new AssertionError("the device used " + id + ", which is not outstanding");
        }
        // 2.8.4: without WRITE the length means nothing.
        boolean written = (ring.flags(usedSlot) & GuestRam.WRITE) != 0;
        long length = written ? ring.length(usedSlot) & 0xFFFFFFFFL : 0;
        while (inOrder && outstanding.keySet().iterator().next() != id) {
            int older = outstanding.keySet().iterator().next();
            take(older, outstanding.get(older).writableBytes());
        }
        take(id, length);
    }

    private void take(int id, long length) {
        Chain chain = outstanding.remove(id);
        batch.addLast(new Used(chain.token(), length));
        batchChains.addLast(chain);
        freeIds.addLast(id);
    }

    /** Asks to be notified of the next used chain (2.8.10). */
    @Override
    public void enableCalls() {
        ring.putDriverEvent(eventIdx ? PackedFields.offWrap(usedSlot, usedWrap) : 0,
                eventIdx ? PackedFields.DESC : PackedFields.ENABLE);
    }

    @Override
    public void disableCalls() {
        ring.putDriverEvent(0, PackedFields.DISABLE);
    }
}
