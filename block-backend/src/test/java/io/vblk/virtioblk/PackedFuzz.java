// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.virtio.GuestRam;
import io.vblk.virtio.PackedFields;
import io.vblk.virtio.VirtqueueConfig;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The packed ring of a {@link FuzzGuest}, which believes what it reads there and may lose track.
 * Thread: the guest's, {@link #repair} any.
 */
final class PackedFuzz {
    /** A descriptor without AVAIL and USED. */
    record Slot(long address, long length, int flags) {}

    /** After so many vain tries it goes on as if the ring were empty. */
    private static final int PATIENCE = 1_000;
    private static final int NO_BASE = -1;

    final PackedFields ring;
    private final int size;
    /** Where to go on, set by who has started the queue again. */
    private final AtomicInteger newBase = new AtomicInteger(NO_BASE);
    private final int[] slotsOfId;
    private int availSlot;
    private boolean availWrap = true;
    private int usedSlot;
    private boolean usedWrap = true;
    private int free;
    private int vainTries;

    PackedFuzz(GuestRam ram, VirtqueueConfig queue) {
        ring = new PackedFields(ram, queue);
        size = queue.size();
        slotsOfId = new int[size];
        free = size;
    }

    /** Has no chain in the ring any more, for a start from {@code base}, where none is out. */
    void repair(int base) {
        boolean wrap = (base & 0x8000) != 0;
        for (int slot = 0; slot < size; slot++) {
            boolean done = slot < (base & 0x7FFF);
            ring.putFlags(slot, PackedFields.usedFlags(done == wrap));
        }
        newBase.set(base);
    }

    /** Takes note of a new start and of what was used. */
    void follow() {
        int base = newBase.getAndSet(NO_BASE);
        if (base != NO_BASE) {
            availSlot = base & 0x7FFF;
            availWrap = (base & 0x8000) != 0;
            forgetAll();
        }
        for (int i = 0; i < size && free < size && ring.isUsed(usedSlot, usedWrap); i++) {
            int id = ring.id(usedSlot);
            int slots = id < size ? Math.max(1, slotsOfId[id]) : 1;
            if (id < size) {
                slotsOfId[id] = 0;
            }
            free += slots;
            usedSlot += slots;
            if (usedSlot >= size) {
                usedSlot -= size;
                usedWrap = !usedWrap;
            }
        }
    }

    private void forgetAll() {
        usedSlot = availSlot;
        usedWrap = availWrap;
        free = size;
        Arrays.fill(slotsOfId, 0);
    }

    /** An id that is not out, or any. */
    int freeId() {
        int id = 0;
        while (id < size - 1 && slotsOfId[id] != 0) {
            id++;
        }
        return id;
    }

    /** Makes a chain available; false if it sees no room. */
    boolean offer(int id, List<Slot> slots) {
        if (slots.size() > free) {
            if (++vainTries < PATIENCE) {
                return false;
            }
            forgetAll();
        }
        vainTries = 0;
        int first = availSlot;
        int firstFlags = 0;
        for (int i = 0; i < slots.size(); i++) {
            Slot each = slots.get(i);
            int flags = each.flags() & ~(PackedFields.AVAIL | PackedFields.USED)
                    | PackedFields.availableFlags(availWrap);
            if (i == 0) {
                firstFlags = flags;
                flags = ring.flags(availSlot);
            }
            ring.put(availSlot, each.address(), (int) each.length(), id, flags);
            availSlot++;
            if (availSlot == size) {
                availSlot = 0;
                availWrap = !availWrap;
            }
        }
        ring.putFlags(first, firstFlags);
        free -= slots.size();
        if (id < size) {
            slotsOfId[id] = slots.size();
        }
        return true;
    }
}
