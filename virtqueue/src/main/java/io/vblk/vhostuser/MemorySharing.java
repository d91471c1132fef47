// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.MemoryRegion;

/**
 * What a back-end has of the guest's memory: region by region where it has slots, kept over stops
 * then, else a table that is sent at each start. Thread: control.
 */
final class MemorySharing {
    private final String name;
    private final boolean bySlots;
    private final int regionsMax;
    /** What it has; null at first. */
    private GuestMemory shared;

    MemorySharing(String name, boolean bySlots, int regionsMax) {
        this.name = name;
        this.bySlots = bySlots;
        this.regionsMax = regionsMax;
    }

    /** Sees to it that the back-end has this memory. */
    void share(RequestLink link, GuestMemory memory, long waitNs) throws VhostUserException {
        if (memory.regionCount() > regionsMax) {
            throw new VhostUserException(name + ": takes " + regionsMax
                    + " memory regions, the guest has " + memory.regionCount());
        }
        if (!bySlots) {
            sendTable(link, memory, waitNs);
        } else if (shared != memory) {
            exchange(link, memory, waitNs);
        }
        shared = memory;
    }

    private void exchange(RequestLink link, GuestMemory memory, long waitNs)
            throws VhostUserException {
        for (int i = 0; shared != null && i < shared.regionCount(); i++) {
            oneRegion(link, VhostUserRequest.REM_MEM_REG, shared.region(i));
            link.send(waitNs);
        }
        for (int i = 0; i < memory.regionCount(); i++) {
            oneRegion(link, VhostUserRequest.ADD_MEM_REG, memory.region(i));
            link.send(waitNs, memory.region(i).fd());
        }
    }

    private static void oneRegion(
            RequestLink link, VhostUserRequest request, MemoryRegion region) {
        VhostUserMessage message = link.order(request);
        message.putLong(0, 0);
        address(region).write(message, VhostUserMessage.MEMORY_HEADER_BYTES);
        message.size(request.payloadMin);
    }

    private static void sendTable(RequestLink link, GuestMemory memory, long waitNs)
            throws VhostUserException {
        VhostUserMessage message = link.order(VhostUserRequest.SET_MEM_TABLE);
        int count = memory.regionCount();
        message.putInt(0, count);
        message.putInt(4, 0);
        int[] fds = new int[count];
        for (int i = 0; i < count; i++) {
            address(memory.region(i)).write(message, VhostUserMessage.MEMORY_HEADER_BYTES
                    + i * VhostUserMessage.REGION_BYTES);
            fds[i] = memory.region(i).fd();
        }
        message.size(VhostUserMessage.MEMORY_HEADER_BYTES
                + count * VhostUserMessage.REGION_BYTES);
        link.send(waitNs, fds);
    }

    /** The front-end's address of a region is where it is mapped here. */
    private static MemoryTable.Address address(MemoryRegion region) {
        return new MemoryTable.Address(
                region.guestAddress(), region.lengthBytes(), region.hostAddress(), 0);
    }
}
