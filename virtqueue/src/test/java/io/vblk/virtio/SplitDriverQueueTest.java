// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitDriverQueueTest {
    private static final long QUEUE = 4096;
    private static final long DATA = 0x80000;

    private final GuestRam ram = GuestRam.ofBytes(1 << 20);

    @AfterEach
    void close() {
        ram.close();
    }

    private SplitDriverQueue open(int size, int buffersMax, long features) {
        return new SplitDriverQueue(ram.memory(), QUEUE, size, buffersMax, features);
    }

    private static DriverBuffers buffers(int count) {
        DriverBuffers buffers = new DriverBuffers(count);
        for (int i = 0; i < count; i++) {
            buffers.addWritable(DATA + i, 1);
        }
        return buffers;
    }

    @Test
    void writesNothingOutsideOfTheBytesItNeeds() {
        for (int size = 1; size <= 256; size *= 2) {
            for (int buffersMax = 1; buffersMax <= 5; buffersMax++) {
                long end = QUEUE + SplitDriverQueue.bytesNeeded(size, buffersMax);
                SplitDriverQueue queue = open(size, buffersMax, VirtioFeatures.INDIRECT_DESC);
                for (int i = 0; i < size; i++) {
                    assertTrue(queue.add(buffers(buffersMax), i));
                }
                for (long at = end; at < end + 256; at++) {
                    assertEquals(0, ram.get8(at), "size " + size + ", buffers " + buffersMax);
                }
                VirtqueueConfig rings = queue.config();
                assertTrue(rings.usedAddress() + 6 + 8L * size <= end);
                for (long at = QUEUE; at < end; at++) {
                    ram.put8(at, 0);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, -1, 65536})
    void refusesBadSizes(int size) {
        assertThrows(IllegalArgumentException.class, () -> open(size, 1, 0));
    }

    @Test
    void refusesPlacesOutsideOfMemoryOrMisaligned() {
        for (long address : new long[] {1 << 20, (1 << 20) - 64, -64, 8, 63}) {
            assertThrows(IllegalArgumentException.class,
                    () -> new SplitDriverQueue(ram.memory(), address, 16, 4, 0));
        }
        assertThrows(IllegalArgumentException.class, () -> open(16, 0, 0));
    }

    @Test
    void findsFaultWithADeviceThatUsesWhatIsNotOut() {
        SplitDriverQueue queue = open(8, 1, 0);
        queue.add(buffers(1), 5);
        queue.publish();
        int index = 0;
        for (int id : new int[] {8, -1, 1, 0x10000, Integer.MIN_VALUE}) {
            ram.putUsed(queue.config(), index++, id, 0);
            ram.putUsedIdx(queue.config(), index);
            assertThrows(IllegalStateException.class, queue::pollUsed, "id " + id);
        }
        ram.putUsed(queue.config(), index++, 0, 7);
        ram.putUsedIdx(queue.config(), index);
        assertEquals(5, queue.pollUsed());
        assertEquals(7, queue.lastUsedBytes());
        ram.putUsed(queue.config(), index++, 0, 7);
        ram.putUsedIdx(queue.config(), index);
        assertThrows(IllegalStateException.class, queue::pollUsed, "used twice");
    }

    @Test
    void publishesNothingTwice() {
        SplitDriverQueue queue = open(8, 1, 0);
        assertFalse(queue.publish());
        queue.add(buffers(1), 0);
        assertTrue(queue.publish());
        assertFalse(queue.publish());
        assertEquals(1, ram.availIdx(queue.config()));
    }

    @Test
    void leavesTheFlagsAloneWithEventIndices() {
        SplitDriverQueue queue = open(8, 1, VirtioFeatures.EVENT_IDX);
        queue.disableCalls();
        assertEquals(0, ram.availFlags(queue.config()));
        queue.enableCalls();
        assertEquals(0, ram.availFlags(queue.config()));
    }

    @Test
    void switchesCallsByFlagWithoutEventIndices() {
        SplitDriverQueue queue = open(8, 1, 0);
        queue.disableCalls();
        assertEquals(1, ram.availFlags(queue.config()));
        queue.enableCalls();
        assertEquals(0, ram.availFlags(queue.config()));
        assertEquals(0, ram.usedEvent(queue.config()));
    }
}
