// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The figures of the table in virtio 1.3, 2.7. */
class SplitLayoutTest {
    @Test
    void hasTheSizesOfTheSpecification() {
        for (int size = 1; size <= 32768; size *= 2) {
            assertEquals(16L * size, SplitLayout.descBytes(size));
            assertEquals(6 + 2L * size, SplitLayout.availBytes(size));
            assertEquals(6 + 8L * size, SplitLayout.usedBytes(size));
            assertEquals(4 + 2L * size, SplitLayout.usedEventOffset(size));
            assertEquals(4 + 8L * size, SplitLayout.availEventOffset(size));
        }
    }

    @Test
    void knowsPowersOfTwo() {
        int legal = 0;
        for (int size = -100; size <= 70_000; size++) {
            legal += SplitLayout.isLegalSize(size) ? 1 : 0;
        }
        assertEquals(16, legal);
    }
}
