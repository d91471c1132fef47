// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static io.vblk.virtio.GuestRam.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SplitVirtqueueTest {
    private static final int SIZE = 8;
    private static final long DATA = 0x80000;

    private final ChainRig rig = ChainRig.ofSize(SIZE);

    SplitVirtqueueTest() {
        for (int i = 0; i < SIZE; i++) {
            rig.put(i, DATA + i, 1, WRITE, 0);
        }
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private Virtqueue activate(int base, long features) throws VirtioException {
        VirtqueueConfig at = rig.rings;
        return new VirtqueueConfig(at.size(), at.descAddress(), at.availAddress(),
                at.usedAddress(), base).activate(rig.ram.memory(), features);
    }

    // ------------------------------------------------------------------ available index

    @ParameterizedTest
    @CsvSource({
        // more than the ring holds
        "0, 9", "0, 16", "0, 32768", "65530, 3", "65535, 8",
        // backwards
        "5, 4", "0, 65535", "3, 65535", "65535, 65534",
    })
    void refusesJumpsOfTheIndex(int base, int idx) throws VirtioException {
        Virtqueue queue = activate(base, 0);
        rig.ram.putAvailIdx(rig.rings, idx);
        for (int attempt = 0; attempt < 3; attempt++) {
            assertThrows(VirtioException.class, () -> queue.pop(rig.chain));
            assertEquals(base, queue.base(), "nothing is popped");
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 9", "5, 4"})
    void refusesJumpsThatWereSeenByALookAtTheRing(int base, int idx) throws VirtioException {
        Virtqueue queue = activate(base, 0);
        rig.ram.putAvailIdx(rig.rings, idx);
        assertFalse(queue.isEmpty());
        assertThrows(VirtioException.class, () -> queue.pop(rig.chain));
        assertEquals(base, queue.base(), "nothing is popped");
    }

    @Test
    void refusesJumpBehindChainsThatWereGood() throws VirtioException {
        rig.offer(0);
        rig.offer(1);
        rig.popNext();
        rig.popNext();
        rig.ram.putAvailIdx(rig.rings, 1);
        assertThrows(VirtioException.class, () -> rig.queue.pop(rig.chain));
        assertEquals(2, rig.queue.base());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65528, 65529, 65535})
    void takesAFullRingAtAnyIndex(int base) throws VirtioException {
        Virtqueue queue = activate(base, 0);
        for (int i = 0; i < SIZE; i++) {
            rig.ram.putAvail(rig.rings, (base + i) & 0xFFFF, SIZE - 1 - i);
        }
        rig.ram.putAvailIdx(rig.rings, (base + SIZE) & 0xFFFF);
        for (int i = 0; i < SIZE; i++) {
            assertTrue(queue.pop(rig.chain));
            assertEquals(SIZE - 1 - i, rig.chain.head());
        }
        assertFalse(queue.pop(rig.chain));
        assertEquals((base + SIZE) & 0xFFFF, queue.base());
    }

    // ------------------------------------------------------------------ used ring

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 512, 0x7FFFFFFFL, 0x80000000L, 0xFFFFFFFFL})
    void writesTheLengthAsGiven(long length) {
        rig.pop(5);
        assertEquals("id 5 len " + length, rig.use(length));
    }

    @Test
    void showsUsedElementsTogether() {
        rig.offer(0);
        rig.offer(1);
        DescriptorChain first = new DescriptorChain(rig.chain.segments());
        try {
            rig.queue.pop(first);
        } catch (VirtioException e) {
            throw new AssertionError(e);
        }
        rig.popNext();
        rig.queue.addUsed(rig.chain, 1);
        rig.queue.addUsed(first, 2);
        assertEquals(0, rig.ram.usedIdx(rig.rings));
        rig.queue.publishUsed();
        assertEquals(2, rig.ram.usedIdx(rig.rings));
        assertEquals(1, rig.ram.usedId(rig.rings, 0));
        assertEquals(0, rig.ram.usedId(rig.rings, 1));
        rig.queue.publishUsed();
        assertEquals(2, rig.ram.usedIdx(rig.rings));
    }

    @Test
    void goesOnInTheUsedRingWhereItsIndexIs() throws VirtioException {
        // Two chains were taken by an earlier device side and never used.
        rig.ram.putUsedIdx(rig.rings, 3);
        rig.ram.putAvail(rig.rings, 5, 7);
        rig.ram.putAvailIdx(rig.rings, 6);
        Virtqueue queue = activate(5, 0);
        queue.pop(rig.chain);
        queue.addUsed(rig.chain, 9);
        queue.publishUsed();
        assertEquals(4, rig.ram.usedIdx(rig.rings));
        assertEquals(7, rig.ram.usedId(rig.rings, 3));
        assertEquals(9, rig.ram.usedLength(rig.rings, 3));
    }

    // ------------------------------------------------------------------ notifications

    @Test
    void firstDecisionCallsWhateverTheEventIndex() throws VirtioException {
        rig.ram.putUsedEvent(rig.rings, 0x1234);
        Virtqueue queue = activate(0, VirtioFeatures.EVENT_IDX);
        assertTrue(queue.needsCall());
        assertFalse(queue.needsCall());
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 65_527, 65_535, 65_536, 65_537, 200_000})
    void callsForTheLastOfManyElementsShownSinceTheDecisionBefore(int elements)
            throws VirtioException {
        Virtqueue queue = activate(0, VirtioFeatures.EVENT_IDX);
        queue.needsCall();
        for (int i = 0; i < elements; i++) {
            if (i == elements - 9) {
                // The driver goes to sleep: it wants to hear of the next one.
                rig.ram.putUsedEvent(rig.rings, rig.ram.usedIdx(rig.rings));
            }
            rig.ram.putAvail(rig.rings, i, 3);
            rig.ram.putAvailIdx(rig.rings, i + 1);
            assertTrue(queue.pop(rig.chain));
            queue.addUsed(rig.chain, 0);
            queue.publishUsed();
        }
        assertTrue(queue.needsCall());
        assertFalse(queue.needsCall());
    }

    @Test
    void firstDecisionHeedsTheFlag() throws VirtioException {
        rig.ram.putAvailFlags(rig.rings, 1);
        assertFalse(activate(0, 0).needsCall());
        rig.ram.putAvailFlags(rig.rings, 0);
        assertTrue(activate(0, 0).needsCall());
    }

    @Test
    void asksForKicksFromItsStartOn() throws VirtioException {
        rig.ram.putUsedFlags(rig.rings, 1);
        assertTrue(activate(0, 0).kicksEnabled());
        assertEquals(0, rig.ram.usedFlags(rig.rings));
        activate(0xFFFE, VirtioFeatures.EVENT_IDX);
        assertEquals(0xFFFE, rig.ram.availEvent(rig.rings));
    }

    @Test
    void switchesKicksByFlagWithoutEventIndices() throws VirtioException {
        Virtqueue queue = activate(0, 0);
        queue.disableKicks();
        assertFalse(queue.kicksEnabled());
        assertEquals(1, rig.ram.usedFlags(rig.rings));
        queue.enableKicks();
        assertTrue(queue.kicksEnabled());
        assertEquals(0, rig.ram.usedFlags(rig.rings));
        assertEquals(0, rig.ram.availEvent(rig.rings));
    }

    @Test
    void leavesTheFlagAloneWithEventIndices() throws VirtioException {
        Virtqueue queue = activate(0, VirtioFeatures.EVENT_IDX);
        queue.disableKicks();
        assertFalse(queue.kicksEnabled());
        assertEquals(0xFFFF, rig.ram.availEvent(rig.rings), "passed already");
        rig.ram.putAvailIdx(rig.rings, 1);
        queue.pop(rig.chain);
        assertEquals(0xFFFF, rig.ram.availEvent(rig.rings), "stays there");
        queue.enableKicks();
        assertEquals(1, rig.ram.availEvent(rig.rings));
        assertEquals(0, rig.ram.usedFlags(rig.rings));
    }

    // ------------------------------------------------------------------ stop and go on

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void goesOnFromItsBaseOnANewObject(int featureBits) throws VirtioException {
        long features = (featureBits & 1) * VirtioFeatures.EVENT_IDX
                + (featureBits >> 1) * VirtioFeatures.INDIRECT_DESC;
        VirtqueueConfig rings = rig.ram.allocateRings(SIZE);
        ReferenceDriver driver = new ReferenceDriver(rig.ram, rings, 1, features);
        List<Integer> polled = new ArrayList<>();
        int base = 0;
        int added = 0;
        // Around the index, so that used.idx and the base differ in nothing but what is out.
        while (polled.size() < 70_000) {
            Virtqueue queue = new VirtqueueConfig(SIZE, rings.descAddress(),
                    rings.availAddress(), rings.usedAddress(), base)
                    .activate(rig.ram.memory(), features);
            while (driver.add(added, List.of(new ReferenceDriver.Buffer(DATA, 1, true)))) {
                added++;
            }
            driver.publish();
            // Some chains are left to the next object.
            int count = 1 + added % SIZE;
            for (int i = 0; i < count && queue.pop(rig.chain); i++) {
                queue.addUsed(rig.chain, 1);
            }
            queue.publishUsed();
            base = queue.base();
            while (driver.hasUsed()) {
                polled.add(driver.pollUsed().token());
            }
        }
        for (int i = 0; i < polled.size(); i++) {
            assertEquals(i, polled.get(i), "nothing lost, nothing twice");
        }
    }
}
