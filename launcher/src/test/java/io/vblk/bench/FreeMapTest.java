// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which blocks have had their turn. */
final class FreeMapTest {
    private static long nextFree(BitSet taken, int from, int blocks) {
        int next = taken.nextClearBit(from);
        return next < blocks ? next : taken.nextClearBit(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 63, 64, 65, 127, 128, 4_095, 4_096, 4_097, 10_000, 262_145})
    void agreesWithASlowOne(int blocks) {
        FreeMap map = new FreeMap(blocks);
        RandomStream random = new RandomStream(blocks);
        for (int pass = 0; pass < 3; pass++) {
            BitSet taken = new BitSet();
            int free = blocks;
            while (map.free() > 0) {
                int from = (int) random.below(blocks);
                assertEquals(!taken.get(from), map.isFree(from));
                long found = map.nextFree(from);
                assertEquals(nextFree(taken, from, blocks), found);
                int most = 1 + (int) random.below(random.below(20) == 0 ? 500 : 9);
                int end = taken.nextSetBit((int) found);
                int expected = Math.min(most, (end < 0 ? blocks : end) - (int) found);

                assertEquals(expected, map.takeRun(found, most));
                taken.set((int) found, (int) found + expected);
                free -= expected;
                assertEquals(free, map.free());
            }
            map.freeAll();
            assertEquals(blocks, map.free());
        }
    }

    @Test
    void aRunMayBeLongerThanManyWords() {
        FreeMap map = new FreeMap(1 << 20);

        assertEquals(131_072, map.takeRun(100, 131_072));
        assertFalse(map.isFree(131_171));
        assertTrue(map.isFree(131_172));
        assertEquals(131_172, map.nextFree(100));
        assertEquals(100, map.takeRun(0, 1_000), "up to what was taken");
    }
}
