// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.Arrays;
import java.util.List;

/**
 * Armed timers in a binary heap: soonest deadline first, equal deadlines in the order of arming.
 * Thread: home.
 */
final class TimerHeap {
    static final int NOT_ARMED = -1;
    /** Expired in the run under way, not called yet. */
    private static final int DUE = -2;

    private static final int CAPACITY_FIRST = 8;

    private AioTimer[] heap = new AioTimer[CAPACITY_FIRST];
    private AioTimer[] due = new AioTimer[CAPACITY_FIRST];
    private int size;
    private long sequence;

    boolean isEmpty() {
        return size == 0;
    }

    /** Nanoseconds until the soonest deadline, at least 0. The heap must not be empty. */
    long soonestNs(long nowNs) {
        return Math.max(0, heap[0].deadlineNs - nowNs);
    }

    void arm(AioTimer timer, long deadlineNs) {
        disarm(timer);
        timer.deadlineNs = deadlineNs;
        timer.sequence = sequence++;
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        place(timer, size++);
        siftUp(timer);
    }

    void disarm(AioTimer timer) {
        int index = timer.heapIndex;
        timer.heapIndex = NOT_ARMED;
        if (index < 0) {
            return;
        }
        AioTimer last = heap[--size];
        heap[size] = null;
        if (last != timer) {
            place(last, index);
            siftUp(last);
            siftDown(last);
        }
    }

    /** Calls what has expired. A timer armed by a callback waits for the next run. */
    int runExpired(long nowNs) {
        int count = 0;
        while (size > 0 && heap[0].deadlineNs - nowNs <= 0) {
            AioTimer timer = heap[0];
            disarm(timer);
            timer.heapIndex = DUE;
            if (count == due.length) {
                due = Arrays.copyOf(due, count * 2);
            }
            due[count++] = timer;
        }
        int ran = 0;
        int next = 0;
        try {
            while (next < count) {
                AioTimer timer = takeDue(next++);
                if (timer.heapIndex == DUE) {
                    timer.heapIndex = NOT_ARMED;
                    timer.callback.run();
                    ran++;
                }
            }
        } finally {
            // Only if a callback threw: the others expire again next time.
            while (next < count) {
                AioTimer timer = takeDue(next++);
                if (timer.heapIndex == DUE) {
                    arm(timer, timer.deadlineNs);
                }
            }
        }
        return ran;
    }

    /** The armed timers, in no order. */
    List<AioTimer> armed() {
        return List.of(Arrays.copyOf(heap, size));
    }

    private AioTimer takeDue(int index) {
        AioTimer timer = due[index];
        due[index] = null;
        return timer;
    }

    private void siftUp(AioTimer timer) {
        while (timer.heapIndex > 0) {
            AioTimer parent = heap[(timer.heapIndex - 1) / 2];
            if (!before(timer, parent)) {
                return;
            }
            swap(timer, parent);
        }
    }

    private void siftDown(AioTimer timer) {
        while (true) {
            int left = 2 * timer.heapIndex + 1;
            if (left >= size) {
                return;
            }
            AioTimer child = heap[left];
            if (left + 1 < size && before(heap[left + 1], child)) {
                child = heap[left + 1];
            }
            if (!before(child, timer)) {
                return;
            }
            swap(timer, child);
        }
    }

    private void swap(AioTimer a, AioTimer b) {
        int index = a.heapIndex;
        place(a, b.heapIndex);
        place(b, index);
    }

    private void place(AioTimer timer, int index) {
        heap[index] = timer;
        timer.heapIndex = index;
    }

    private static boolean before(AioTimer a, AioTimer b) {
        long difference = a.deadlineNs - b.deadlineNs;
        return difference != 0 ? difference < 0 : a.sequence - b.sequence < 0;
    }
}
