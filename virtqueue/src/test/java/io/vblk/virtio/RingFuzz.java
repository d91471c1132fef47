// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.virtio.FuzzRing.FuzzUsed;
import io.vblk.virtio.PlainChain.Segment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One input on one ring, and what has to hold whatever the guest does: each chain is what
 * {@link PlainChain} makes of it, each used element is what was given back, nothing but the
 * device's part of guest memory changes, and a good chain is served in the end. Thread: one.
 *
 * <pre>
 *   input: features 1 (bit 0 event indices, 1 indirect tables, 2 IN_ORDER), ring 1, base 1,
 *          segments of a chain 1, then the script of FuzzScript
 * </pre>
 */
final class RingFuzz implements FuzzScript.Device {
    private static final int HELD_MAX = 64;
    private static final int SEGMENTS_MAX = 24;
    private static final FuzzMemory MEMORY = new FuzzMemory();
    private static final MappedMemory IOVECS = iovecs();

    private static final List<Segment> GOOD = List.of(new Segment(0x600, 16, false),
            new Segment(FuzzMemory.SECOND + 0x200, 512, true), new Segment(0x700, 1, true));

    /** A chain that was popped. */
    private static final class Held {
        private final DescriptorChain chain;
        private final int iovecs;
        private final int slots;
        private FuzzUsed used;

        Held(DescriptorChain chain, int iovecs, int slots) {
            this.chain = chain;
            this.iovecs = iovecs;
            this.slots = slots;
        }
    }

    private final FuzzInput input;
    private final FuzzRing ring;
    private final long features;
    private final boolean inOrder;
    private final int segmentsMax;
    private Virtqueue queue;
    private int base;
    /** In the order of popping; with IN_ORDER also used ones that wait for others. */
    private final List<Held> held = new ArrayList<>();
    private final Set<Integer> idsOut = new HashSet<>();
    private final boolean[] iovecsTaken = new boolean[HELD_MAX];
    /** The chain that the last pop gave, or null. */
    private DescriptorChain popped;
    private int writtenSlots;

    private RingFuzz(byte[] bytes, boolean packed) {
        input = new FuzzInput(bytes);
        int choice = input.next8();
        inOrder = (choice & 4) != 0;
        features = ((choice & 1) != 0 ? VirtioFeatures.EVENT_IDX : 0)
                | ((choice & 2) != 0 ? VirtioFeatures.INDIRECT_DESC : 0)
                | (inOrder ? VirtioFeatures.IN_ORDER : 0)
                | (packed ? VirtioFeatures.RING_PACKED : 0);
        MEMORY.clear();
        ring = FuzzRing.of(MEMORY, packed, input.next8());
        int start = input.next8();
        segmentsMax = 1 + input.next8() % SEGMENTS_MAX;
        activate(ring.start(start));
    }

