// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** How our driver side places the areas of a queue one after the other. Thread: any. */
final class AreaLayout {
    /** Where areas start, so that none shares a cache line with a neighbour. */
    private static final long ALIGN = 64;

    private AreaLayout() {}

    static long align(long address) {
        return (address + ALIGN - 1) & -ALIGN;
    }

    /** Host address of the areas of a queue; they have to lie in one region. */
    static long host(GuestMemory memory, long guestAddress, long lengthBytes) {
        if (guestAddress % ALIGN != 0) {
            throw new IllegalArgumentException("queue at " + guestAddress + " is not aligned");
        }
        long host = memory.hostAddress(guestAddress, lengthBytes);
        if (host == GuestMemory.UNMAPPED) {
            throw new IllegalArgumentException("queue at " + guestAddress + " outside memory");
        }
        return host;
    }
}
