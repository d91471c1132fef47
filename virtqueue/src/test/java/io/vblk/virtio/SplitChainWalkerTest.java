// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static io.vblk.virtio.GuestRam.INDIRECT;
import static io.vblk.virtio.GuestRam.NEXT;
import static io.vblk.virtio.GuestRam.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One test for each rule of virtio 1.3, 2.7.4 and 2.7.5 that a driver can break. */
class SplitChainWalkerTest {
    private static final long DATA = 0x80000;
    private static final long TABLE = 0x40000;

    private ChainRig rig = ChainRig.ofSize(8);

    @AfterEach
    void close() {
        rig.close();
    }

    private void reopen(int size, int segmentsMax, long features) {
        rig.close();
        rig = new ChainRig(size, segmentsMax, features);
    }

    private void entry(int index, long address, long length, int flags, int next) {
        rig.ram.putDescriptor(TABLE, index, address, length, flags, next);
    }

    private void assertFails(ChainFault fault, int head) {
        assertEquals(fault, rig.pop(head));
        assertEquals("", rig.segments());
        assertEquals(0, rig.chain.readableBytes());
        assertEquals(0, rig.chain.writableBytes());
        assertEquals(-1, rig.lastWritable());
        assertEquals("id " + head + " len 0", rig.use(0));
    }

    /** The queue goes on after a fault, with the same head. */
    private void assertGoesOn(int head) {
        rig.put(head, DATA, 1, WRITE, 0);
        assertEquals(ChainFault.NONE, rig.pop(head));
        assertEquals("w" + DATA + "+1", rig.segments());
        assertEquals("id " + head + " len 1", rig.use(1));
    }

    // ------------------------------------------------------------------ good chains

    @Test
    void followsNextInAnyOrderOfDescriptors() {
        rig.put(5, DATA, 16, NEXT, 0)
                .put(0, DATA + 100, 512, NEXT | WRITE, 7)
                .put(7, DATA + 700, 1, WRITE, 3);
        assertEquals(ChainFault.NONE, rig.pop(5));
        assertEquals("r524288+16 w524388+512 w524988+1", rig.segments());
        assertEquals(16, rig.chain.readableBytes());
        assertEquals(513, rig.chain.writableBytes());
        assertEquals(DATA + 700, rig.lastWritable());
        assertEquals("id 5 len 513", rig.use(513));
    }

    @Test
    void takesChainAsLongAsTheQueue() {
        for (int i = 0; i < 8; i++) {
            rig.put(i, DATA + i, 1, i < 7 ? NEXT : 0, i + 1);
        }
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals(8, rig.chain.readableCount());
    }

    @Test
    void ignoresNextFieldWithoutTheFlag() {
        rig.put(0, DATA, 1, WRITE, 0xFFFF);
        assertEquals(ChainFault.NONE, rig.pop(0));
    }

