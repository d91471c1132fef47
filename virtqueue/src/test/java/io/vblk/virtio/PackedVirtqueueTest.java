// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static io.vblk.virtio.GuestRam.NEXT;
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

class PackedVirtqueueTest {
    private static final int SIZE = 8;
    private static final long DATA = 0x80000;

    private PackedRig rig = new PackedRig(SIZE, 64, 0);

    @AfterEach
    void close() {
        rig.close();
    }

    private void reopen(int size, long features) {
        rig.close();
        rig = new PackedRig(size, 64, features);
    }

    /** Another device side of the same ring. */
    private Virtqueue activate(int base, long features) throws VirtioException {
        VirtqueueConfig at = rig.rings;
        return new VirtqueueConfig(at.size(), at.descAddress(), at.availAddress(),
                at.usedAddress(), base)
                .activate(rig.ram.memory(), VirtioFeatures.RING_PACKED | features);
    }

    private void offer(int id) {
        rig.put(DATA + id % SIZE, 1, id, WRITE);
    }

    // ------------------------------------------------------------------ availability

    @ParameterizedTest
    @CsvSource({"0x0000, true", "0x8080, true", "0x8000, true", "0x0000, false",
        "0x8080, false", "0x0080, false"})
    void takesNothingWhoseFlagsAreOfAnotherRound(int flags, boolean wrap) throws VirtioException {
        Virtqueue queue = activate(wrap ? 0x80008000 : 0, 0);
        // The other flags as a driver may leave them.
        rig.ring.put(0, DATA, 1, 0, flags | 0x7F78 | WRITE);
        assertTrue(queue.isEmpty());
        assertFalse(queue.pop(rig.chain));
        rig.ring.putFlags(0, PackedFields.availableFlags(wrap));
        assertFalse(queue.isEmpty());
        assertTrue(queue.pop(rig.chain));
    }

    @Test
    void forgetsWhatIsTakenBackBeforeItIsPopped() throws VirtioException {
        offer(1);
        assertFalse(rig.queue.isEmpty());
        rig.ring.putFlags(0, 0);
        assertTrue(rig.queue.isEmpty());
        assertFalse(rig.queue.pop(rig.chain));
        assertEquals(0x80008000, rig.queue.base());
    }

