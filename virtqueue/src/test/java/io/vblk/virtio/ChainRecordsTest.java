// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChainRecordsTest {
    private static final int SIZE = 4;

    private static void assertNext(ChainRecords out, int id, int token, int slots, int bytes) {
        assertTrue(out.inBatch());
        assertEquals(id, out.next());
        assertEquals(token, out.token());
        assertEquals(slots, out.slots());
        assertEquals(bytes, out.lengthBytes());
    }

    @Test
    void givesBackInAnyOrderWithTheLengthThatTheDeviceGave() {
        ChainRecords out = new ChainRecords(SIZE, false);
        out.add(2, 20, 1, 100);
        out.add(0, 30, 3, 200);
        out.use(0, 7);
        assertNext(out, 0, 30, 3, 7);
        assertFalse(out.inBatch(), "the older one is still out");
        out.use(2, -1);
        assertNext(out, 2, 20, 1, -1);
    }

    @Test
    void takesABatchInOrderUpToTheNamedOne() {
        ChainRecords out = new ChainRecords(SIZE, true);
        for (int round = 0; round < 2 * SIZE; round++) {
            out.add(3, 10, 1, 100);
            out.add(1, 11, 2, 200);
            out.add(0, 12, 1, 300);
            out.use(1, 5);
            assertNext(out, 3, 10, 1, 100);
            assertNext(out, 1, 11, 2, 5);
            assertFalse(out.inBatch());
            out.use(0, 6);
            assertNext(out, 0, 12, 1, 6);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusesWhatIsNotOutAndStaysAsItWas(boolean inOrder) {
        ChainRecords out = new ChainRecords(SIZE, inOrder);
        out.add(2, 20, 1, 100);
        for (int id : new int[] {-1, Integer.MIN_VALUE, 0, 1, 3, SIZE, 0x10002}) {
            assertThrows(IllegalStateException.class, () -> out.use(id, 1), "id " + id);
            assertFalse(out.inBatch());
        }
        out.use(2, 9);
        assertNext(out, 2, 20, 1, 9);
        assertThrows(IllegalStateException.class, () -> out.use(2, 9), "used twice");
        out.add(2, 21, 1, 100);
        out.use(2, 8);
        assertNext(out, 2, 21, 1, 8);
    }
}
