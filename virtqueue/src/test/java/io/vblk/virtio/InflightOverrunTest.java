// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.IovecArray;
import io.vblk.posix.NativeMemory;
import org.junit.jupiter.api.Test;

/** A driver that fills places again before it was shown that they are free, with a record kept. */
class InflightOverrunTest {
    private static final int SIZE = 4;
    private static final long AVAIL = 0x1000;
    private static final long USED = 0x2000;
    private static final long RECORD = 0x3000;
    private static final long VERSION_1 = 1L << 32;
    private static final long PACKED = 1L << 34;

    @Test
    void aSplitRingOffersHeadsAgainBeforeTheyWereShown() throws Exception {
        try (GuestMemory memory = GuestMemory.allocate(0x10000)) {
            Virtqueue queue = queue(memory, VERSION_1, 0);
            DescriptorChain chain = chain(memory);
            for (int i = 1; i <= 3 * SIZE; i++) {
                NativeMemory.putShort(memory.hostAddress(AVAIL, 4) + 2, i);
                assertTrue(queue.pop(chain));
                queue.addUsed(chain, 0);
            }
            queue.publishUsed();
            assertEquals(3 * SIZE, NativeMemory.getShort(memory.hostAddress(USED, 4) + 2));
        }
    }

    @Test
    void aPackedRingThatIsFilledAgainTooEarlyIsBroken() throws Exception {
        try (GuestMemory memory = GuestMemory.allocate(0x10000)) {
            Virtqueue queue = queue(memory, VERSION_1 | PACKED, 0x80008000);
            DescriptorChain chain = chain(memory);
            for (int i = 0; i < SIZE; i++) {
                fill(memory, i, 0x80);
                assertTrue(queue.pop(chain));
                queue.addUsed(chain, 0);
            }
            fill(memory, 0, 0x8000);
            assertThrows(VirtioException.class, () -> queue.pop(chain));
        }
    }

    @Test
    void aPackedRecordWithIdsOfNoChainLosesNoEntries() throws Exception {
        try (GuestMemory memory = GuestMemory.allocate(0x10000)) {
            queue(memory, VERSION_1 | PACKED, 0x80008000);
            long record = memory.hostAddress(RECORD, 1);
            NativeMemory.putInt(record + 12, 2 | 2 << 16); // The free list begins behind them.
            for (int i = 0; i < 2; i++) {
                long entry = record + 32 + 32L * i;
                NativeMemory.putByte(entry, 1);
                NativeMemory.putShort(entry + 6, 1);
                NativeMemory.putShort(entry + 16, SIZE + 95);
            }
            Virtqueue queue = queue(memory, VERSION_1 | PACKED, 0x80008000);
            DescriptorChain chain = chain(memory);
            for (int i = 0; i < 2; i++) {
                assertTrue(queue.pop(chain));
                queue.addUsed(chain, 0);
                queue.publishUsed();
            }
            for (int i = 0; i < SIZE; i++) {
                int slot = (2 + i) % SIZE;
                fill(memory, slot, i < 2 ? 0x80 : 0x8000);
                assertTrue(queue.pop(chain));
            }
        }
    }

    private static DescriptorChain chain(GuestMemory memory) {
        return new DescriptorChain(new IovecArray(memory.hostAddress(0x9000, 1), 4));
    }

    private static void fill(GuestMemory memory, int slot, int flags) {
        long at = memory.hostAddress(16L * slot, 16);
        NativeMemory.putLong(at, 0x8000);
        NativeMemory.putInt(at + 8, 16);
        NativeMemory.putShort(at + 12, slot);
        NativeMemory.putShort(at + 14, flags);
    }

    private static Virtqueue queue(GuestMemory memory, long features, int base) throws Exception {
        return new VirtqueueConfig(SIZE, 0, AVAIL, USED, base, memory.hostAddress(RECORD, 1))
                .activate(memory, features);
    }
}
