// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/**
 * Translates guest addresses and remembers the region of the last one, since the next one mostly
 * lies in the same. Thread: home of the queue.
 */
final class RegionCursor {
    private final GuestMemory memory;
    private long start;
    private long lengthBytes;
    private long hostMinusGuest;

    RegionCursor(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Goes to the region of a guest address.
     *
     * @return bytes from the address to the end of the region, 0 outside of all regions
     */
    long seek(long guestAddress) {
        long offset = guestAddress - start;
        if (offset < 0 || offset >= lengthBytes) {
            MemoryRegion region = memory.regionAt(guestAddress);
            if (region == null) {
                return 0;
            }
            start = region.guestAddress();
            lengthBytes = region.lengthBytes();
            hostMinusGuest = region.hostAddress() - start;
            offset = guestAddress - start;
        }
        return lengthBytes - offset;
    }

    /** Host address of a guest address in the region. */
    long host(long guestAddress) {
        return guestAddress + hostMinusGuest;
    }
}
