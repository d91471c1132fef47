// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * The fields of a packed ring by their names, for tests. Thread: any. The constants are copied from
 * the specification (virtio 1.3, 2.8), not from the code under test.
 */
public final class PackedFields {
    /** VIRTQ_DESC_F_AVAIL. */
    public static final int AVAIL = 1 << 7;
    /** VIRTQ_DESC_F_USED. */
    public static final int USED = 1 << 15;

    /** RING_EVENT_FLAGS_ENABLE. */
    public static final int ENABLE = 0;
    /** RING_EVENT_FLAGS_DISABLE. */
    public static final int DISABLE = 1;
    /** RING_EVENT_FLAGS_DESC. */
    public static final int DESC = 2;

    private final GuestRam ram;
    private final VirtqueueConfig queue;

    public PackedFields(GuestRam ram, VirtqueueConfig queue) {
        this.ram = ram;
        this.queue = queue;
    }

    /** Takes the memory of a packed queue, its three areas one after the other, fresh. */
    public static VirtqueueConfig allocateRings(GuestRam ram, int size) {
        long ring = ram.allocate(16L * size, 16);
        long driverEvent = ram.allocate(4, 4);
        long deviceEvent = ram.allocate(4, 4);
        return new VirtqueueConfig(size, ring, driverEvent, deviceEvent, 0x80008000);
    }

    private long slot(int index) {
        return queue.descAddress() + 16L * index;
    }

    /** AVAIL and USED of a descriptor that a driver makes available. */
    public static int availableFlags(boolean wrap) {
        return wrap ? AVAIL : USED;
    }

    /** AVAIL and USED of a descriptor that a device has used. */
    public static int usedFlags(boolean wrap) {
        return wrap ? AVAIL | USED : 0;
    }

    /** A place in the ring as the event suppression structures and vhost-user name it. */
    public static int offWrap(int slot, boolean wrap) {
        return slot | (wrap ? 1 << 15 : 0);
    }

    /** Whether a slot is available to a device whose wrap counter is {@code wrap}. */
    public boolean isAvailable(int slot, boolean wrap) {
        return (flags(slot) & AVAIL) != 0 == wrap && (flags(slot) & USED) != 0 != wrap;
    }

    /** Whether a slot is used for a driver whose wrap counter is {@code wrap}. */
    public boolean isUsed(int slot, boolean wrap) {
        return (flags(slot) & AVAIL) != 0 == wrap && (flags(slot) & USED) != 0 == wrap;
    }

    public void put(int slot, long address, int length, int id, int flags) {
        ram.put64(slot(slot), address);
        ram.put32(slot(slot) + 8, length);
        ram.put16(slot(slot) + 12, id);
        ram.put16(slot(slot) + 14, flags);
    }

    /** Writes a used descriptor, which leaves the address alone. */
    public void putUsed(int slot, int id, int length, int flags) {
        ram.put32(slot(slot) + 8, length);
        ram.put16(slot(slot) + 12, id);
        ram.put16(slot(slot) + 14, flags);
    }

    public void putFlags(int slot, int flags) {
        ram.put16(slot(slot) + 14, flags);
    }

    public long address(int slot) {
        return ram.get64(slot(slot));
    }

    public int length(int slot) {
        return ram.get32(slot(slot) + 8);
    }

    public int id(int slot) {
        return ram.get16(slot(slot) + 12);
    }

    public int flags(int slot) {
        return ram.get16(slot(slot) + 14);
    }

    /** Where the driver wants its calls: offset and wrap counter. */
    public int driverEvent() {
        return ram.get16(queue.availAddress());
    }

    public int driverEventFlags() {
        return ram.get16(queue.availAddress() + 2);
    }

    public void putDriverEvent(int offWrap, int flags) {
        ram.put16(queue.availAddress(), offWrap);
        ram.put16(queue.availAddress() + 2, flags);
    }

    /** Where the device wants its kicks: offset and wrap counter. */
    public int deviceEvent() {
        return ram.get16(queue.usedAddress());
    }

    public int deviceEventFlags() {
        return ram.get16(queue.usedAddress() + 2);
    }

    public void putDeviceEvent(int offWrap, int flags) {
        ram.put16(queue.usedAddress(), offWrap);
        ram.put16(queue.usedAddress() + 2, flags);
    }

    /** One slot as text. */
    public String slotText(int slot) {
        return String.format("%x+%d id %d %04x", address(slot), length(slot), id(slot),
                flags(slot));
    }
}
