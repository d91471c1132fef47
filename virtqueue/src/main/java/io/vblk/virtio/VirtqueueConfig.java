// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Size, addresses and base of a queue that does not run yet. Thread: any.
 *
 * @param size number of descriptors
 * @param descAddress guest address of the descriptor table
 * @param availAddress guest address of the available ring
 * @param usedAddress guest address of the used ring
 * @param base available index to start from, 0 for a fresh queue
 */
public record VirtqueueConfig(
        int size, long descAddress, long availAddress, long usedAddress, int base) {

    /**
     * Checks everything and makes the device side of the ring; its methods check none of it again.
     *
     * @param features the negotiated feature bits
     * @throws VirtioException if size, alignment or an address is not allowed (virtio 1.3, 2.7)
     */
    public Virtqueue activate(GuestMemory memory, long features) throws VirtioException {
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
        return new SplitVirtqueue(memory, features, size, desc, avail, used, base);
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
