// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The figures of virtio 1.3, 2.8. */
class PackedLayoutTest {
    @Test
    void hasTheSizesOfTheSpecification() {
        for (int size : new int[] {1, 2, 3, 100, 32767, 32768}) {
            assertEquals(16L * size, PackedLayout.ringBytes(size));
        }
        assertEquals(4, PackedLayout.EVENT_BYTES);
    }

    @Test
    void knowsAllSizesUpTo32768() {
        int legal = 0;
        for (int size = -100; size <= 70_000; size++) {
            legal += PackedLayout.isLegalSize(size) ? 1 : 0;
        }
        assertEquals(32768, legal);
        assertTrue(PackedLayout.isLegalSize(1));
        assertTrue(PackedLayout.isLegalSize(32768));
    }

    /** The fields by their places in memory: off_wrap first, then the flags. */
    @Test
    void makesSuppressionWordsAsTheyLieInMemory() {
        try (GuestRam ram = GuestRam.ofBytes(GuestRam.PAGE)) {
            for (int flags = 0; flags <= 3; flags++) {
                for (int offWrap : new int[] {0, 1, 0x7FFF, 0x8000, 0xFFFF}) {
                    int word = PackedLayout.event(flags, offWrap);
                    ram.put32(0, word);
                    assertEquals(offWrap, ram.get16(0));
                    assertEquals(flags, ram.get16(2));
                    assertEquals(flags, PackedLayout.eventFlags(word));
                    assertEquals(offWrap, PackedLayout.eventOffWrap(word));
                }
            }
        }
    }

    @Test
    void ignoresTheReservedBitsOfSuppressionFlags() {
        assertEquals(PackedLayout.EVENT_DISABLE, PackedLayout.eventFlags(0xFFFD_8001));
        assertEquals(PackedLayout.EVENT_AT, PackedLayout.eventFlags(0xFFFE_8001));
    }
}
