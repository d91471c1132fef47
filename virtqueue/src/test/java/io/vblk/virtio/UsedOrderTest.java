// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class UsedOrderTest {
    private final UsedOrder order = new UsedOrder(3);

    private void assertNext(int id, int lengthBytes, int slots) {
        assertTrue(order.hasNext());
        int place = order.next();
        assertEquals(id, order.id(place));
        assertEquals(lengthBytes, order.lengthBytes(place));
        assertEquals(slots, order.slots(place));
    }

    @Test
    void holdsBackWhatWasPoppedLaterUntilTheOldestIsUsed() throws VirtioException {
        int first = order.enter();
        int second = order.enter();
        int third = order.enter();
        assertFalse(order.hasNext());
        order.use(third, 30, true, 300, 3);
        order.use(second, 20, true, 200, 2);
        assertFalse(order.hasNext());
        order.use(first, 10, true, 100, 1);
        assertNext(10, 100, 1);
        assertNext(20, 200, 2);
        assertNext(30, 300, 3);
        assertFalse(order.hasNext());
    }

    @Test
    void refusesMoreThanTheRingHolds() throws VirtioException {
        int first = order.enter();
        order.enter();
        order.enter();
        assertThrows(VirtioException.class, order::enter);
        // Used but not taken yet, it still has its place.
        order.use(first, 1, true, 0, 1);
        assertThrows(VirtioException.class, order::enter);
        order.next();
        assertEquals(first, order.enter());
        assertThrows(VirtioException.class, order::enter);
    }

    @Test
    void goesRoundItsPlacesWithOneAlwaysOut() throws VirtioException {
        int held = order.enter();
        for (int id = 0; id < 20; id++) {
            int next = order.enter();
            order.use(next, id, true, 0, 1);
            assertFalse(order.hasNext());
            order.use(held, 100 + id, true, 0, 1);
            assertNext(100 + id, 0, 1);
            held = order.enter();
            assertNext(id, 0, 1);
            assertFalse(order.hasNext());
        }
    }
}
