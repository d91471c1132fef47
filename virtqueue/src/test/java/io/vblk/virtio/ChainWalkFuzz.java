// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;

/**
 * Fuzz target: the chain walkers alone, from every descriptor of a ring, against
 * {@link PlainChain}. Thread: one.
 *
 * <pre>
 *   input: kind 1 (bit 0 packed, 1 indirect tables), ring 1, segments of a chain 1,
 *          slots of a chain 1, then the script of FuzzScript; a pop walks, other steps of the
 *          device do nothing
 * </pre>
 */
public final class ChainWalkFuzz implements FuzzScript.Device {
    private static final int SEGMENTS_MAX = 24;
    private static final FuzzMemory MEMORY = new FuzzMemory();
    private static final IovecArray[] SEGMENTS = new IovecArray[SEGMENTS_MAX + 1];

    static {
        try {
            MappedMemory memory = MappedMemory.anonymous(SEGMENTS_MAX * 16L);
            for (int i = 1; i < SEGMENTS.length; i++) {
                SEGMENTS[i] = new IovecArray(memory.address(), i);
            }
        } catch (ErrnoException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final FuzzInput input;
    private final FuzzRing ring;
    private final VirtqueueConfig config;
    private final boolean indirect;
    private final int segmentsMax;
    private final int slotsMax;

    private ChainWalkFuzz(byte[] bytes) {
        input = new FuzzInput(bytes);
        int kind = input.next8();
        indirect = (kind & 2) != 0;
        MEMORY.clear();
        ring = FuzzRing.of(MEMORY, (kind & 1) != 0, input.next8());
        config = ring.config(ring.start(0));
        segmentsMax = 1 + input.next8() % SEGMENTS_MAX;
        slotsMax = 1 + input.next8() % ring.size;
    }

    /** One input. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        ChainWalkFuzz fuzz = new ChainWalkFuzz(bytes);
        new FuzzScript(fuzz.input, MEMORY, fuzz.ring, fuzz).play();
        fuzz.pop();
    }

    @Override
    public boolean pop() {
        MEMORY.note();
        for (int head = 0; head < ring.size; head++) {
            if (ring.isPacked()) {
                walkPacked(head);
            } else {
                walkSplit(head);
            }
        }
        assertEquals(-1, MEMORY.changed(), "a walker writes to guest memory");
        return true;
    }

    private long ringHost() {
        return MEMORY.memory().hostAddress(config.descAddress(), 16L * ring.size);
    }

    private void walkSplit(int head) {
        DescriptorChain chain = new DescriptorChain(SEGMENTS[segmentsMax]);
        chain.start(head);
        new SplitChainWalker(MEMORY.memory(), ringHost(), ring.size, indirect).walk(chain);
        PlainChain.split(MEMORY.ram, config, head, indirect, segmentsMax).check(chain, MEMORY);
    }

    private void walkPacked(int slot) {
        DescriptorChain chain = new DescriptorChain(SEGMENTS[segmentsMax]);
        chain.start(0);
        int flags = MEMORY.ram.get16(ring.entry(slot) + 14);
        int slots = new PackedChainWalker(MEMORY.memory(), ringHost(), ring.size, indirect)
                .walk(chain, slot, flags, slotsMax);
        PlainChain expected = PlainChain.packed(
                MEMORY.ram, config, slot, slotsMax, indirect, segmentsMax);
        assertEquals(expected.slots(), slots, "slots");
        if (slots != PlainChain.ENDLESS) {
            expected.check(chain, MEMORY);
        }
    }

    // ------------------------------------------------------------------ nothing to do

    @Override
    public boolean restart() {
        return true;
    }

    @Override
    public boolean drain() {
        return true;
    }

    @Override
    public int base() {
        return config.base();
    }
}
