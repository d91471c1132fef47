// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DueHeapTest {
    private record Due(int number, long ns) {}

    private static BlockRequest request(int number) {
        BlockRequest request = new BlockRequest(done -> { });
        request.range(BlockOp.DISCARD, number, 0);
        return request;
    }

    @Test
    void soonestFirstAndThenInTheOrderInWhichTheyCame() {
        long seed = Long.getLong("heap.seed", System.nanoTime());
        System.out.println("DueHeapTest: -Dheap.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        DueHeap heap = new DueHeap();
        for (int round = 0; round < 100; round++) {
            List<Due> model = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                // Around the end of the clock, and many at the same time.
                Due due = new Due(i, Long.MAX_VALUE - 2 + random.nextInt(5));
                model.add(due);
                heap.add(request(due.number()), due.ns());
            }
            model.sort(Comparator.comparingLong(due -> due.ns() - Long.MAX_VALUE));
            for (Due due : model) {
                assertEquals(due.ns(), heap.soonestNs());
                assertEquals(due.number(), heap.take().offset());
            }
            assertTrue(heap.isEmpty());
        }
    }
}
