// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The record of chains under way, over the deaths of the device side. */
final class InflightTest {
    private static final int[] SIZES = {1, 2, 4, 16, 64};
    private static final int[] PACKED_SIZES = {1, 2, 3, 7, 16, 64};
    private static final int REQUESTS = 1_500;

    static List<QueueSetup> setups() {
        List<QueueSetup> all = new ArrayList<>();
        for (int size : SIZES) {
            all.addAll(QueueSetup.ofSize(false, size, true));
        }
        for (int size : PACKED_SIZES) {
            all.addAll(QueueSetup.ofSize(true, size, true));
        }
        return all;
    }

    /** Deaths at every step, also between two stores: each chain is shown as used just once. */
    @ParameterizedTest
    @MethodSource("setups")
    void noChainIsLostOrShownTwiceOverManyDeaths(QueueSetup setup) throws Exception {
        try (MortalDevice device = new MortalDevice(setup)) {
            device.run(REQUESTS);
            assertTrue(device.deaths() > 100, "deaths " + device.deaths());
            assertTrue(device.takenAgain() > 20, "taken again " + device.takenAgain());
        }
    }

    @Test
    void theSizesAreThoseOfThePeers() {
        assertEquals(16 + 16 * 128, VirtqueueConfig.inflightBytes(128, false));
        assertEquals(32 + 32 * 128, VirtqueueConfig.inflightBytes(128, true));
    }

    /** A ring that comes from another host is in use: its used index is no batch of this record. */
    @Test
    void aFreshRecordBeginsAtTheRingsUsedIndex() throws Exception {
        try (MappedMemory region = MappedMemory.anonymous(4096)) {
            SplitInflight record = new SplitInflight(region.address(), 16, 4711);

            assertEquals(0, record.leftCount());
            assertEquals(4711, NativeMemory.getShort(region.address() + 14));
            assertEquals(1, NativeMemory.getShort(region.address() + 8), "version");
            assertEquals(16, NativeMemory.getShort(region.address() + 10), "descriptors");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRecordOfALaterVersionIsRefused(boolean packed) throws Exception {
        try (MappedMemory region = MappedMemory.anonymous(4096);
                MappedMemory ring = MappedMemory.anonymous(4096)) {
            NativeMemory.putShort(region.address() + 8, 2);

            assertThrows(VirtioException.class, () -> {
                if (packed) {
                    new PackedInflight(region.address(), 16, ring.address(), 0x8000);
                } else {
                    new SplitInflight(region.address(), 16, 0);
                }
            });
        }
    }

    /** A record of another ring, by its size or its place, is begun anew. */
    @Test
    void aRecordThatDoesNotFitTheRingIsBegunAnew() throws Exception {
        try (MappedMemory region = MappedMemory.anonymous(4096)) {
            SplitInflight first = new SplitInflight(region.address(), 16, 0);
            first.taken(3);

            assertEquals(1, new SplitInflight(region.address(), 16, 0).leftCount());
            assertEquals(0, new SplitInflight(region.address(), 16, 1000).leftCount());
            first.taken(3);
            assertEquals(0, new SplitInflight(region.address(), 8, 0).leftCount());
        }
    }

    /** Nobody else may write to the record, and a front-end does: no step may go astray. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void garbageIsRefusedOrTakenWithoutHarm(boolean packed) throws Exception {
        int size = 8;
        long bytes = VirtqueueConfig.inflightBytes(size, packed);
        Random random = new Random(20261127);
        int refused = 0;
        try (MappedMemory region = MappedMemory.anonymous(8192);
                MappedMemory ring = MappedMemory.anonymous(4096)) {
            for (int round = 0; round < 20_000; round++) {
                for (long i = 0; i < bytes; i++) {
                    NativeMemory.putByte(region.address() + i,
                            random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(9));
                }
                NativeMemory.putShort(region.address() + 8, 1);
                NativeMemory.putShort(region.address() + 10, size);
                try {
                    int left = packed
                            ? leftOfPacked(region, ring, size) : leftOfSplit(region, size);
                    assertTrue(left >= 0 && left <= size, "left " + left);
                } catch (VirtioException e) {
                    refused++;
                }
                assertEquals(0, NativeMemory.getByte(region.address() + bytes), "behind");
            }
        }
        assertEquals(packed, refused > 0, "refused " + refused);
    }

    private static int leftOfSplit(MappedMemory region, int size) throws VirtioException {
        SplitInflight record = new SplitInflight(
                region.address(), size, NativeMemory.getShort(region.address() + 14));
        int left = record.leftCount();
        for (int i = 0; i < left; i++) {
            int head = record.nextLeft();
            assertTrue(head >= 0 && head < size, "head " + head);
        }
        return left;
    }

    private static int leftOfPacked(MappedMemory region, MappedMemory ring, int size)
            throws VirtioException {
        PackedInflight record =
                new PackedInflight(region.address(), size, ring.address(), 0x8000);
        assertTrue(record.slotsLeft() <= size, "slots " + record.slotsLeft());
        int left = record.leftCount();
        for (int i = 0; i < left; i++) {
            int first = record.nextLeft();
            assertTrue(record.number(first) <= size, "number");
        }
        return left;
    }

    /** What a front-end without the record says is enough where nothing was under way. */
    @Test
    void withoutARecordNothingIsTakenAgain() throws Exception {
        QueueSetup setup = QueueSetup.ofSize(false, 16, false).get(0);
        try (QueuePair pair = new QueuePair(
                setup, QueuePair.Side.REFERENCE, QueuePair.Side.OURS)) {
            pair.driver.add(0, pair.buffersOf(0));
            pair.driver.publish();

            assertFalse(pair.device.isEmpty());
            assertEquals(pair.buffersOf(0), pair.device.pop().buffers());
            assertNull(pair.device.pop());
        }
    }
}
