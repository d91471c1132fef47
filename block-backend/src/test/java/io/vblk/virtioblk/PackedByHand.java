// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.virtio.GuestRam;
import io.vblk.virtio.PackedFields;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.HandMadeGuest.Part;
import io.vblk.virtioblk.HandMadeGuest.Used;
import java.util.ArrayList;
import java.util.List;

/**
 * The packed ring of a {@link HandMadeGuest}: any descriptor in the next slots (virtio 1.3, 2.8).
 * It starts near the end, so that the first chain of a test goes around. Thread: one.
 */
final class PackedByHand {
    private static final int START_OFF_WRAP = HandMadeGuest.QUEUE_SIZE - 2 | 1 << 15;
    /** Where the queue starts, as vhost-user puts it. */
    static final int START_BASE = START_OFF_WRAP | START_OFF_WRAP << 16;

    private record Chain(int id, int slots) {}

    final VirtqueueConfig queue;
    final PackedFields ring;
    private final List<Chain> out = new ArrayList<>();
    private int availSlot = HandMadeGuest.QUEUE_SIZE - 2;
    private boolean availWrap = true;
    private int usedSlot = availSlot;
    private boolean usedWrap = true;

    PackedByHand(GuestRam ram) {
        VirtqueueConfig areas = PackedFields.allocateRings(ram, HandMadeGuest.QUEUE_SIZE);
        queue = new VirtqueueConfig(areas.size(), areas.descAddress(), areas.availAddress(),
                areas.usedAddress(), START_BASE);
        ring = new PackedFields(ram, queue);
        // As after a first round through the slots in front.
        for (int slot = 0; slot < availSlot; slot++) {
            ring.putFlags(slot, PackedFields.usedFlags(true));
        }
    }

    /** The slot that the next descriptor goes to. */
    int nextSlot() {
        return availSlot;
    }

    /** Makes a chain available. */
    void offer(int id, Part... parts) {
        for (int i = 0; i < parts.length; i++) {
            put(id, parts[i], i + 1 < parts.length ? GuestRam.NEXT : 0);
        }
        out.add(new Chain(id, parts.length));
    }

    /** Makes one descriptor available with further flags. */
    void put(int id, Part part, int flags) {
        ring.put(availSlot, part.address(), (int) part.length(), id,
                part.flags() | flags | PackedFields.availableFlags(availWrap));
        availSlot++;
        if (availSlot == queue.size()) {
            availSlot = 0;
            availWrap = !availWrap;
        }
    }

    /** Takes back the last descriptors, as if they had never been available. */
    void takeBack(int slots) {
        for (int i = 0; i < slots; i++) {
            if (availSlot == 0) {
                availSlot = queue.size();
                availWrap = !availWrap;
            }
            availSlot--;
            ring.putFlags(availSlot, PackedFields.usedFlags(!availWrap));
        }
    }

    /** What has been used since the last time. */
    List<Used> takeUsed() {
        List<Used> used = new ArrayList<>();
        while (ring.isUsed(usedSlot, usedWrap)) {
            int id = ring.id(usedSlot);
            boolean written = (ring.flags(usedSlot) & GuestRam.WRITE) != 0;
            used.add(new Used(id, written ? ring.length(usedSlot) : 0));
            usedSlot += forget(id);
            if (usedSlot >= queue.size()) {
                usedSlot -= queue.size();
                usedWrap = !usedWrap;
            }
        }
        return used;
    }

    private int forget(int id) {
        for (Chain chain : out) {
            if (chain.id() == id) {
                out.remove(chain);
                return chain.slots();
            }
        }
        throw new AssertionError("the device used " + id + ", of which there is none");
    }
}