    @Test
    void writesUsedWhereItsOwnPlaceIsWhateverTheFlagsHaveBecome() {
        offer(1);
        rig.pop();
        rig.ring.putFlags(0, 0xFFFF);
        assertEquals("id 1 len 1 written", rig.use(1, 1));
        offer(2);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals("id 2 len 0", rig.use(0, 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8})
    void takesAFullRingInAnyRound(int size) throws VirtioException {
        reopen(size, 0);
        for (int round = 0; round < 4; round++) {
            DescriptorChain[] chains = new DescriptorChain[size];
            for (int i = 0; i < size; i++) {
                rig.put(DATA, 1, size - 1 - i, 0);
            }
            for (int i = 0; i < size; i++) {
                chains[i] = rig.another();
                assertTrue(rig.queue.pop(chains[i]));
                assertEquals(size - 1 - i, chains[i].head());
            }
            assertTrue(rig.queue.isEmpty());
            assertFalse(rig.queue.pop(rig.another()));
            for (DescriptorChain chain : chains) {
                rig.queue.addUsed(chain, 0);
                rig.queue.publishUsed();
                assertEquals("id " + chain.head() + " len 0", rig.nextUsed(1));
            }
            int offWrap = round % 2 == 0 ? 0 : 0x8000;
            assertEquals(offWrap | offWrap << 16, rig.queue.base());
        }
    }

    @Test
    void breaksTheRingThatOffersMoreThanItHas() throws VirtioException {
        reopen(2, 0);
        rig.put(DATA, 1, 0, 0).put(DATA, 1, 1, 0);
        rig.queue.pop(rig.another());
        rig.queue.pop(rig.another());
        // Both are in flight, and yet the first slot is available in the next round.
        rig.put(DATA, 1, 0, 0);
        assertThrows(VirtioException.class, () -> rig.queue.pop(rig.another()));
        assertEquals(0x80000000, rig.queue.base(), "nothing more is popped");
    }

    // ------------------------------------------------------------------ buffer ids

    @ParameterizedTest
    @ValueSource(ints = {SIZE, SIZE + 1, 0x7FFF, 0x8000, 0xFFFF})
    void givesBackChainsWithIdsOutOfRange(int id) {
        offer(id);
        assertEquals(ChainFault.HEAD_OUT_OF_RANGE, rig.pop());
        assertEquals("", rig.segments());
        assertEquals("id " + id + " len 0", rig.use(0, 1));
        offer(SIZE - 1);
        assertEquals(ChainFault.NONE, rig.pop());
        assertEquals("id " + (SIZE - 1) + " len 1 written", rig.use(1, 1));
    }

    @Test
    void givesBackChainsWithAnIdThatIsInFlight() throws VirtioException {
        offer(4);
        DescriptorChain first = rig.another();
        rig.queue.pop(first);
        rig.put(DATA, 1, 0, NEXT).put(DATA, 1, 4, WRITE);
        assertEquals(ChainFault.HEAD_IN_USE, rig.pop());
        assertEquals("", rig.segments());
        assertEquals("id 4 len 0", rig.use(0, 2));
        // The second one did not free the id.
        offer(4);
        assertEquals(ChainFault.HEAD_IN_USE, rig.pop());
        assertEquals("id 4 len 0", rig.use(0, 1));
        rig.queue.addUsed(first, 9);
        rig.queue.publishUsed();
        assertEquals("id 4 len 9 written", rig.nextUsed(1));
        offer(4);
        assertEquals(ChainFault.NONE, rig.pop());
    }

    // ------------------------------------------------------------------ used descriptors

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 512, 0x7FFFFFFFL, 0x80000000L, 0xFFFFFFFFL})
    void writesTheLengthAsGivenAndWhetherThereIsOne(long length) {
        offer(5);
        rig.pop();
        assertEquals("id 5 len " + length + (length == 0 ? "" : " written"), rig.use(length, 1));
    }

    @Test
    void showsUsedDescriptorsTogetherByTheFirstOne() throws VirtioException {
        DescriptorChain first = rig.another();
        rig.put(DATA, 1, 0, NEXT).put(DATA, 1, 6, 0);
        rig.queue.pop(first);
        offer(1);
        rig.pop();
        rig.queue.addUsed(first, 2);
        rig.queue.addUsed(rig.chain, 1);
        assertFalse(rig.ring.isUsed(0, true), "held back");
        assertTrue(rig.ring.isUsed(2, true), "written already, behind the one held back");
        rig.queue.publishUsed();
        assertEquals("id 6 len 2 written", rig.nextUsed(2));
        assertEquals("id 1 len 1 written", rig.nextUsed(1));
        rig.ring.putFlags(0, 0);
        rig.queue.publishUsed();
        assertEquals(0, rig.ring.flags(0), "shown once");
    }

    @Test
    void keepsTheOrderThatTheDriverAskedFor() throws VirtioException {
        reopen(SIZE, VirtioFeatures.IN_ORDER);
        DescriptorChain first = rig.another();
        rig.put(DATA, 1, 0, NEXT).put(DATA, 1, 6, 0);
        rig.queue.pop(first);
        offer(1);
        rig.pop();
        rig.queue.addUsed(rig.chain, 1);
        rig.queue.publishUsed();
        assertEquals("nothing", rig.nextUsed(2));
        rig.queue.addUsed(first, 2);
        rig.queue.publishUsed();
        assertEquals("id 6 len 2 written", rig.nextUsed(2));
        assertEquals("id 1 len 1 written", rig.nextUsed(1));
    }

    // ------------------------------------------------------------------ notifications

    @Test
    void firstDecisionCallsWhateverTheEvent() throws VirtioException {
        rig.ring.putDriverEvent(0x1234, PackedFields.DESC);
        Virtqueue queue = activate(0x80008000, VirtioFeatures.EVENT_IDX);
        assertTrue(queue.needsCall());
        assertFalse(queue.needsCall());
    }

    @Test
    void firstDecisionHeedsTheFlags() throws VirtioException {
        rig.ring.putDriverEvent(0, PackedFields.DISABLE);
        assertFalse(activate(0x80008000, 0).needsCall());
        assertFalse(activate(0x80008000, VirtioFeatures.EVENT_IDX).needsCall());
        rig.ring.putDriverEvent(0, PackedFields.ENABLE);
        assertTrue(activate(0x80008000, 0).needsCall());
    }

    // Reserved bits and values ask for a call: one too many does no harm, a lost one does.
    @ParameterizedTest
    @CsvSource({"0, 0x0000, true", "1, 0x0000, false", "2, 0x0000, true", "3, 0x0000, true",
        "0xFFFC, 0x1234, true", "0xFFFD, 0x1234, false", "0xFFFE, 0x1234, true",
        "0xFFFF, 0x1234, true"})
    void readsTheFlagsWithoutEventIndices(int flags, int offWrap, boolean wanted) {
        reopen(SIZE, 0);
        assertDecision(flags, offWrap, wanted);
    }

    // Positions 0 to 7 of the round with wrap counter 1; slot 1 is used.
    @ParameterizedTest
    @CsvSource({"0, 0x1234, true", "1, 0x8001, false", "2, 0x8001, true", "2, 0x8000, false",
        "2, 0x8002, false", "2, 0x0001, false", "3, 0x0000, true", "0xFFFE, 0x8001, true",
        "0xFFFD, 0x8001, false", "0xFFFC, 0x8002, true"})
    void readsTheFlagsWithEventIndices(int flags, int offWrap, boolean wanted) {
        reopen(SIZE, VirtioFeatures.EVENT_IDX);
        assertDecision(flags, offWrap, wanted);
    }

    private void assertDecision(int flags, int offWrap, boolean wanted) {
        offer(0);
        rig.pop();
        rig.use(0, 1);
        rig.queue.needsCall();
        rig.ring.putDriverEvent(offWrap, flags);
        offer(1);
        rig.pop();
        rig.use(0, 1);
        assertEquals(wanted, rig.queue.needsCall());
        assertFalse(rig.queue.needsCall(), "decided");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8})
    void survivesEventsBehindTheRing(int size) {
        reopen(size, VirtioFeatures.EVENT_IDX);
        int calls = 0;
        for (int offWrap = 0; offWrap <= 0xFFFF; offWrap += offWrap % 0x8000 < 40 ? 1 : 997) {
            rig.ring.putDriverEvent(offWrap, PackedFields.DESC);
            rig.put(DATA, 1, 0, 0);
            rig.pop();
            assertEquals("id 0 len 0", rig.use(0, 1));
            calls += rig.queue.needsCall() ? 1 : 0;
        }
        assertTrue(calls > 0);
        // Whatever was there before, the next right one is heeded.
        int at = rig.queue.base() & 0xFFFF;
        rig.ring.putDriverEvent(at, PackedFields.DESC);
        rig.put(DATA, 1, 0, 0);
        rig.pop();
        rig.use(0, 1);
        assertTrue(rig.queue.needsCall());
    }

    @Test
    void asksForKicksFromItsStartOn() throws VirtioException {
        rig.ring.putDeviceEvent(0xFFFF, PackedFields.DISABLE);
        assertTrue(activate(0x80008000, 0).kicksEnabled());
        assertEquals(PackedFields.ENABLE, rig.ring.deviceEventFlags());
        assertEquals(0, rig.ring.deviceEvent());
        activate(0x00058005, VirtioFeatures.EVENT_IDX);
        assertEquals(PackedFields.DESC, rig.ring.deviceEventFlags());
        assertEquals(0x8005, rig.ring.deviceEvent());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void switchesKicksByTheFlags(boolean eventIdx) {
        reopen(SIZE, eventIdx ? VirtioFeatures.EVENT_IDX : 0);
        rig.queue.disableKicks();
        assertFalse(rig.queue.kicksEnabled());
        assertEquals(PackedFields.DISABLE, rig.ring.deviceEventFlags());
        for (int slot = 0; slot < SIZE + 1; slot++) {
            offer(0);
            rig.pop();
            rig.use(0, 1);
        }
        assertEquals(PackedFields.DISABLE, rig.ring.deviceEventFlags(), "stays so");
        rig.queue.enableKicks();
        assertTrue(rig.queue.kicksEnabled());
        assertEquals(eventIdx ? PackedFields.DESC : PackedFields.ENABLE,
                rig.ring.deviceEventFlags());
        assertEquals(eventIdx ? 1 : 0, rig.ring.deviceEvent(), "slot 1, wrap counter 0");
    }
}
