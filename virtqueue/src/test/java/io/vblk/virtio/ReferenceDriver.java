// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A driver for tests, written from the rules of virtio 1.3, 2.7 alone, slow and plain, so that it
 * shares no mistake with {@link SplitDriverQueue}. Thread: one, the device's as well, as it knows
 * no barriers.
 *
 * <p>Unlike ordinary drivers it takes descriptors in no natural order, so that chains jump about
 * in the table, unless IN_ORDER forbids it.
 */
public final class ReferenceDriver implements QueueSides.MovableDriver {
    /** One buffer of a chain, in guest memory. */
    public record Buffer(long address, int length, boolean writable) {}

    /** A chain that came back: its token and the length that the device gave. */
    public record Used(int token, long length) {}

    private record Chain(int token, List<Integer> descriptors, long writableBytes) {}

    private final VirtqueueConfig queue;
    private final boolean eventIdx;
    private final boolean inOrder;
    private final ChainLayout layout;
    private final long tables;
    private final int tableEntries;
    private GuestRam ram;

    private final Deque<Integer> free = new ArrayDeque<>();
    /** By head, oldest first. */
    private final Map<Integer, Chain> outstanding = new LinkedHashMap<>();
    /** Chains of a batch, used already, not asked for yet. */
    private final Deque<Used> batch = new ArrayDeque<>();
    private final Deque<Chain> batchChains = new ArrayDeque<>();
    private int availIdx;
    private int availIdxShown;
    private int usedIdxSeen;

    /** A driver that puts all buffers into tables if INDIRECT_DESC was negotiated. */
    public ReferenceDriver(GuestRam ram, VirtqueueConfig queue, int buffersMax, long features) {
        this(ram, queue, buffersMax, features, ChainLayout.of(features));
    }

    /**
     * A driver on zeroed rings; takes memory for indirect tables from {@code ram}.
     *
     * @param buffersMax most buffers of one chain
     * @param features the negotiated feature bits
     */
    public ReferenceDriver(GuestRam ram, VirtqueueConfig queue, int buffersMax, long features,
            ChainLayout layout) {
        this.ram = ram;
        this.queue = queue;
        this.eventIdx = (features >> 29 & 1) != 0;
        this.inOrder = (features >> 35 & 1) != 0;
        this.layout = layout;
        this.tableEntries = buffersMax;
        this.tables = layout == ChainLayout.DIRECT ? 0
                : ram.allocate(16L * buffersMax * queue.size(), 16);
        // 7 is odd, so that this visits each descriptor of a power of two once.
        for (int i = 0; i < queue.size(); i++) {
            free.addLast(inOrder ? i : (7 * i + 3) % queue.size());
        }
    }

    /** Bytes of a chain that a device may write. */
    static long writableBytes(List<Buffer> buffers) {
        long bytes = 0;
        for (Buffer buffer : buffers) {
            bytes += buffer.writable() ? buffer.length() : 0;
        }
        return bytes;
    }

    @Override
    public void moveTo(GuestRam memory) {
        ram = memory;
    }

    /** Makes a chain available, not shown to the device yet; false if descriptors are lacking. */
    @Override
    public boolean add(int token, List<Buffer> buffers) {
        int direct = layout.direct(buffers.size());
        int needed = layout.descriptors(buffers.size());
        if (free.size() < needed) {
            return false;
        }
        List<Integer> descriptors = new ArrayList<>();
        for (int i = 0; i < needed; i++) {
            descriptors.add(free.removeFirst());
        }
        for (int i = 0; i < direct; i++) {
            boolean more = i + 1 < needed;
            put(queue.descAddress(), descriptors.get(i), buffers.get(i),
                    more, more ? descriptors.get(i + 1) : 0);
        }
        int head = descriptors.get(0);
        if (direct < needed) {
            long table = tables + 16L * tableEntries * head;
            putTable(table, buffers.subList(direct, buffers.size()));
            write(queue.descAddress() + 16L * descriptors.get(direct), table,
                    16 * (buffers.size() - direct), GuestRam.INDIRECT, 0);
        }
        outstanding.put(head, new Chain(token, descriptors, writableBytes(buffers)));
        ram.putAvail(queue, availIdx, head);
        availIdx = (availIdx + 1) % 65536;
        return true;
    }

    /** The table backwards, to have NEXT mean something; IN_ORDER asks for 1, 2, 3, ... */
    private void putTable(long table, List<Buffer> buffers) {
        int count = buffers.size();
        for (int i = 0; i < count; i++) {
            int index = i == 0 || inOrder ? i : count - i;
            put(table, index, buffers.get(i), i + 1 < count, inOrder ? i + 1 : count - i - 1);
        }
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
    @Override
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
    @Override
    public boolean hasUsed() {
        return ram.usedIdx(queue) != usedIdxSeen;
    }

    /** The next used chain, or null. */
    @Override
    public Used pollUsed() {
        if (!hasUsed()) {
            return null;
        }
        if (batch.isEmpty()) {
            takeUsed();
        }
        usedIdxSeen = (usedIdxSeen + 1) % 65536;
        free.addAll(batchChains.removeFirst().descriptors());
        return batch.removeFirst();
    }

    /** Takes one used element, which may stand for all older chains as well (2.7.9). */
    private void takeUsed() {
        int head = ram.usedId(queue, usedIdxSeen);
        long length = ram.usedLength(queue, usedIdxSeen) & 0xFFFFFFFFL;
        if (!outstanding.containsKey(head)) {
            throw new AssertionError("the device used " + head + ", which is not outstanding");
        }
        while (inOrder && outstanding.keySet().iterator().next() != head) {
            int older = outstanding.keySet().iterator().next();
            take(older, outstanding.get(older).writableBytes());
        }
        take(head, length);
    }

    private void take(int head, long length) {
        Chain chain = outstanding.remove(head);
        batch.addLast(new Used(chain.token(), length));
        batchChains.addLast(chain);
    }

    /** Asks to be notified of the next used chain (2.7.7). */
    @Override
    public void enableCalls() {
        if (eventIdx) {
            ram.putUsedEvent(queue, usedIdxSeen);
        } else {
            ram.putAvailFlags(queue, 0);
        }
    }

    /** Asks not to be notified; with event indices nothing has to be said. */
    @Override
    public void disableCalls() {
        if (!eventIdx) {
            ram.putAvailFlags(queue, 1);
        }
    }
}
