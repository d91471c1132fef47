// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Holds used chains back until all that were popped before them are used, for a driver that took
 * IN_ORDER (virtio 1.3, 2.7.9 and 2.8.9). Thread: home of the queue.
 */
final class UsedOrder {
    private final int capacity;
    private final int[] ids;
    private final int[] lengths;
    private final int[] slots;
    private final boolean[] owned;
    private final boolean[] done;
    private int first;
    private int count;

    /** Room for as many chains as a correct driver can have out. */
    UsedOrder(int capacity) {
        this.capacity = capacity;
        this.ids = new int[capacity];
        this.lengths = new int[capacity];
        this.slots = new int[capacity];
        this.owned = new boolean[capacity];
        this.done = new boolean[capacity];
    }

    /**
     * Gives a popped chain its place.
     *
     * @throws VirtioException if more are out than the ring can hold
     */
    int enter() throws VirtioException {
        if (count == capacity) {
            throw new VirtioException(
                    "more than " + capacity + " chains of a driver that took IN_ORDER are out");
        }
        int place = first + count;
        count++;
        return place < capacity ? place : place - capacity;
    }

    /** Notes that the chain of a place is used; {@code ownsId} if the id was its own. */
    void use(int place, int id, boolean ownsId, int lengthBytes, int ringSlots) {
        ids[place] = id;
        owned[place] = ownsId;
        lengths[place] = lengthBytes;
        slots[place] = ringSlots;
        done[place] = true;
    }

    /** Whether the oldest chain is used. */
    boolean hasNext() {
        return count > 0 && done[first];
    }

    /** Removes the oldest chain, which is used; returns its place, for the accessors. */
    int next() {
        int place = first;
        done[place] = false;
        first = first + 1 == capacity ? 0 : first + 1;
        count--;
        return place;
    }

    int id(int place) {
        return ids[place];
    }

    boolean ownsId(int place) {
        return owned[place];
    }

    int lengthBytes(int place) {
        return lengths[place];
    }

    int slots(int place) {
        return slots[place];
    }
}
