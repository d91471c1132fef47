// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.util.Arrays;

/**
 * What a driver keeps of the chains that it has made available, by their id (split: head), and
 * which of them the device has used. Under IN_ORDER one used element may stand for a batch of
 * chains, of which it names the last (virtio 1.3, 2.7.9 and 2.8.9). Thread: the driver's.
 */
final class ChainRecords {
    private static final int NOT_OUT = -1;

    private final int size;
    private final int[] tokens;
    private final int[] slots;
    private final int[] writableBytes;
    /** Ids in the order in which their chains were added; null without IN_ORDER. */
    private final int[] order;
    private int orderFirst;
    private int orderCount;

    /** The chain that the device named last, NOT_OUT when all up to it have been given out. */
    private int batchEnd = NOT_OUT;
    private int batchEndBytes;
    private int lastToken;
    private int lastSlots;
    private int lastBytes;

    ChainRecords(int size, boolean inOrder) {
        this.size = size;
        this.tokens = new int[size];
        this.slots = new int[size];
        this.writableBytes = new int[size];
        this.order = inOrder ? new int[size] : null;
        Arrays.fill(tokens, NOT_OUT);
    }

    /** Notes a chain that was added. */
    void add(int id, int token, int slotCount, int bytesWritable) {
        tokens[id] = token;
        slots[id] = slotCount;
        if (order != null) {
            writableBytes[id] = bytesWritable;
            int place = orderFirst + orderCount;
            order[place < size ? place : place - size] = id;
            orderCount++;
        }
    }

    /** Takes what the device says: this chain is used, and under IN_ORDER all before it. */
    void use(int id, int lengthBytes) {
        if (id < 0 || id >= size || tokens[id] == NOT_OUT) {
            throw new IllegalStateException("the device used id " + id + ", which is not out");
        }
        batchEnd = id;
        batchEndBytes = lengthBytes;
    }

    /** Whether chains are left of those that the device has used with one element. */
    boolean inBatch() {
        return batchEnd != NOT_OUT;
    }

    /** Gives out the next used chain; returns its id. */
    int next() {
        int id = batchEnd;
        if (order != null) {
            id = order[orderFirst];
            orderFirst = orderFirst + 1 == size ? 0 : orderFirst + 1;
            orderCount--;
        }
        lastToken = tokens[id];
        lastSlots = slots[id];
        tokens[id] = NOT_OUT;
        if (id == batchEnd) {
            batchEnd = NOT_OUT;
            lastBytes = batchEndBytes;
        } else {
            // Nobody says how much: all of it may have been written.
            lastBytes = writableBytes[id];
        }
        return id;
    }

    /** Token of the chain given out last. */
    int token() {
        return lastToken;
    }

    /** Ring slots (split: descriptors) of the chain given out last. */
    int slots() {
        return lastSlots;
    }

    /** Bytes written to the chain given out last. */
    int lengthBytes() {
        return lastBytes;
    }
}
