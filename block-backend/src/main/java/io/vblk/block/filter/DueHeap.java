// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockRequest;
import java.util.Arrays;

/**
 * Requests by the time at which they are due, soonest first, in a binary heap that grows and is
 * then used again. Thread: home.
 */
final class DueHeap {
    private static final int CAPACITY_FIRST = 64;

    private BlockRequest[] requests = new BlockRequest[CAPACITY_FIRST];
    private long[] dues = new long[CAPACITY_FIRST];
    private int size;

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
        }
        int at = size++;
        while (at > 0) {
            int parent = (at - 1) / 2;
            if (dues[parent] - dueNs <= 0) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        requests[at] = request;
        dues[at] = dueNs;
    }

    /** Takes out the soonest. The heap must not be empty. */
    BlockRequest take() {
        BlockRequest soonest = requests[0];
        size--;
        BlockRequest last = requests[size];
        long lastNs = dues[size];
        requests[size] = null;
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && dues[child + 1] - dues[child] < 0) {
                child++;
            }
            if (lastNs - dues[child] <= 0) {
                break;
            }
            move(child, at);
            at = child;
        }
        if (size > 0) {
            requests[at] = last;
            dues[at] = lastNs;
        }
        return soonest;
    }

    private void move(int from, int to) {
        requests[to] = requests[from];
        dues[to] = dues[from];
    }
}
