// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * A slot of a packed ring and the wrap counter that belongs to it (virtio 1.3, 2.8.1): one of the
 * two places that each side keeps. Thread: its owner's.
 */
final class WrapCounter {
    private static final int WRAP_BIT = 1 << 15;
    /** Slot 0 in the first round, as both sides start (2.8.1). */
    static final int START = WRAP_BIT;

    private final int size;
    private int slot;
    private boolean wrap;

    /** A place from its 16-bit form: slot, and the wrap counter in bit 15. */
    WrapCounter(int size, int offWrap) {
        this.size = size;
        this.slot = offWrap & ~WRAP_BIT;
        this.wrap = (offWrap & WRAP_BIT) != 0;
    }

    int slot() {
        return slot;
    }

    /** The 16-bit form. */
    int offWrap() {
        return slot | (wrap ? WRAP_BIT : 0);
    }

    /** Moves on by at most the size of the ring. */
    void advance(int slots) {
        slot += slots;
        if (slot >= size) {
            slot -= size;
            wrap = !wrap;
        }
    }

    /** Slots from another place to this one, which is at most a round ahead. */
    int distanceFrom(WrapCounter behind) {
        return wrap == behind.wrap ? slot - behind.slot : slot + size - behind.slot;
    }

    /** Whether a descriptor with these flags, at this place, is available. */
    boolean isAvailable(int flags) {
        return (flags & PackedLayout.FLAG_AVAIL) != 0 == wrap
                && (flags & PackedLayout.FLAG_USED) != 0 != wrap;
    }

    /** Whether a descriptor with these flags, at this place, is used. */
    boolean isUsed(int flags) {
        return (flags & PackedLayout.FLAG_AVAIL) != 0 == wrap
                && (flags & PackedLayout.FLAG_USED) != 0 == wrap;
    }

    /** The bits that make a descriptor at this place available. */
    int availableFlags() {
        return wrap ? PackedLayout.FLAG_AVAIL : PackedLayout.FLAG_USED;
    }

    /** The bits that make a descriptor at this place used. */
    int usedFlags() {
        return wrap ? PackedLayout.FLAG_AVAIL | PackedLayout.FLAG_USED : 0;
    }

    /**
     * Whether the other side wants to hear of slots before this place: its suppression word says
     * so, or says a slot among them (2.8.10, 2.8.21.3).
     *
     * @param passed how many slots it is about
     * @param hidden slots between these and this place
     */
    boolean needEvent(int word, long passed, int hidden, boolean eventIdx) {
        int flags = PackedLayout.eventFlags(word);
        if (flags != PackedLayout.EVENT_AT || !eventIdx) {
            return flags != PackedLayout.EVENT_DISABLE;
        }
        int offWrap = PackedLayout.eventOffWrap(word);
        int round = 2 * size;
        int behind = Math.floorMod(position(offWrap()) - hidden - position(offWrap), round);
        return behind > 0 && behind <= passed || passed >= round;
    }

    /** Slots from the start of a round with wrap counter 0. */
    private int position(int offWrap) {
        return (offWrap & ~WRAP_BIT) + ((offWrap & WRAP_BIT) != 0 ? size : 0);
    }
}
