// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static io.vblk.virtio.GuestRam.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our driver side against a device whose used descriptors a test writes by hand. */
class PackedDriverQueueTest {
    private static final long QUEUE = 4096;
    private static final long DATA = 0x80000;
    private static final int USED = PackedFields.AVAIL | PackedFields.USED;

    private final GuestRam ram = GuestRam.ofBytes(1 << 20);
    private PackedFields ring;

    @AfterEach
    void close() {
        ram.close();
    }

    private PackedDriverQueue open(int size, int buffersMax, long features) {
        PackedDriverQueue queue = new PackedDriverQueue(ram.memory(), QUEUE, size, buffersMax,
                VirtioFeatures.RING_PACKED | features);
        ring = new PackedFields(ram, queue.config());
        return queue;
    }

    private static DriverBuffers buffers(int count) {
        DriverBuffers buffers = new DriverBuffers(count);
        for (int i = 0; i < count; i++) {
            buffers.addWritable(DATA + i, 1);
        }
        return buffers;
    }

    // ------------------------------------------------------------------ layout

    @Test
    void writesNothingOutsideOfTheBytesItNeeds() {
        for (int size : new int[] {1, 2, 3, 7, 16, 100, 256}) {
            for (int buffersMax = 1; buffersMax <= 5; buffersMax++) {
                long end = QUEUE + PackedDriverQueue.bytesNeeded(size, buffersMax);
                PackedDriverQueue queue = open(size, buffersMax, VirtioFeatures.INDIRECT_DESC);
                for (int i = 0; i < size; i++) {
                    assertTrue(queue.add(buffers(buffersMax), i));
                }
                queue.publish();
                queue.enableCalls();
                for (long at = end; at < end + 256; at++) {
                    assertEquals(0, ram.get8(at), "size " + size + ", buffers " + buffersMax);
                }
                assertTrue(queue.config().usedAddress() + 4 <= end);
                for (long at = QUEUE; at < end; at++) {
                    ram.put8(at, 0);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 32769, 65536})
    void refusesBadSizes(int size) {
        assertThrows(IllegalArgumentException.class, () -> open(size, 1, 0));
    }

    @Test
    void refusesPlacesOutsideOfMemoryOrMisaligned() {
        for (long address : new long[] {1 << 20, (1 << 20) - 64, -64, 8, 63}) {
            assertThrows(IllegalArgumentException.class,
                    () -> new PackedDriverQueue(ram.memory(), address, 16, 4, 0));
        }
        assertThrows(IllegalArgumentException.class, () -> open(16, 0, 0));
    }

    @Test
    void fillsDirectChainsWithFlagsAndIdAsTheSpecificationSays() {
        PackedDriverQueue queue = open(3, 3, 0);
        DriverBuffers mixed = new DriverBuffers(3);
        mixed.addReadable(DATA, 16);
        mixed.addWritable(DATA + 16, 512);
        mixed.addWritable(DATA + 600, 1);
        queue.add(mixed, 0);
        assertEquals(0, ring.flags(0), "held back until it is published");
        queue.publish();
        int id = ring.id(2);
        assertEquals(String.format("80000+16 id %d 0081", id), ring.slotText(0));
        assertEquals(String.format("80010+512 id %d 0083", id), ring.slotText(1));
        assertEquals(String.format("80258+1 id %d 0082", id), ring.slotText(2));
        assertFalse(queue.add(buffers(1), 1), "the ring is full");
        ring.putUsed(0, id, 513, USED | WRITE);
        assertEquals(0, queue.pollUsed());
        assertEquals(513, queue.lastUsedBytes());
        queue.add(buffers(1), 2);
        queue.publish();
        assertEquals(PackedFields.USED | WRITE, ring.flags(0), "wrap counter 0");
    }

    // ------------------------------------------------------------------ a full ring

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 256})
    void refusesMoreThanTheRingHoldsInEachRound(int size) {
        PackedDriverQueue queue = open(size, 2, 0);
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < size; i++) {
                assertTrue(queue.add(buffers(1), i));
            }
            assertFalse(queue.add(buffers(1), size));
            queue.publish();
            assertFalse(queue.add(buffers(1), size));
            for (int slot = 0; slot < size; slot++) {
                assertFalse(queue.hasUsed());
                ring.putUsed(slot, ring.id(slot), 0, PackedFields.usedFlags(round % 2 == 0));
                assertEquals(slot, queue.pollUsed());
            }
            assertEquals(DriverQueue.NOTHING_USED, queue.pollUsed());
        }
    }

    @Test
    void addsAChainWholeOrNotAtAll() {
        PackedDriverQueue queue = open(4, 3, 0);
        assertTrue(queue.add(buffers(2), 0));
        assertFalse(queue.add(buffers(3), 1));
        assertTrue(queue.add(buffers(2), 2));
        queue.publish();
        assertTrue(ring.isAvailable(0, true));
        assertTrue(ring.isAvailable(3, true));
        assertEquals(ring.id(2), ring.id(3));
    }

    // ------------------------------------------------------------------ hostile devices

    @Test
    void findsFaultWithADeviceThatUsesWhatIsNotOut() {
        PackedDriverQueue queue = open(8, 1, 0);
        queue.add(buffers(1), 5);
        queue.publish();
        int good = ring.id(0);
        for (int id : new int[] {8, 0xFFFF, good + 1, 0x7FFF, 0x8000 | good}) {
            ring.putUsed(0, id, 1, USED | WRITE);
            assertThrows(IllegalStateException.class, queue::pollUsed, "id " + id);
        }
        ring.putUsed(0, good, 7, USED | WRITE);
        assertEquals(5, queue.pollUsed());
        assertEquals(7, queue.lastUsedBytes());
        ring.putUsed(1, good, 7, USED | WRITE);
        assertThrows(IllegalStateException.class, queue::pollUsed, "used twice");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void countsNoBytesWithoutTheWriteFlag(boolean inOrder) {
        // 2.8.6: the length means something only if the device wrote something.
        PackedDriverQueue queue = open(8, 1, inOrder ? VirtioFeatures.IN_ORDER : 0);
        queue.add(buffers(1), 0);
        queue.add(buffers(1), 1);
        queue.publish();
        ring.putUsed(0, ring.id(0), 0x12345678, USED);
        ring.putUsed(1, ring.id(1), 9, USED | WRITE);
        assertEquals(0, queue.pollUsed());
        assertEquals(0, queue.lastUsedBytes());
        assertEquals(1, queue.pollUsed());
        assertEquals(9, queue.lastUsedBytes());
    }

    @Test
    void takesABatchInOrderForAllChainsUpToTheNamedOne() {
        PackedDriverQueue queue = open(8, 3, VirtioFeatures.IN_ORDER);
        queue.add(buffers(3), 10);
        queue.add(buffers(2), 11);
        queue.add(buffers(1), 12);
        queue.publish();
        // 2.8.9: one used descriptor at the slot of the first chain names the last one.
        ring.putUsed(0, ring.id(4), 1, USED | WRITE);
        assertEquals(10, queue.pollUsed());
        assertEquals(3, queue.lastUsedBytes(), "not said: all of it");
        assertTrue(queue.hasUsed());
        assertEquals(11, queue.pollUsed());
        assertEquals(1, queue.lastUsedBytes());
        assertFalse(queue.hasUsed());
        ring.putUsed(5, ring.id(5), 0, USED);
        assertEquals(12, queue.pollUsed());
    }

    @Test
    void refusesABatchInOrderThatNamesAnUnknownChain() {
        PackedDriverQueue queue = open(8, 3, VirtioFeatures.IN_ORDER);
        queue.add(buffers(1), 10);
        queue.add(buffers(1), 11);
        queue.publish();
        int unknown = 0;
        while (unknown == ring.id(0) || unknown == ring.id(1)) {
            unknown++;
        }
        for (int id : new int[] {unknown, 8, 0xFFFF}) {
            ring.putUsed(0, id, 1, USED | WRITE);
            assertThrows(IllegalStateException.class, queue::pollUsed, "id " + id);
            assertThrows(IllegalStateException.class, queue::pollUsed, "id " + id + " again");
        }
        ring.putUsed(0, ring.id(1), 1, USED | WRITE);
        assertEquals(10, queue.pollUsed());
        assertEquals(11, queue.pollUsed());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0x80, 0x8000})
    void takesNothingWhoseFlagsAreOfAnotherRound(int flags) {
        PackedDriverQueue queue = open(8, 1, 0);
        queue.add(buffers(1), 0);
        queue.publish();
        ring.putFlags(0, flags | 0x7F7F);
        assertFalse(queue.hasUsed());
        assertEquals(DriverQueue.NOTHING_USED, queue.pollUsed());
        ring.putFlags(0, USED | 0x7F7F);
        assertTrue(queue.hasUsed());
    }

    // ------------------------------------------------------------------ notifications

    @Test
    void publishesNothingTwice() {
        PackedDriverQueue queue = open(8, 1, 0);
        assertFalse(queue.publish());
        queue.add(buffers(1), 0);
        assertTrue(queue.publish());
        ring.putFlags(0, 0);
        assertFalse(queue.publish());
        assertEquals(0, ring.flags(0));
    }

    // Slots 1 and 2 are made available in the round with wrap counter 1.
    @ParameterizedTest
    @CsvSource({"0, 0x1234, true, true", "1, 0x8001, false, false", "2, 0x8001, true, true",
        "2, 0x8002, true, true", "2, 0x8000, false, true", "2, 0x8003, false, true",
        "2, 0x0001, false, true", "3, 0x0000, true, true", "0xFFFD, 0x8001, false, false",
        "0xFFFE, 0x8002, true, true", "0xFFFC, 0x8005, true, true"})
    void readsTheFlagsOfTheDevice(int flags, int offWrap, boolean byEvent, boolean byFlag) {
        for (boolean eventIdx : new boolean[] {true, false}) {
            PackedDriverQueue queue = open(8, 1, eventIdx ? VirtioFeatures.EVENT_IDX : 0);
            queue.add(buffers(1), 0);
            queue.publish();
            queue.add(buffers(1), 1);
            queue.add(buffers(1), 2);
            ring.putDeviceEvent(offWrap, flags);
            assertEquals(eventIdx ? byEvent : byFlag, queue.publish());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8})
    void survivesEventsBehindTheRing(int size) {
        PackedDriverQueue queue = open(size, 1, VirtioFeatures.EVENT_IDX);
        int slot = 0;
        boolean wrap = true;
        for (int offWrap = 0; offWrap <= 0xFFFF; offWrap += offWrap % 0x8000 < 40 ? 1 : 997) {
            ring.putDeviceEvent(offWrap, PackedFields.DESC);
            queue.add(buffers(1), 0);
            queue.publish();
            // Whatever was there before, the right one is heeded.
            ring.putUsed(slot, ring.id(slot), 0, PackedFields.usedFlags(wrap));
            assertEquals(0, queue.pollUsed());
            slot = (slot + 1) % size;
            wrap ^= slot == 0;
            ring.putDeviceEvent(PackedFields.offWrap(slot, wrap), PackedFields.DESC);
            queue.add(buffers(1), 1);
            assertTrue(queue.publish());
            ring.putUsed(slot, ring.id(slot), 0, PackedFields.usedFlags(wrap));
            assertEquals(1, queue.pollUsed());
            slot = (slot + 1) % size;
            wrap ^= slot == 0;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void switchesCallsByTheFlags(boolean eventIdx) {
        PackedDriverQueue queue = open(8, 1, eventIdx ? VirtioFeatures.EVENT_IDX : 0);
        queue.disableCalls();
        assertEquals(PackedFields.DISABLE, ring.driverEventFlags());
        queue.enableCalls();
        assertEquals(eventIdx ? PackedFields.DESC : PackedFields.ENABLE,
                ring.driverEventFlags());
        assertEquals(eventIdx ? 0x8000 : 0, ring.driverEvent());
    }
}
