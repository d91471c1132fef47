// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link VirtqueueConfig} of packed rings. */
class PackedConfigTest {
    private static final long REGION = 1 << 20;
    private static final int FRESH = 0x80008000;
    private static final int SIZE = 7;
    /** Two adjoining regions, and one on its own. */
    private final GuestRam ram =
            GuestRam.ofRegions(0, REGION, REGION, REGION, 4 * REGION, REGION);

    @AfterEach
    void close() {
        ram.close();
    }

    private Virtqueue activate(int size, long ring, long driverEvent, long deviceEvent, int base)
            throws VirtioException {
        return new VirtqueueConfig(size, ring, driverEvent, deviceEvent, base)
                .activate(ram.memory(), VirtioFeatures.RING_PACKED);
    }

    private void assertRefused(
            int size, long ring, long driverEvent, long deviceEvent, int base) {
        VirtioException refusal = assertThrows(VirtioException.class,
                () -> activate(size, ring, driverEvent, deviceEvent, base));
        assertTrue(refusal.getMessage().length() > 10, refusal.getMessage());
    }

    // ------------------------------------------------------------------ sizes

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100, 128, 1000, 32767, 32768})
    void takesAnySizeUpTo32768(int size) throws VirtioException {
        assertEquals(size, activate(size, 0, REGION, 4 * REGION, FRESH).size());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 32769, 65536, 1 << 30, -1, -32768, Integer.MIN_VALUE})
    void refusesOtherSizes(int size) {
        assertRefused(size, 0, REGION, 4 * REGION, FRESH);
    }

    // ------------------------------------------------------------------ bases

    @Test
    void startsWithBothWrapCountersAt1() {
        assertEquals(FRESH, VirtqueueConfig.freshBase(VirtioFeatures.RING_PACKED));
        assertEquals(0, VirtqueueConfig.freshBase(0));
    }

    /** Counts positions of two rounds; the available place is at most a ring ahead. */
    @Test
    void takesEachStateOfARingAndRefusesAllOthers() throws VirtioException {
        for (int used = 0; used < 2 * SIZE; used++) {
            for (int avail = 0; avail < 2 * SIZE; avail++) {
                int base = offWrap(avail) | offWrap(used) << 16;
                if (offWrap(used) == 0) {
                    // Some front-ends know the available half only: all of it was used.
                    assertEquals(offWrap(avail) | offWrap(avail) << 16,
                            activate(SIZE, 0, REGION, 4 * REGION, base).base());
                } else if ((avail - used + 2 * SIZE) % (2 * SIZE) <= SIZE) {
                    assertEquals(base, activate(SIZE, 0, REGION, 4 * REGION, base).base());
                } else {
                    assertRefused(SIZE, 0, REGION, 4 * REGION, base);
                }
            }
        }
    }

    private static int offWrap(int position) {
        return PackedFields.offWrap(position % SIZE, position < SIZE);
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE, SIZE + 1, 0x4000, 0x7FFF})
    void refusesOffsetsBehindTheRing(int slot) {
        for (int wraps : new int[] {0, 0x8000, 0x80000000, 0x80008000}) {
            assertRefused(SIZE, 0, REGION, 4 * REGION, wraps | slot);
            assertRefused(SIZE, 0, REGION, 4 * REGION, wraps | slot << 16);
            assertRefused(SIZE, 0, REGION, 4 * REGION, wraps | slot | slot << 16);
        }
    }

    @Test
    void takesTheLastSlotOfTheLargestRing() throws VirtioException {
        for (int base : new int[] {0x7FFF7FFF, 0xFFFFFFFF, 0x7FFFFFFF}) {
            assertEquals(base, activate(32768, 0, REGION, 4 * REGION, base).base());
        }
    }

    // ------------------------------------------------------------------ areas

    @Test
    void takesTheAlignmentsOfTheSpecification() throws VirtioException {
        activate(SIZE, 16, REGION + 4, 4 * REGION + 4, FRESH);
        activate(SIZE, 0x7F0, 0x7EC, 0x7E8, FRESH);
    }

    @Test
    void refusesMisalignedAreas() {
        for (int offset = 1; offset < 16; offset++) {
            assertRefused(SIZE, offset, REGION, 4 * REGION, FRESH);
        }
        for (int offset = 1; offset < 4; offset++) {
            assertRefused(SIZE, 0, REGION + offset, 4 * REGION, FRESH);
            assertRefused(SIZE, 0, REGION, 4 * REGION + offset, FRESH);
        }
    }

    // The lengths, 16 N and 4, from the specification.
    @Test
    void takesAreasUpToTheEndOfTheirRegion() throws VirtioException {
        activate(SIZE, REGION - 112, 0, 4096, FRESH);
        activate(SIZE, 5 * REGION - 112, 2 * REGION - 4, REGION - 4, FRESH);
        activate(SIZE, 0, 5 * REGION - 4, 5 * REGION - 8, FRESH);
    }

    @Test
    void refusesARingThatCrossesARegionsEnd() {
        // The regions adjoin in the guest, but here they need not.
        for (int slots = 1; slots < SIZE; slots++) {
            assertRefused(SIZE, REGION - 16 * slots, 0, 4096, FRESH);
            assertRefused(SIZE, 5 * REGION - 16 * slots, 0, 4096, FRESH);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {2 * REGION, 3 * REGION, 4 * REGION - 16, 5 * REGION, -16, -1048576,
        Long.MIN_VALUE, Long.MAX_VALUE - 15})
    void refusesAreasOutsideOfMemory(long address) {
        assertRefused(1, address, 0, 4096, FRESH);
        assertRefused(1, 0, address, 4096, FRESH);
        assertRefused(1, 0, 4096, address, FRESH);
    }
}
