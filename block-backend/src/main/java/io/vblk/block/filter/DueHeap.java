// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockRequest;
import java.util.Arrays;

/**
 * Requests by the time at which they are due, soonest first, and of those due at the same time the
 * one that came first, in a binary heap that grows and is then used again. Thread: home.
 */
final class DueHeap {
    private static final int CAPACITY_FIRST = 64;

    private BlockRequest[] requests = new BlockRequest[CAPACITY_FIRST];
    private long[] dues = new long[CAPACITY_FIRST];
    private long[] numbers = new long[CAPACITY_FIRST];
    private int size;
    private long added;

    boolean isEmpty() {
        return size == 0;
    }

    /** When the soonest is due. The heap must not be empty. */
    long soonestNs() {
        return dues[0];
    }

    void add(BlockRequest request, long dueNs) {
        if (size == requests.length) {
            requests = Arrays.copyOf(requests, size * 2);
            dues = Arrays.copyOf(dues, size * 2);
            numbers = Arrays.copyOf(numbers, size * 2);
        }
        int at = size++;
        long number = added++;
        while (at > 0) {
            int parent = (at - 1) / 2;
            if (isBefore(parent, dueNs, number)) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        put(at, request, dueNs, number);
    }

    /** Takes out the soonest. The heap must not be empty. */
    BlockRequest take() {
        BlockRequest soonest = requests[0];
        size--;
        BlockRequest last = requests[size];
        long lastNs = dues[size];
        long lastNumber = numbers[size];
        requests[size] = null;
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && isBefore(child + 1, dues[child], numbers[child])) {
                child++;
            }
            if (!isBefore(child, lastNs, lastNumber)) {
                break;
            }
            move(child, at);
            at = child;
        }
        if (size > 0) {
            put(at, last, lastNs, lastNumber);
        }
        return soonest;
    }

    /** Whether what is at a place comes before another one. */
    private boolean isBefore(int at, long dueNs, long number) {
        return dues[at] == dueNs ? numbers[at] - number < 0 : dues[at] - dueNs < 0;
    }

    private void move(int from, int to) {
        put(to, requests[from], dues[from], numbers[from]);
    }

    private void put(int at, BlockRequest request, long dueNs, long number) {
        requests[at] = request;
        dues[at] = dueNs;
        numbers[at] = number;
    }
}
