// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.ReferenceDriver.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A device for tests, written from the rules of virtio 1.3, 2.7 alone, slow and plain, so that it
 * shares no mistake with {@link SplitVirtqueue}. Thread: one, the driver's as well, as it knows no
 * barriers. It trusts its driver: a broken ring ends in an AssertionError.
 */
public final class ReferenceDevice implements QueueSides.Device {
    /** A chain that was taken: its head and its buffers in order. */
    public record Chain(int head, List<Buffer> buffers) {}

    private final GuestRam ram;
    private final VirtqueueConfig queue;
    private final boolean eventIdx;
    private final InOrderBatches batches;
    private int availIdxSeen;
    private int usedIdx;
    private int usedIdxShown;
    private int usedIdxDecided;

    /** A device on rings that start at index 0. */
    public ReferenceDevice(GuestRam ram, VirtqueueConfig queue, long features) {
        this.ram = ram;
        this.queue = queue;
        this.eventIdx = (features >> 29 & 1) != 0;
        this.batches = new InOrderBatches((features >> 35 & 1) != 0);
    }

    /** Whether nothing is available. */
    @Override
    public boolean isEmpty() {
        return ram.availIdx(queue) == availIdxSeen;
    }

    /** The next available chain, or null. */
    @Override
    public Chain pop() {
        if (isEmpty()) {
            return null;
        }
        long entry = queue.availAddress() + 4 + 2L * (availIdxSeen % queue.size());
        int head = ram.get16(entry);
        availIdxSeen = (availIdxSeen + 1) % 65536;
        List<Buffer> buffers = new ArrayList<>();
        follow(queue.descAddress(), queue.size(), head, buffers);
        batches.take(head, ReferenceDriver.writableBytes(buffers));
        return new Chain(head, buffers);
    }

    private void follow(long table, long entries, int first, List<Buffer> buffers) {
        int index = first;
        while (true) {
            if (index >= entries || buffers.size() > 65536) {
                throw new AssertionError("the driver made a bad chain from " + first);
            }
            long entry = table + 16L * index;
            long address = ram.get64(entry);
            int length = ram.get32(entry + 8);
            int flags = ram.get16(entry + 12);
            if ((flags & GuestRam.INDIRECT) != 0) {
                follow(address, length / 16, 0, buffers);
                return;
            }
            buffers.add(new Buffer(address, length, (flags & GuestRam.WRITE) != 0));
            if ((flags & GuestRam.NEXT) == 0) {
                return;
            }
            index = ram.get16(entry + 14);
        }
    }

    /** Gives a chain back, not shown to the driver yet. */
    @Override
    public void addUsed(int head, int length) {
        batches.use(head, length);
    }

    /** Shows the driver what was given back. */
    @Override
    public void publishUsed() {
        for (InOrderBatches.Batch batch : batches.ready()) {
            // 2.7.9: the element lies where that of the first chain of the batch would.
            ram.putUsed(queue, usedIdx, batch.lastId(), batch.length());
            usedIdx = (usedIdx + batch.ids().size()) % 65536;
        }
        usedIdxShown = usedIdx;
        ram.putUsedIdx(queue, usedIdx);
    }

    /** Whether the driver is to be notified of what was shown since the last decision (2.7.7). */
    @Override
    public boolean needsCall() {
        int from = usedIdxDecided;
        usedIdxDecided = usedIdxShown;
        if (from == usedIdxShown) {
            return false;
        }
        if (!eventIdx) {
            return (ram.availFlags(queue) & 1) == 0;
        }
        int event = ram.usedEvent(queue);
        for (int index = from; index != usedIdxShown; index = (index + 1) % 65536) {
            if (index == event) {
                return true;
            }
        }
        return false;
    }

    /** Asks to be notified of the next available chain (2.7.10). */
    @Override
    public void enableKicks() {
        if (eventIdx) {
            ram.putAvailEvent(queue, availIdxSeen);
        } else {
            ram.putUsedFlags(queue, 0);
        }
    }

    /** Asks not to be notified; with event indices nothing has to be said. */
    @Override
    public void disableKicks() {
        if (!eventIdx) {
            ram.putUsedFlags(queue, 1);
        }
    }
}