    private static MappedMemory iovecs() {
        try {
            return MappedMemory.anonymous((long) HELD_MAX * SEGMENTS_MAX * 16);
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Plays an input; fails with an AssertionError or whatever the queue throws. */
    static void play(byte[] bytes, boolean packed) {
        RingFuzz fuzz = new RingFuzz(bytes, packed);
        FuzzScript script = new FuzzScript(fuzz.input, MEMORY, fuzz.ring, fuzz);
        boolean whole = script.play() && fuzz.drain();
        if (!whole) {
            // The ring is broken: what was popped is given back all the same.
            fuzz.useAll();
            fuzz.show();
            fuzz.activate(fuzz.ring.start(0));
        }
        fuzz.serveGood();
    }

    private void activate(int from) {
        base = from & 0xFFFF;
        ring.activated(from);
        MEMORY.note();
        try {
            queue = ring.config(from).activate(MEMORY.memory(), features);
        } catch (VirtioException e) {
            throw new AssertionError(e);
        }
        checkMemory();
        assertEquals(from, queue.base(), "base");
        assertTrue(queue.kicksEnabled(), "kicks");
    }

    private void checkMemory() {
        ring.allowDeviceAreas();
        assertUnchanged();
    }

    private static void assertUnchanged() {
        long at = MEMORY.changed();
        assertTrue(at < 0, () -> "guest memory has changed at " + Long.toHexString(at));
    }

    // ------------------------------------------------------------------ steps of the device

    @Override
    public int base() {
        return base;
    }

    @Override
    public boolean pop() {
        int iovecs = 0;
        while (iovecs < HELD_MAX && iovecsTaken[iovecs]) {
            iovecs++;
        }
        if (iovecs == HELD_MAX) {
            return use(0, 0) && pop();
        }
        int slotsOut = 0;
        for (Held each : held) {
            slotsOut += each.slots;
        }
        PlainChain expected = ring.next(
                base, slotsOut, VirtioFeatures.has(features, VirtioFeatures.INDIRECT_DESC),
                segmentsMax);
        DescriptorChain chain = new DescriptorChain(new IovecArray(
                IOVECS.address() + (long) iovecs * SEGMENTS_MAX * 16, segmentsMax));
        MEMORY.note();
        try {
            popped = queue.pop(chain) ? chain : null;
        } catch (VirtioException e) {
            assertUnchanged();
            boolean full = inOrder && held.size() == ring.size;
            assertTrue(expected != null && (full || expected.slots() == PlainChain.ENDLESS),
                    "a good ring is called broken");
            return false;
        }
        assertUnchanged();
        assertEquals(expected != null, popped != null, "something is available");
        if (popped != null) {
            assertNotEquals(PlainChain.ENDLESS, expected.slots(), "a broken ring is believed");
            iovecsTaken[iovecs] = true;
            held.add(new Held(chain, iovecs, expected.slots()));
            base = ring.baseAfter(base, expected.slots());
            assertEquals(base, queue.base() & 0xFFFF, "base");
            check(expected);
        }
        return true;
    }

    private void check(PlainChain expected) {
        int id = expected.id();
        if (id >= ring.size) {
            expected.broken(ChainFault.HEAD_OUT_OF_RANGE);
        } else if (!idsOut.add(id)) {
            expected.broken(ChainFault.HEAD_IN_USE);
        }
        expected.check(popped, MEMORY);
    }

    @Override
    public boolean use(int which, int length) {
        List<Held> unused = held.stream().filter(each -> each.used == null).toList();
        if (unused.isEmpty()) {
            return true;
        }
        Held one = unused.get(which % unused.size());
        int shown = MEMORY.ram.get16(ring.showsAt());
        MEMORY.note();
        boolean owner = one.chain.ownsHead();
        queue.addUsed(one.chain, length);
        checkMemory();
        one.used = new FuzzUsed(one.chain.head(), length, one.slots);
        iovecsTaken[one.iovecs] = false;
        if (owner) {
            idsOut.remove(one.chain.head());
        }
        List<FuzzUsed> written = takeWritten(one);
        writtenSlots += written.stream().mapToInt(FuzzUsed::slots).sum();
        ring.checkWritten(written);
        if (writtenSlots <= ring.size) {
            assertEquals(shown, MEMORY.ram.get16(ring.showsAt()), "shown too early");
        }
        return true;
    }

    /** What becomes a used element now that this chain is used. */
    private List<FuzzUsed> takeWritten(Held one) {
        List<FuzzUsed> written = new ArrayList<>();
        if (!inOrder) {
            held.remove(one);
            written.add(one.used);
        }
        while (inOrder && !held.isEmpty() && held.get(0).used != null) {
            written.add(held.remove(0).used);
        }
        return written;
    }

    private void useAll() {
        for (int left = held.size(); left > 0; left--) {
            use(left, left);
        }
        assertTrue(held.isEmpty(), "all popped chains are used");
    }

    @Override
    public boolean show() {
        MEMORY.note();
        queue.publishUsed();
        checkMemory();
        ring.checkShown();
        writtenSlots = 0;
        queue.needsCall();
        assertFalse(queue.needsCall(), "a call for nothing");
        return true;
    }

    @Override
    public boolean kicks(int choice) {
        MEMORY.note();
        if (choice % 3 == 0) {
            assertEquals(ring.isEmpty(base), queue.isEmpty(), "empty");
            assertUnchanged();
            return true;
        }
        boolean enable = choice % 3 == 1;
        if (enable) {
            queue.enableKicks();
        } else {
            queue.disableKicks();
        }
        checkMemory();
        assertEquals(enable, queue.kicksEnabled(), "kicks");
        return true;
    }

    @Override
    public boolean restart() {
        useAll();
        show();
        activate(queue.base());
        return true;
    }

    @Override
    public boolean drain() {
        do {
            if (!pop()) {
                return false;
            }
        } while (popped != null);
        useAll();
        return show();
    }

    private void serveGood() {
        ring.offerGood(base, GOOD);
        assertTrue(pop() && popped != null, "a good chain is not taken");
        int parts = Math.min(GOOD.size(), ring.size);
        if (segmentsMax >= parts) {
            assertEquals(ChainFault.NONE, popped.fault(), "a good chain");
            assertEquals(parts, popped.readableCount() + popped.writableCount(), "segments");
        }
        useAll();
        show();
    }
}
