// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FileStatus;
import io.vblk.posix.Posix;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.MemoryRegion;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory that a front-end shares: one table of regions with two keys. Descriptors hold guest
 * addresses, the messages about rings hold addresses of the front-end. Thread: the connection's.
 */
final class MemoryTable implements AutoCloseable {
    /** Most regions in all: what QEMU's machines can have, and the specification's advice. */
    static final int REGIONS_MAX = 509;
    /** Most regions of one SET_MEM_TABLE: front-ends send up to 8. */
    static final int REGIONS_PER_MESSAGE = 32;

    private final List<Region> regions = new ArrayList<>();
    private GuestMemory memory = GuestMemory.of();

    /** A region as it is on the wire. */
    record Address(long guest, long lengthBytes, long user, long fileOffset) {
        static Address read(VhostUserMessage message, int offset) {
            return new Address(message.getLong(offset), message.getLong(offset + 8),
                    message.getLong(offset + 16), message.getLong(offset + 24));
        }

        void write(VhostUserMessage message, int offset) {
            message.putLong(offset, guest);
            message.putLong(offset + 8, lengthBytes);
            message.putLong(offset + 16, user);
            message.putLong(offset + 24, fileOffset);
        }

        private boolean overlaps(Address other) {
            return overlap(guest, lengthBytes, other.guest, other.lengthBytes)
                    || overlap(user, lengthBytes, other.user, other.lengthBytes);
        }

        private static boolean overlap(long a, long aBytes, long b, long bBytes) {
            return Long.compareUnsigned(a - b, bBytes) < 0
                    || Long.compareUnsigned(b - a, aBytes) < 0;
        }

        @Override
        public String toString() {
            return String.format("region of %d bytes at guest address 0x%x", lengthBytes, guest);
        }
    }

    private record Region(Address address, MemoryRegion memory) {}

    /** The regions as rings use them; good until the table changes. */
    GuestMemory memory() {
        return memory;
    }

    int size() {
        return regions.size();
    }

    /**
     * Replaces all regions (SET_MEM_TABLE). No ring may run.
     *
     * @param fds one for each region; they stay the caller's
     * @throws RefusedException if one of them cannot be; the old regions stay then
     */
    void replace(List<Address> addresses, int[] fds) throws RefusedException {
        List<Region> fresh = new ArrayList<>();
        try {
            for (int i = 0; i < addresses.size(); i++) {
                fresh.add(map(addresses.get(i), fds[i], fresh));
            }
        } catch (RefusedException e) {
            fresh.forEach(region -> region.memory.close());
            throw e;
        }
        close();
        regions.addAll(fresh);
        rebuild();
    }

    /** Adds a region (ADD_MEM_REG). No ring may run; the descriptor stays the caller's. */
    void add(Address address, int fd) throws RefusedException {
        if (regions.size() == REGIONS_MAX) {
            throw new RefusedException("there are " + REGIONS_MAX + " memory regions already");
        }
        regions.add(map(address, fd, regions));
        rebuild();
    }

    /** Removes a region (REM_MEM_REG), which addresses and length tell. No ring may run. */
    void remove(Address address) throws RefusedException {
        for (Region region : regions) {
            Address there = region.address;
            if (there.guest == address.guest && there.user == address.user
                    && there.lengthBytes == address.lengthBytes) {
                regions.remove(region);
                region.memory.close();
                rebuild();
                return;
            }
        }
        throw new RefusedException("there is no " + address + " to remove");
    }

    private static Region map(Address address, int fd, List<Region> others)
            throws RefusedException {
        long bytes = address.lengthBytes;
        if (bytes <= 0 || wraps(address.guest, bytes) || wraps(address.user, bytes)
                || address.fileOffset < 0 || wraps(address.fileOffset, bytes)) {
            throw new RefusedException(address + " makes no sense");
        }
        for (Region other : others) {
            if (address.overlaps(other.address)) {
                throw new RefusedException(address + " overlaps the " + other.address);
            }
        }
        try {
            FileStatus file = Posix.fileStatus(fd);
            if (!file.isRegular()) {
                throw new RefusedException("the descriptor of the " + address
                        + " is no file that can be mapped");
            }
            return new Region(
                    address, MemoryRegion.map(address.guest, fd, address.fileOffset, bytes));
        } catch (ErrnoException e) {
            throw new RefusedException("the " + address + " cannot be mapped: " + e.getMessage());
        }
    }

    private static boolean wraps(long address, long lengthBytes) {
        return Long.compareUnsigned(address + lengthBytes - 1, address) < 0;
    }

    private void rebuild() {
        MemoryRegion[] all = new MemoryRegion[regions.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = regions.get(i).memory;
        }
        memory = GuestMemory.of(all);
    }

    /**
     * The guest address of an address of the front-end.
     *
     * @throws RefusedException if no region holds it
     */
    long guestAddress(long userAddress) throws RefusedException {
        for (Region region : regions) {
            long offset = userAddress - region.address.user;
            if (Long.compareUnsigned(offset, region.address.lengthBytes) < 0) {
                return region.address.guest + offset;
            }
        }
        throw new RefusedException(String.format(
                "no memory region holds the front-end's address 0x%x", userAddress));
    }

    /** Unmaps everything. No ring may run. */
    @Override
    public void close() {
        regions.forEach(region -> region.memory.close());
        regions.clear();
        memory = GuestMemory.of();
    }
}
