// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.virtio.PlainChain.Segment;
import java.util.List;

/** A split ring in the hands of a fuzzer (virtio 1.3, 2.7). Thread: one. */
final class SplitFuzzRing extends FuzzRing {
    private static final int MASK = 0xFFFF;

    private final VirtqueueConfig rings = config(0);
    /** The available index that the device saw last. */
    private int availSeen;
    private int usedIdx;
    private int usedIdxShown;

    SplitFuzzRing(FuzzMemory memory, int size, boolean atEnds) {
        super(memory, size, atEnds, 6 + 2L * size, 6 + 8L * size);
    }

    @Override
    public boolean isPacked() {
        return false;
    }

    @Override
    public int start(int choice) {
        int base = choice < 0x80 ? choice : 0xFF00 | choice;
        resume(base);
        return base;
    }

    @Override
    public void resume(int base) {
        ram.putAvailIdx(rings, base);
        ram.putUsedIdx(rings, base);
    }

    @Override
    public void offer(int choice) {
        int idx = ram.availIdx(rings);
        ram.putAvail(rings, idx, choice < 0xE0 ? choice % (2 * SIZE_MAX) : 0xFF00 | choice);
        ram.putAvailIdx(rings, idx + 1);
    }

    @Override
    public void disturb(int choice) {
        ram.putAvailIdx(rings, ram.availIdx(rings) + (byte) choice);
    }

    @Override
    public void suppress(int choice) {
        ram.putAvailFlags(rings, choice & 1);
        ram.putUsedEvent(rings, ram.usedIdx(rings) + (byte) choice);
    }

    @Override
    void offerAt(int base, List<Segment> parts, int... flags) {
        int count = Math.min(parts.size(), size);
        for (int i = 0; i < count; i++) {
            Segment part = parts.get(i);
            int next = i + 1 < count ? GuestRam.NEXT : 0;
            descriptor(entry(i), part.address(), part.length(), flags[i] | next, i + 1);
        }
        ram.putAvail(rings, base, 0);
        ram.putAvailIdx(rings, base + 1);
    }

    @Override
    public void activated(int base) {
        availSeen = base;
        usedIdx = ram.usedIdx(rings);
        usedIdxShown = usedIdx;
    }

    @Override
    public boolean isEmpty(int base) {
        if (availSeen == base) {
            availSeen = ram.availIdx(rings);
        }
        return availSeen == base;
    }

    @Override
    public PlainChain next(int base, int slotsOut, boolean indirect, int segmentsMax) {
        if (isEmpty(base)) {
            return null;
        }
        if ((availSeen - base & MASK) > size) {
            return PlainChain.endless();
        }
        int head = ram.get16(rings.availAddress() + 4 + 2L * (base % size));
        return PlainChain.split(ram, rings, head, indirect, segmentsMax);
    }

    @Override
    public int baseAfter(int base, int slots) {
        return base + 1 & MASK;
    }

    @Override
    public void checkWritten(List<FuzzUsed> written) {
        for (FuzzUsed one : written) {
            assertEquals(one.id(), ram.usedId(rings, usedIdx), "id of used element");
            assertEquals(one.length(), ram.usedLength(rings, usedIdx), "used length");
            usedIdx = usedIdx + 1 & MASK;
        }
    }

    @Override
    public void checkShown() {
        if (usedIdx != usedIdxShown) {
            usedIdxShown = usedIdx;
            assertEquals(usedIdx, ram.usedIdx(rings), "used index");
        }
    }

    @Override
    long showsAt() {
        return rings.usedAddress() + 2;
    }

    @Override
    public void allowDeviceAreas() {
        memory.allow(rings.usedAddress(), 6 + 8L * size);
    }
}
