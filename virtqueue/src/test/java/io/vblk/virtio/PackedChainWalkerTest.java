// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static io.vblk.virtio.GuestRam.INDIRECT;
import static io.vblk.virtio.GuestRam.NEXT;
import static io.vblk.virtio.GuestRam.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One test for each rule of virtio 1.3, 2.8.6 and 2.8.7 that a driver can break. */
class PackedChainWalkerTest {
    private static final long DATA = 0x80000;
    private static final long TABLE = 0x40000;
    private static final int SIZE = 8;

    private PackedRig rig = new PackedRig(SIZE, 64, VirtioFeatures.INDIRECT_DESC);

    @AfterEach
    void close() {
        rig.close();
    }

    private void reopen(int size, int segmentsMax, long features) {
        rig.close();
        rig = new PackedRig(size, segmentsMax, features);
    }

    private void entry(int index, long address, long length, int flags) {
        rig.ram.putDescriptor(TABLE, index, address, length, 0xDEAD, flags);
    }

    private void table(long entries) {
        rig.put(TABLE, 16 * entries, 3, INDIRECT);
    }

    /** The chain, of so many slots and with id 3, is faulty and empty. */
    private void assertFails(ChainFault fault, int slots) {
        assertEquals(fault, rig.pop());
        assertEquals("", rig.segments());
        assertEquals(0, rig.chain.readableBytes());
        assertEquals(0, rig.chain.writableBytes());
        assertEquals(0, rig.chain.lastWritableByte());
        assertEquals("id 3 len 0", rig.use(0, slots));
    }

    /** The queue goes on behind the faulty chain, with the same id. */
    private void assertGoesOn() {
        rig.put(DATA, 1, 3, WRITE);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals("w80000+1", rig.segments());
        assertEquals("id 3 len 1 written", rig.use(1, 1));
    }

    // ------------------------------------------------------------------ direct chains

    @Test
    void takesTheBufferIdOfTheLastDescriptor() {
        // 2.8.6: those of the others mean nothing, even if they are out of range.
        rig.put(DATA, 16, 0xFFFF, NEXT).put(DATA + 16, 512, 7, NEXT | WRITE)
                .put(DATA + 600, 1, 5, WRITE);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals(5, rig.chain.head());
        assertEquals("r80000+16 w80010+512 w80258+1", rig.segments());
        assertEquals("id 5 len 513 written", rig.use(513, 3));
    }

    @Test
    void takesChainAsLongAsTheRingFromAnySlot() {
        for (int start = 0; start < 2 * SIZE; start++) {
            for (int i = 0; i < SIZE; i++) {
                rig.put(DATA + i, 1, 3, i + 1 < SIZE ? NEXT : 0);
            }
            assertEquals(ChainFault.NONE, rig.pop());
            assertEquals(SIZE, rig.chain.readableCount());
            assertEquals("id 3 len 0", rig.use(0, SIZE));
            assertGoesOn();
        }
    }

