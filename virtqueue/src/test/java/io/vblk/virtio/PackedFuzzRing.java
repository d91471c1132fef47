// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.virtio.PlainChain.Segment;
import java.util.List;

/** A packed ring in the hands of a fuzzer (virtio 1.3, 2.8). Thread: one. */
final class PackedFuzzRing extends FuzzRing {
    private static final int WRAP = 0x8000;
    private static final int AVAIL = 0x80;
    private static final int USED = 0x8000;

    private final VirtqueueConfig rings = config(0);
    /** Where the guest believes that the next chain goes: slot, and wrap counter in bit 15. */
    private int place;
    private int usedPlace;
    /** Where the used descriptors begin that are not shown. */
    private int hiddenPlace;
    private int hiddenSlots;
    private int hiddenFlags;

    PackedFuzzRing(FuzzMemory memory, int size, boolean atEnds) {
        super(memory, size, atEnds, 4, 4);
    }

    @Override
    public boolean isPacked() {
        return true;
    }

    @Override
    public int start(int choice) {
        int at = choice % size | (choice & 0x80) << 8;
        int base = at | at << 16;
        resume(base);
        return base;
    }

    @Override
    public void resume(int base) {
        place = base & 0xFFFF;
        for (int slot = 0; slot < size; slot++) {
            // Used in the round before: behind the place in this one, at and after it the last.
            boolean wrap = (place & WRAP) != 0 == slot < (place & ~WRAP);
            ram.put16(entry(slot) + 14, wrap ? AVAIL | USED : 0);
        }
    }

    private int after(int offWrap, int slots) {
        int slot = (offWrap & ~WRAP) + slots;
        int wrap = offWrap & WRAP;
        return slot < size ? slot | wrap : slot - size | wrap ^ WRAP;
    }

    @Override
    public void offer(int choice) {
        int slots = 1 + choice % size;
        for (int i = slots - 1; i >= 0; i--) {
            int at = after(place, i);
            long flags = entry(at & ~WRAP) + 14;
            ram.put16(flags, ram.get16(flags) & ~(AVAIL | USED)
                    | ((at & WRAP) != 0 ? AVAIL : USED));
        }
        place = after(place, slots);
    }

    @Override
    public void disturb(int choice) {
        long flags = entry(choice) + 14;
        ram.put16(flags, ram.get16(flags) ^ ((choice & 0x40) != 0 ? AVAIL : 0)
                ^ ((choice & 0x80) != 0 ? USED : 0));
        if ((choice & 0xC0) == 0) {
            place = after(place, choice % size);
        }
    }

    @Override
    public void suppress(int choice) {
        ram.put16(rings.availAddress(), choice % (2 * SIZE_MAX) | (choice & 0x20) << 10);
        ram.put16(rings.availAddress() + 2, choice >>> 6);
    }

    @Override
    void offerAt(int base, List<Segment> parts, int... flags) {
        int count = Math.min(parts.size(), size);
        for (int i = 0; i < count; i++) {
            Segment part = parts.get(i);
            int at = after(base & 0xFFFF, i);
            int more = (i + 1 < count ? GuestRam.NEXT : 0) | ((at & WRAP) != 0 ? AVAIL : USED);
            descriptor(entry(at & ~WRAP), part.address(), part.length(), flags[i] | more, 0);
        }
        place = after(base & 0xFFFF, count);
    }

    @Override
    public void activated(int base) {
        usedPlace = base >>> 16;
        hiddenPlace = usedPlace;
        hiddenSlots = 0;
    }

    @Override
    public boolean isEmpty(int base) {
        int flags = ram.get16(entry(base & 0x7FFF) + 14);
        boolean wrap = (base & WRAP) != 0;
        return (flags & AVAIL) != 0 != wrap || (flags & USED) != 0 == wrap;
    }

    @Override
    public PlainChain next(int base, int slotsOut, boolean indirect, int segmentsMax) {
        return isEmpty(base) ? null : PlainChain.packed(
                ram, rings, base & 0x7FFF, size - slotsOut, indirect, segmentsMax);
    }

    @Override
    public int baseAfter(int base, int slots) {
        return after(base & 0xFFFF, slots);
    }

    @Override
    public void checkWritten(List<FuzzUsed> written) {
        for (FuzzUsed one : written) {
            long entry = entry(usedPlace & ~WRAP);
            assertEquals(one.id(), ram.get16(entry + 12), "buffer id of used descriptor");
            assertEquals(one.length(), ram.get32(entry + 8), "used length");
            int flags = (usedPlace & WRAP) != 0 ? AVAIL | USED : 0;
            flags |= one.length() != 0 ? GuestRam.WRITE : 0;
            if (hiddenSlots == 0) {
                hiddenFlags = flags;
            } else {
                assertEquals(flags, ram.get16(entry + 14), "flags of used descriptor");
            }
            usedPlace = after(usedPlace, one.slots());
            hiddenSlots += one.slots();
        }
    }

    @Override
    public void checkShown() {
        if (hiddenSlots != 0) {
            assertEquals(hiddenFlags, ram.get16(showsAt()), "flags of first used descriptor");
            hiddenSlots = 0;
            hiddenPlace = usedPlace;
        }
    }

    @Override
    long showsAt() {
        return entry(hiddenPlace & ~WRAP) + 14;
    }

    @Override
    public void allowDeviceAreas() {
        memory.allow(rings.descAddress(), 16L * size);
        memory.allow(rings.usedAddress(), 4);
    }
}
