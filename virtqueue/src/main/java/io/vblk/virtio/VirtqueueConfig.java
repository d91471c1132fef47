// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Size, addresses and base of a queue that does not run yet. Thread: any.
 *
 * <p>The base says where to go on, in the form of VHOST_USER_GET_VRING_BASE. Split: the index of
 * the next available entry; the used index is in the ring. Packed: slot of the next available
 * descriptor in bits 0 to 14 and its wrap counter in bit 15, the same of the next used one in bits
 * 16 to 31. {@link #freshBase} is where a new queue starts.
 *
 * @param size number of descriptors
 * @param descAddress guest address of the descriptor table (packed: of the descriptor ring)
 * @param availAddress guest address of the available ring (packed: of the driver's event
 *     suppression)
 * @param usedAddress guest address of the used ring (packed: of the device's event suppression)
 * @param base where to go on
 * @param inflightRecord host address of the record of chains under way, with room for
 *     {@link #inflightBytes}; {@link #NO_RECORD} if nobody keeps one
 */
public record VirtqueueConfig(
        int size, long descAddress, long availAddress, long usedAddress, int base,
        long inflightRecord) {
    /** Chains under way are not recorded. */
    public static final long NO_RECORD = 0;

    private static final int PACKED_USED_SHIFT = 16;

    /** A queue whose chains nobody records. */
    public VirtqueueConfig(
            int size, long descAddress, long availAddress, long usedAddress, int base) {
        this(size, descAddress, availAddress, usedAddress, base, NO_RECORD);
    }

    /** Bytes of a record of chains under way, for a queue of this size. */
    public static long inflightBytes(int size, boolean packed) {
        return packed ? PackedInflight.bytes(size) : SplitInflight.bytes(size);
    }

    /** The base of a queue that was never used. */
    public static int freshBase(long features) {
        return VirtioFeatures.has(features, VirtioFeatures.RING_PACKED)
                ? packedBase(WrapCounter.START, WrapCounter.START)
                : 0;
    }

    static int packedBase(int avail, int used) {
        return avail | used << PACKED_USED_SHIFT;
    }

    /**
     * Checks everything and makes the device side of the ring; its methods check none of it again.
     *
     * @param features the negotiated feature bits
     * @throws VirtioException if size, alignment, an address or the base is not allowed (virtio
     *     1.3, 2.7 and 2.8)
     */
    public Virtqueue activate(GuestMemory memory, long features) throws VirtioException {
        return VirtioFeatures.has(features, VirtioFeatures.RING_PACKED)
                ? activatePacked(memory, features)
                : activateSplit(memory, features);
    }

    private Virtqueue activateSplit(GuestMemory memory, long features) throws VirtioException {
        if (!SplitLayout.isLegalSize(size)) {
            throw new VirtioException("queue size " + size + " is no power of two up to "
                    + SplitLayout.QUEUE_SIZE_MAX);
        }
        if (base < 0 || base > 0xFFFF) {
            throw new VirtioException("base " + base + " is no 16-bit index");
        }
        long desc = area(memory, "descriptor table", descAddress,
                SplitLayout.descBytes(size), SplitLayout.DESC_ALIGN);
        long avail = area(memory, "available ring", availAddress,
                SplitLayout.availBytes(size), SplitLayout.AVAIL_ALIGN);
        long used = area(memory, "used ring", usedAddress,
                SplitLayout.usedBytes(size), SplitLayout.USED_ALIGN);
        SplitVirtqueue queue =
                new SplitVirtqueue(memory, features, size, desc, avail, used, base);
        if (inflightRecord != NO_RECORD) {
            queue.record(inflightRecord);
        }
        queue.enableKicks();
        return queue;
    }

    private Virtqueue activatePacked(GuestMemory memory, long features) throws VirtioException {
        if (!PackedLayout.isLegalSize(size)) {
            throw new VirtioException("queue size " + size + " is not 1 to "
                    + PackedLayout.QUEUE_SIZE_MAX);
        }
        long ring = area(memory, "descriptor ring", descAddress,
                PackedLayout.ringBytes(size), PackedLayout.DESC_ALIGN);
        long driverEvent = area(memory, "driver event suppression", availAddress,
                PackedLayout.EVENT_BYTES, PackedLayout.EVENT_ALIGN);
        long deviceEvent = area(memory, "device event suppression", usedAddress,
                PackedLayout.EVENT_BYTES, PackedLayout.EVENT_ALIGN);
        int availPlace = base & 0xFFFF;
        int usedPlace = base >>> PACKED_USED_SHIFT;
        if (usedPlace == 0) {
            // Some front-ends know the available half only, and all was used when it was taken.
            usedPlace = availPlace;
        }
        PackedInflight record = null;
        if (inflightRecord != NO_RECORD) {
            record = new PackedInflight(inflightRecord, size, ring, usedPlace);
            // A front-end cannot know where a ring stood when its back-end died; the record does.
            WrapCounter next = new WrapCounter(size, record.usedOffWrap());
            next.advance(record.slotsLeft());
            usedPlace = record.usedOffWrap();
            availPlace = record.isTakenOver() ? next.offWrap() : availPlace;
        }
        WrapCounter avail = new WrapCounter(size, availPlace);
        WrapCounter used = new WrapCounter(size, usedPlace);
        int ahead = avail.distanceFrom(used);
        if (avail.slot() >= size || used.slot() >= size || ahead < 0 || ahead > size) {
            throw new VirtioException(String.format(
                    "base 0x%08x is no state of a packed ring of %d", base, size));
        }
        PackedVirtqueue queue = new PackedVirtqueue(
                memory, features, size, ring, driverEvent, deviceEvent, avail, used, record);
        queue.enableKicks();
        return queue;
    }

    private static long area(
            GuestMemory memory, String name, long address, long lengthBytes, int alignment)
            throws VirtioException {
        long host = memory.hostAddress(address, lengthBytes);
        // Both addresses: a region need not be aligned alike in the guest and here.
        if (address % alignment != 0 || host % alignment != 0) {
            throw new VirtioException(
                    name + " at " + Long.toHexString(address) + " is not aligned to " + alignment);
        }
        if (host == GuestMemory.UNMAPPED) {
            throw new VirtioException(name + " at " + Long.toHexString(address) + ", "
                    + lengthBytes + " bytes, is not in one memory region");
        }
        return host;
    }
}
