// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A driver for tests, written from the rules of virtio 1.3, 2.7 alone, slow and plain, so that it
 * shares no mistake with {@link SplitDriverQueue}. Thread: one, the device's as well, as it knows
 * no barriers.
 *
 * <p>Unlike ordinary drivers it takes descriptors in no natural order, so that chains jump about
 * in the table.
 */
public final class ReferenceDriver {
    /** One buffer of a chain, in guest memory. */
    public record Buffer(long address, int length, boolean writable) {}

    /** A chain that came back: its token and the length that the device gave. */
    public record Used(int token, long length) {}

    private record Chain(int token, List<Integer> descriptors) {}

    private final GuestRam ram;
    private final VirtqueueConfig queue;
    private final boolean indirect;
    private final boolean eventIdx;
    private final long tables;
    private final int tableEntries;

    private final Deque<Integer> free = new ArrayDeque<>();
    private final Map<Integer, Chain> outstanding = new HashMap<>();
    private int availIdx;
    private int availIdxShown;
    private int usedIdxSeen;

    /**
     * A driver on zeroed rings; takes memory for indirect tables from {@code ram}.
     *
     * @param buffersMax most buffers of one chain
     * @param features the negotiated feature bits
     */
    public ReferenceDriver(GuestRam ram, VirtqueueConfig queue, int buffersMax, long features) {
        this.ram = ram;
        this.queue = queue;
        this.indirect = (features >> 28 & 1) != 0;
        this.eventIdx = (features >> 29 & 1) != 0;
        this.tableEntries = buffersMax;
        this.tables = indirect ? ram.allocate(16L * buffersMax * queue.size(), 16) : 0;
        // 7 is odd, so that this visits each descriptor of a power of two once.
        for (int i = 0; i < queue.size(); i++) {
            free.addLast((7 * i + 3) % queue.size());
        }
    }

    /** Makes a chain available, not shown to the device yet; false if descriptors are lacking. */
    public boolean add(int token, List<Buffer> buffers) {
        if (free.size() < (indirect ? 1 : buffers.size())) {
            return false;
        }
        List<Integer> descriptors;
        if (indirect) {
            int head = free.removeFirst();
            descriptors = List.of(head);
            long table = tables + 16L * tableEntries * head;
            // The table backwards, to have NEXT mean something.
            int count = buffers.size();
            for (int i = 0; i < count; i++) {
                put(table, i == 0 ? 0 : count - i, buffers.get(i),
                        i + 1 < count, count - i - 1);
            }
            write(queue.descAddress() + 16L * head, table, 16 * count, GuestRam.INDIRECT, 0);
        } else {
            descriptors = takeDirect(buffers);
        }
        int head = descriptors.get(0);
        outstanding.put(head, new Chain(token, descriptors));
        ram.putAvail(queue, availIdx, head);
        availIdx = (availIdx + 1) % 65536;
        return true;
    }

    private List<Integer> takeDirect(List<Buffer> buffers) {
        Integer[] descriptors = new Integer[buffers.size()];
        for (int i = 0; i < descriptors.length; i++) {
            descriptors[i] = free.removeFirst();
        }
        for (int i = 0; i < descriptors.length; i++) {
            boolean more = i + 1 < descriptors.length;
            put(queue.descAddress(), descriptors[i], buffers.get(i),
                    more, more ? descriptors[i + 1] : 0);
        }
        return List.of(descriptors);
    }

    private void put(long table, int index, Buffer buffer, boolean more, int next) {
        int flags = (more ? GuestRam.NEXT : 0) | (buffer.writable() ? GuestRam.WRITE : 0);
        write(table + 16L * index, buffer.address(), buffer.length(), flags, next);
    }

    private void write(long entry, long address, int length, int flags, int next) {
        ram.put64(entry, address);
        ram.put32(entry + 8, length);
        ram.put16(entry + 12, flags);
        ram.put16(entry + 14, next);
    }

    /** Shows the device what was added; returns whether it is to be notified (2.7.13.4). */
    public boolean publish() {
        int from = availIdxShown;
        availIdxShown = availIdx;
        ram.putAvailIdx(queue, availIdx);
        if (from == availIdx) {
            return false;
        }
        if (!eventIdx) {
            return (ram.usedFlags(queue) & 1) == 0;
        }
        // 2.7.10: a notification is due when the entry at index avail_event was made available.
        int event = ram.availEvent(queue);
        for (int index = from; index != availIdx; index = (index + 1) % 65536) {
            if (index == event) {
                return true;
            }
        }
        return false;
    }

    /** Whether the device used something that was not polled yet. */
    public boolean hasUsed() {
        return ram.usedIdx(queue) != usedIdxSeen;
    }

    /** The next used chain, or null. */
    public Used pollUsed() {
        if (!hasUsed()) {
            return null;
        }
        int head = ram.usedId(queue, usedIdxSeen);
        long length = ram.usedLength(queue, usedIdxSeen) & 0xFFFFFFFFL;
        usedIdxSeen = (usedIdxSeen + 1) % 65536;
        Chain chain = outstanding.remove(head);
        if (chain == null) {
            throw new AssertionError("the device used " + head + ", which is not outstanding");
        }
        free.addAll(chain.descriptors());
        return new Used(chain.token(), length);
    }

    /** Asks to be notified of the next used chain (2.7.7). */
    public void enableCalls() {
        if (eventIdx) {
            ram.putUsedEvent(queue, usedIdxSeen);
        } else {
            ram.putAvailFlags(queue, 0);
        }
    }

    /** Asks not to be notified; with event indices nothing has to be said. */
    public void disableCalls() {
        if (!eventIdx) {
            ram.putAvailFlags(queue, 1);
        }
    }
}