    @Test
    void ignoresUnknownFlags() {
        rig.put(0, DATA, 1, 0xFFF8 | WRITE, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("w524288+1", rig.segments());
    }

    @ParameterizedTest
    @ValueSource(longs = {0x7FFFFFFFL, 0x80000000L, 0xFFFFFFFFL})
    void takesLengthsAsUnsigned(long length) {
        rig.put(0, DATA, length, 0, 0);
        assertEquals(ChainFault.OUTSIDE_MEMORY, rig.pop(0));
        assertEquals("r524288+524288 r1048576+1048576", rig.segments());
        rig.use(0);
        table(0, 1);
        entry(0, DATA, length, 0, 0);
        assertEquals(ChainFault.OUTSIDE_MEMORY, rig.pop(0));
        assertEquals("r524288+524288 r1048576+1048576", rig.segments());
    }

    @Test
    void skipsEmptyDescriptors() {
        rig.put(0, DATA, 0, NEXT, 1)
                .put(1, -1L, 0, NEXT, 2)
                .put(2, DATA, 4, NEXT, 3)
                .put(3, ChainRig.END, 0, WRITE, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("r524288+4", rig.segments());
        assertEquals(-1, rig.lastWritable());
    }

    @Test
    void stitchesRangeAcrossAdjoiningRegions() {
        rig.put(0, ChainRig.REGION - 3, 10, WRITE, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("w1048573+3 w1048576+7", rig.segments());
        assertEquals(10, rig.chain.writableBytes());
        assertEquals(ChainRig.REGION + 6, rig.lastWritable());
    }

    @Test
    void reachesTheLastByteOfMemory() {
        rig.put(0, ChainRig.END - 1, 1, WRITE, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals(ChainRig.END - 1, rig.lastWritable());
    }

    // ------------------------------------------------------------------ heads

    @ParameterizedTest
    @ValueSource(ints = {8, 9, 0x7FFF, 0x8000, 0xFFFF})
    void refusesHeadBeyondTheTable(int head) {
        assertFails(ChainFault.HEAD_OUT_OF_RANGE, head);
        assertGoesOn(0);
    }

    @Test
    void refusesHeadThatIsOutAlready() {
        rig.put(3, DATA, 1, WRITE, 0);
        rig.offer(3);
        rig.offer(3);
        DescriptorChain first = new DescriptorChain(rig.chain.segments());
        popInto(first);
        assertEquals(ChainFault.NONE, first.fault());
        assertEquals(ChainFault.HEAD_IN_USE, rig.popNext());
        assertEquals("", rig.segments());
        assertEquals("id 3 len 0", rig.use(0));
        // Using the second one does not free the head for a third one.
        assertFails(ChainFault.HEAD_IN_USE, 3);
        rig.queue.addUsed(first, 1);
        assertEquals(ChainFault.NONE, rig.pop(3));
    }

    private void popInto(DescriptorChain chain) {
        try {
            rig.queue.pop(chain);
        } catch (VirtioException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void refusesHeadOfFaultyChainThatWasNotUsedYet() {
        rig.put(3, DATA, 1, NEXT, 3);
        assertEquals(ChainFault.LOOP, rig.pop(3));
        DescriptorChain second = new DescriptorChain(rig.chain.segments());
        rig.offer(3);
        popInto(second);
        assertEquals(ChainFault.HEAD_IN_USE, second.fault());
    }

    // ------------------------------------------------------------------ loops and ranges

    @ParameterizedTest
    @ValueSource(ints = {8, 0x8000, 0xFFFF})
    void refusesNextBeyondTheTable(int next) {
        rig.put(0, DATA, 1, NEXT, 1).put(1, DATA, 1, NEXT | WRITE, next);
        assertFails(ChainFault.NEXT_OUT_OF_RANGE, 0);
        assertGoesOn(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void refusesLoops(int next) {
        rig.put(0, DATA, 1, NEXT, next).put(1, DATA, 0, NEXT, 0);
        assertFails(ChainFault.LOOP, 0);
        assertGoesOn(0);
    }

    @Test
    void refusesLoopBackIntoTheMiddle() {
        for (int i = 0; i < 8; i++) {
            rig.put(i, DATA, 1, NEXT, i < 7 ? i + 1 : 3);
        }
        assertFails(ChainFault.LOOP, 0);
    }

    @Test
    void endsLoopOfBadDescriptors() {
        rig.put(0, ChainRig.END, 1, NEXT | WRITE, 1).put(1, DATA, 1, NEXT, 0);
        assertFails(ChainFault.LOOP, 0);
    }

    @Test
    void refusesMoreSegmentsThanThereIsRoomFor() {
        reopen(8, 3, 0);
        rig.put(0, DATA, 1, NEXT, 1).put(1, DATA, 1, NEXT, 2).put(2, DATA, 1, NEXT, 3)
                .put(3, DATA, 0, NEXT, 4).put(4, DATA, 0, 0, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        rig.use(0);
        rig.put(4, DATA, 1, WRITE, 0);
        assertFails(ChainFault.TOO_MANY_SEGMENTS, 0);
        // Stitching takes room as well.
        rig.put(2, ChainRig.REGION - 1, 2, 0, 0);
        assertFails(ChainFault.TOO_MANY_SEGMENTS, 0);
    }

    // ------------------------------------------------------------------ memory and order

    @Test
    void noticesRangesOutsideOfMemory() {
        long[][] ranges = {
            {ChainRig.END, 1},
            {ChainRig.END - 1, 2},
            {ChainRig.ISLAND - 1, 1},
            {ChainRig.ISLAND + ChainRig.REGION, 1},
            {ChainRig.ISLAND + ChainRig.REGION - 1, 0xFFFFFFFFL},
            {Long.MAX_VALUE, 16},
            {Long.MIN_VALUE, 16},
            {-1L, 1},
            {-1L, 2},
            // Wraps around 2^64 into memory.
            {-16L, 32},
            {-0xFFFFFFFFL, 0xFFFFFFFFL},
        };
        for (long[] range : ranges) {
            String what = Long.toHexString(range[0]) + "+" + range[1];
            rig.put(0, DATA, 16, NEXT, 1).put(1, range[0], range[1], NEXT | WRITE, 2)
                    .put(2, DATA, 1, WRITE, 0);
            assertEquals(ChainFault.OUTSIDE_MEMORY, rig.pop(0), what);
            // The status byte behind it can be reached all the same.
            assertEquals(DATA, rig.lastWritable(), what);
            rig.use(1);
            rig.put(2, range[0], range[1], WRITE, 0);
            assertEquals(ChainFault.OUTSIDE_MEMORY, rig.pop(0), what);
            assertEquals(-1, rig.lastWritable(), what);
            rig.use(0);
        }
    }

    @Test
    void noticesReadableBehindWritable() {
        rig.put(0, DATA, 1, WRITE | NEXT, 1).put(1, DATA + 1, 1, NEXT, 2)
                .put(2, DATA + 2, 1, WRITE, 0);
        assertEquals(ChainFault.READABLE_AFTER_WRITABLE, rig.pop(0));
        assertEquals("w524288+1 w524290+1", rig.segments());
        assertEquals(DATA + 2, rig.lastWritable());
    }

    @Test
    void judgesOrderByDescriptorsThatAreEmptyOrOutsideToo() {
        rig.put(0, DATA, 0, WRITE | NEXT, 1).put(1, DATA, 1, 0, 0);
        assertEquals(ChainFault.READABLE_AFTER_WRITABLE, rig.pop(0));
        rig.use(0);
        rig.put(0, DATA, 1, WRITE | NEXT, 1).put(1, DATA, 0, 0, 0);
        assertEquals(ChainFault.READABLE_AFTER_WRITABLE, rig.pop(0));
        rig.use(0);
        // The first fault is the one that is told.
        rig.put(0, ChainRig.END, 1, WRITE | NEXT, 1).put(1, DATA, 1, 0, 0);
        assertEquals(ChainFault.OUTSIDE_MEMORY, rig.pop(0));
        assertEquals("", rig.segments());
    }

    @Test
    void forgetsFaultAndSegmentsOfTheChainBefore() {
        rig.put(0, DATA, 1, WRITE | NEXT, 1).put(1, ChainRig.END, 1, 0, 0);
        assertEquals(ChainFault.READABLE_AFTER_WRITABLE, rig.pop(0));
        rig.use(0);
        rig.put(0, DATA, 1, NEXT, 1).put(1, DATA + 1, 1, 0, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("r524288+1 r524289+1", rig.segments());
        assertEquals(-1, rig.lastWritable());
    }

    // ------------------------------------------------------------------ indirect tables

    private void table(int head, long entries) {
        rig.put(head, TABLE, 16 * entries, INDIRECT, 0);
    }

    @Test
    void takesTableBehindDirectDescriptors() {
        rig.put(0, DATA, 1, NEXT, 1).put(1, DATA + 1, 1, NEXT, 2);
        table(2, 2);
        entry(0, DATA + 2, 1, NEXT, 1);
        entry(1, DATA + 3, 1, WRITE, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("r524288+1 r524289+1 r524290+1 w524291+1", rig.segments());
    }

    @Test
    void ignoresWriteFlagOfTheDescriptorOfATable() {
        rig.put(0, TABLE, 16, INDIRECT | WRITE, 0);
        entry(0, DATA, 1, 0, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("r524288+1", rig.segments());
    }

    @Test
    void takesTableAtAnyAddress() {
        rig.put(0, TABLE + 7, 32, INDIRECT, 0);
        rig.ram.putDescriptor(TABLE + 7, 0, DATA, 1, NEXT, 1);
        rig.ram.putDescriptor(TABLE + 7, 1, DATA + 1, 2, WRITE, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("r524288+1 w524289+2", rig.segments());
    }

    @Test
    void takesTableLongerThanTheQueueIfItsSegmentsFit() {
        table(0, 64);
        for (int i = 0; i < 64; i++) {
            entry(i, DATA + i, 1, i < 63 ? NEXT : 0, i + 1);
        }
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals(64, rig.chain.readableCount());
        rig.use(0);
        table(0, 65);
        entry(63, DATA, 1, NEXT, 64);
        assertFails(ChainFault.TOO_MANY_SEGMENTS, 0);
    }

    @Test
    void takesTableWithinTheQueueSizeWhateverItsEmptyEntries() {
        reopen(8, 2, VirtioFeatures.INDIRECT_DESC);
        table(0, 8);
        for (int i = 0; i < 8; i++) {
            entry(i, DATA, i / 6, i < 7 ? NEXT : 0, i + 1);
        }
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("r524288+1 r524288+1", rig.segments());
    }

    @Test
    void boundsTheWalkThroughAHugeTable() {
        reopen(8, 2, VirtioFeatures.INDIRECT_DESC);
        table(0, ChainRig.REGION / 32);
        entry(0, DATA, 0, NEXT, 0);
        assertFails(ChainFault.TOO_MANY_SEGMENTS, 0);
        assertGoesOn(0);
    }

    @Test
    void refusesTableWithoutTheFeature() {
        reopen(8, 64, 0);
        table(0, 1);
        entry(0, DATA, 1, 0, 0);
        assertFails(ChainFault.INDIRECT_NOT_ALLOWED, 0);
        assertGoesOn(0);
    }

    @Test
    void refusesTableThatIsNotTheLast() {
        rig.put(0, TABLE, 16, INDIRECT | NEXT, 1).put(1, DATA, 1, WRITE, 0);
        entry(0, DATA, 1, 0, 0);
        assertFails(ChainFault.INDIRECT_NOT_ALLOWED, 0);
    }

    @Test
    void refusesTableInATable() {
        table(0, 2);
        entry(0, DATA, 1, NEXT, 1);
        entry(1, TABLE, 16, INDIRECT, 0);
        assertFails(ChainFault.INDIRECT_NOT_ALLOWED, 0);
        assertGoesOn(0);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 8, 15, 17, 24, 0xFFFFFFFFL})
    void refusesTableOfOddLength(long length) {
        rig.put(0, TABLE, length, INDIRECT, 0);
        assertFails(ChainFault.BAD_INDIRECT_TABLE, 0);
        assertGoesOn(0);
    }

    @Test
    void refusesTableOutsideOfMemory() {
        long[][] tables = {
            {ChainRig.END, 1},
            {ChainRig.END - 16, 2},
            {ChainRig.END - 8, 1},
            {ChainRig.ISLAND - 8, 1},
            {-16, 1},
            {-16, 2},
            {-8, 1},
            {0, 0xFFFFFFFL},
        };
        for (long[] table : tables) {
            rig.put(0, table[0], 16 * table[1], INDIRECT, 0);
            assertFails(ChainFault.BAD_INDIRECT_TABLE, 0);
        }
        assertGoesOn(0);
    }

    @Test
    void refusesNextBeyondTheTableOfItsOwn() {
        table(0, 2);
        entry(0, DATA, 1, NEXT, 2);
        entry(2, DATA, 1, 0, 0);
        assertFails(ChainFault.NEXT_OUT_OF_RANGE, 0);
    }

    @Test
    void refusesLoopInATable() {
        table(0, 3);
        entry(0, DATA, 1, NEXT, 1);
        entry(1, DATA, 1, NEXT, 2);
        entry(2, DATA, 1, NEXT, 1);
        assertFails(ChainFault.LOOP, 0);
        assertGoesOn(0);
    }

    // Each offset puts the border between two regions at another place of the second entry.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 7, 8, 9, 11, 12, 13, 14, 15, 16})
    void takesTableAcrossAdjoiningRegions(int offset) {
        long table = ChainRig.REGION - 16 - offset;
        rig.put(0, table, 48, INDIRECT, 0);
        rig.ram.putDescriptor(table, 0, 0x70001, 0x1FF, NEXT, 1);
        rig.ram.putDescriptor(table, 1, ChainRig.ISLAND + 0x81, 0x81, NEXT | WRITE, 2);
        rig.ram.putDescriptor(table, 2, 0x70301, 1, WRITE, 0);
        assertEquals(ChainFault.NONE, rig.pop(0));
        assertEquals("r458753+511 w8388737+129 w459521+1", rig.segments());
        rig.use(0);
        rig.ram.putDescriptor(table, 1, 0x70000, 1, NEXT, 3);
        assertFails(ChainFault.NEXT_OUT_OF_RANGE, 0);
        rig.ram.putDescriptor(table, 1, 0x70000, 1, NEXT, 0x8000);
        assertFails(ChainFault.NEXT_OUT_OF_RANGE, 0);
        rig.ram.putDescriptor(table, 1, 0x7000000000000L, 0x80000000L, NEXT, 2);
        assertEquals(ChainFault.OUTSIDE_MEMORY, rig.pop(0));
        assertEquals("r458753+511 w459521+1", rig.segments());
    }

    @Test
    void refusesTableThatLeavesMemoryBehindAnAdjoiningRegion() {
        long table = ChainRig.REGION - 8;
        rig.put(0, table, 16 * (ChainRig.REGION / 16 + 1), INDIRECT, 0);
        assertFails(ChainFault.BAD_INDIRECT_TABLE, 0);
    }
}
