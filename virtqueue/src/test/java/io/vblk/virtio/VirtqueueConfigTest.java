// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtqueueConfigTest {
    private static final long REGION = 1 << 20;
    /** Two adjoining regions, and one on its own. */
    private final GuestRam ram =
            GuestRam.ofRegions(0, REGION, REGION, REGION, 4 * REGION, REGION);

    @AfterEach
    void close() {
        ram.close();
    }

    private Virtqueue activate(int size, long desc, long avail, long used, int base)
            throws VirtioException {
        return new VirtqueueConfig(size, desc, avail, used, base).activate(ram.memory(), 0);
    }

    private void assertRefused(int size, long desc, long avail, long used, int base) {
        VirtioException refusal = assertThrows(VirtioException.class,
                () -> activate(size, desc, avail, used, base));
        assertTrue(refusal.getMessage().length() > 10, refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 16, 128, 1024, 16384, 32768})
    void takesPowersOfTwo(int size) throws VirtioException {
        assertEquals(size, activate(size, 0, REGION, 4 * REGION, 0).size());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 100, 32767, 32769, 65536, 1 << 30, -1, -2, Integer.MIN_VALUE})
    void refusesOtherSizes(int size) {
        assertRefused(size, 0, REGION, 4 * REGION, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 0x8000, 0xFFFF})
    void takesBasesOf16Bits(int base) throws VirtioException {
        assertEquals(base, activate(16, 0, REGION, 4 * REGION, base).base());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x10000, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void refusesOtherBases(int base) {
        assertRefused(16, 0, REGION, 4 * REGION, base);
    }

    @Test
    void takesTheAlignmentsOfTheSpecification() throws VirtioException {
        activate(16, 16, REGION + 2, 4 * REGION + 4, 0);
        activate(16, 0x7F0, 0x7FE, 0x7FC, 0);
    }

    @Test
    void refusesMisalignedAreas() {
        for (int offset = 1; offset < 16; offset++) {
            assertRefused(16, offset, REGION, 4 * REGION, 0);
        }
        assertRefused(16, 0, REGION + 1, 4 * REGION, 0);
        for (int offset = 1; offset < 4; offset++) {
            assertRefused(16, 0, REGION, 4 * REGION + offset, 0);
        }
    }

    // The lengths, 16 N, 6 + 2 N and 6 + 8 N, from the specification: 256, 38 and 134.
    @Test
    void takesAreasUpToTheEndOfTheirRegion() throws VirtioException {
        activate(16, REGION - 256, 0, 4096, 0);
        activate(16, 0, REGION - 38, 4096, 0);
        activate(16, 0, 4096, REGION - 136, 0);
        activate(16, 5 * REGION - 256, 2 * REGION - 38, REGION - 136, 0);
    }

    @Test
    void refusesAreasThatCrossARegionsEnd() {
        // The regions adjoin in the guest, but here they need not.
        assertRefused(16, REGION - 240, 0, 4096, 0);
        assertRefused(16, 0, REGION - 36, 4096, 0);
        assertRefused(16, 0, 4096, REGION - 132, 0);
        assertRefused(16, 0, 4096, 5 * REGION - 132, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {2 * REGION, 3 * REGION, 4 * REGION - 16, 5 * REGION, -16, -1048576,
        Long.MIN_VALUE, Long.MAX_VALUE - 15})
    void refusesAreasOutsideOfMemory(long address) {
        assertRefused(1, address, 0, 4096, 0);
        assertRefused(1, 0, address, 4096, 0);
        assertRefused(1, 0, 4096, address, 0);
    }
}