    @Test
    void ignoresUnknownFlags() {
        rig.put(DATA, 1, 3, 0x7F78 | WRITE);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals("w80000+1", rig.segments());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0x80, 0x8000, 0x8080})
    void asksForTheFlagsOfTheFirstDescriptorOnly(int flags) {
        // 2.8.6: a driver writes the flags of the first one last, so they speak for all.
        rig.ring.put(1, DATA + 1, 1, 3, flags | WRITE);
        rig.put(DATA, 1, 3, NEXT);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals("r80000+1 w80001+1", rig.segments());
    }

    @Test
    void noticesReadableBehindWritableAndGoesOnBehindTheChain() {
        rig.put(DATA, 1, 0, WRITE | NEXT).put(DATA + 1, 1, 0, NEXT).put(DATA + 2, 1, 3, WRITE);
        assertEquals(ChainFault.READABLE_AFTER_WRITABLE, rig.pop());
        assertEquals("w80000+1 w80002+1", rig.segments());
        assertEquals("id 3 len 0", rig.use(0, 3));
        assertGoesOn();
    }

    @Test
    void noticesRangesOutsideOfMemory() {
        long[][] ranges = {
            {ChainRig.END, 1}, {ChainRig.END - 1, 2}, {ChainRig.ISLAND - 1, 1},
            {Long.MAX_VALUE, 16}, {Long.MIN_VALUE, 16}, {-1L, 1}, {-1L, 2}, {-16L, 32},
            {-0xFFFFFFFFL, 0xFFFFFFFFL},
        };
        for (long[] range : ranges) {
            rig.put(range[0], range[1], 0, NEXT).put(DATA, 1, 3, WRITE);
            assertEquals(ChainFault.OUTSIDE_MEMORY, rig.pop(), Long.toHexString(range[0]));
            assertEquals(1, rig.chain.writableCount(), "the status byte can be reached");
            assertEquals("id 3 len 1 written", rig.use(1, 2));
        }
        assertGoesOn();
    }

    @Test
    void findsTheEndOfAChainWithMoreSegmentsThanFit() {
        reopen(SIZE, 2, 0);
        rig.put(DATA, 1, 0, NEXT).put(DATA, 1, 0, NEXT).put(DATA, 1, 0, NEXT)
                .put(DATA, 1, 3, WRITE);
        assertFails(ChainFault.TOO_MANY_SEGMENTS, 4);
        assertGoesOn();
    }

    // ------------------------------------------------------------------ chains without end

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8})
    void breaksTheRingOnAChainLongerThanIt(int size) {
        reopen(size, 64, 0);
        for (int i = 0; i < size; i++) {
            rig.put(DATA, 1, 0, NEXT);
        }
        for (int attempt = 0; attempt < 3; attempt++) {
            assertThrows(VirtioException.class, () -> rig.queue.pop(rig.chain));
            assertEquals(0x80008000, rig.queue.base(), "nothing is popped");
        }
    }

    @Test
    void breaksTheRingOnAChainThatRunsIntoOneInFlight() {
        rig.put(DATA, 1, 0, NEXT).put(DATA, 1, 1, 0);
        assertEquals(ChainFault.NONE, rig.pop());
        for (int i = 0; i < SIZE - 2; i++) {
            rig.put(DATA, 1, 2, NEXT);
        }
        assertThrows(VirtioException.class, () -> rig.queue.pop(rig.another()));
    }

    @Test
    void takesAChainUpToOneInFlight() throws VirtioException {
        rig.put(DATA, 1, 0, NEXT).put(DATA, 1, 1, 0);
        assertEquals(ChainFault.NONE, rig.pop());
        for (int i = 0; i < SIZE - 2; i++) {
            rig.put(DATA, 1, 2, i + 3 < SIZE ? NEXT : 0);
        }
        DescriptorChain second = rig.another();
        rig.queue.pop(second);
        assertEquals(ChainFault.NONE, second.fault());
        assertEquals(SIZE - 2, second.readableCount());
        assertFalse(rig.queue.pop(rig.another()), "the ring is full");
    }

    // ------------------------------------------------------------------ indirect tables

    @Test
    void takesTheEntriesOfATableInOrderWhateverTheyContainBesides() {
        // 2.8.7: only WRITE counts, the id and NEXT are for a device to ignore.
        table(3);
        entry(0, DATA, 1, 0xFFF8);
        entry(1, DATA + 1, 1, NEXT);
        entry(2, DATA + 2, 1, NEXT | WRITE);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals("r80000+1 r80001+1 w80002+1", rig.segments());
        assertEquals("id 3 len 1 written", rig.use(1, 1));
    }

    @Test
    void takesATableBehindDirectDescriptors() {
        rig.put(DATA, 1, 0, NEXT).put(DATA + 1, 1, 0, NEXT).put(TABLE, 32, 3, INDIRECT | WRITE);
        entry(0, DATA + 2, 1, 0);
        entry(1, DATA + 3, 1, WRITE);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals("r80000+1 r80001+1 r80002+1 w80003+1", rig.segments());
        assertEquals("id 3 len 1 written", rig.use(1, 3));
    }

    @Test
    void refusesATableThatIsNotTheLast() {
        entry(0, DATA, 1, 0);
        rig.put(TABLE, 16, 0, INDIRECT | NEXT).put(DATA, 1, 3, WRITE);
        assertFails(ChainFault.INDIRECT_NOT_ALLOWED, 2);
        assertGoesOn();
    }

    @Test
    void refusesATableWithoutTheFeature() {
        reopen(SIZE, 64, 0);
        entry(0, DATA, 1, 0);
        table(1);
        assertFails(ChainFault.INDIRECT_NOT_ALLOWED, 1);
        assertGoesOn();
    }

    @Test
    void refusesATableInATable() {
        table(2);
        entry(0, DATA, 1, 0);
        entry(1, TABLE, 16, INDIRECT);
        assertFails(ChainFault.INDIRECT_NOT_ALLOWED, 1);
        assertGoesOn();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 8, 15, 17, 24, 0xFFFFFFFFL})
    void refusesATableOfOddLength(long length) {
        rig.put(TABLE, length, 3, INDIRECT);
        assertFails(ChainFault.BAD_INDIRECT_TABLE, 1);
        assertGoesOn();
    }

    @Test
    void refusesATableOutsideOfMemory() {
        long[][] tables = {
            {ChainRig.END, 1}, {ChainRig.END - 16, 2}, {ChainRig.END - 8, 1},
            {ChainRig.ISLAND - 8, 1}, {-16, 1}, {-16, 2}, {-8, 1}, {0, 0xFFFFFFFL},
        };
        for (long[] table : tables) {
            rig.put(table[0], 16 * table[1], 3, INDIRECT);
            assertFails(ChainFault.BAD_INDIRECT_TABLE, 1);
        }
        assertGoesOn();
    }

    @Test
    void takesATableLongerThanTheRingIfItsSegmentsFit() {
        for (int i = 0; i < 65; i++) {
            entry(i, DATA + i, 1, 0);
        }
        table(64);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals(64, rig.chain.readableCount());
        rig.use(0, 1);
        table(65);
        assertFails(ChainFault.TOO_MANY_SEGMENTS, 1);
        assertGoesOn();
    }

    @Test
    void boundsTheWalkThroughAHugeTable() {
        // All entries are empty: none of them takes room.
        table(ChainRig.REGION / 32);
        assertFails(ChainFault.TOO_MANY_SEGMENTS, 1);
        assertGoesOn();
    }
}
