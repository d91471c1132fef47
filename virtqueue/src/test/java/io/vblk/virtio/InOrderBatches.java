// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a reference device gives back with each used element. With IN_ORDER that is in the order
 * of taking, and a chain whose writable bytes were all written may go unnamed before another one;
 * three of these at most, so that there are batches of up to four (virtio 1.3, 2.7.9 and 2.8.9).
 */
final class InOrderBatches {
    /** The chains of one used element; it names the last one. */
    record Batch(List<Integer> ids, int length) {
        int lastId() {
            return ids.get(ids.size() - 1);
        }
    }

    private static final int CHAINS_MAX = 4;

    private final boolean inOrder;
    private final Deque<Integer> order = new ArrayDeque<>();
    private final Map<Integer, Long> writableBytes = new HashMap<>();
    private final Map<Integer, Integer> lengths = new HashMap<>();
    private final List<Batch> singles = new ArrayList<>();

    InOrderBatches(boolean inOrder) {
        this.inOrder = inOrder;
    }

    void take(int id, long writable) {
        order.addLast(id);
        writableBytes.put(id, writable);
    }

    void use(int id, int length) {
        if (inOrder) {
            lengths.put(id, length);
        } else {
            singles.add(new Batch(List.of(id), length));
        }
    }

    /** All that can be given back now. */
    List<Batch> ready() {
        List<Batch> result = new ArrayList<>(singles);
        singles.clear();
        List<Integer> ids = new ArrayList<>();
        while (inOrder && !order.isEmpty() && lengths.containsKey(order.getFirst())) {
            int id = order.removeFirst();
            ids.add(id);
            int length = lengths.remove(id);
            boolean mayGoUnnamed = length == writableBytes.get(id)
                    && !order.isEmpty() && lengths.containsKey(order.getFirst());
            if (!mayGoUnnamed || ids.size() == CHAINS_MAX) {
                result.add(new Batch(ids, length));
                ids = new ArrayList<>();
            }
        }
        return result;
    }
}
