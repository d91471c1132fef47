// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.MemoryRegion;
import java.util.ArrayList;
import java.util.List;

/**
 * Guest memory in memfds of its own as a front-end shares it: each region has a guest address, an
 * address of the front-end, and an offset in its file. Thread: any.
 */
public final class SharedRam implements AutoCloseable {
    /** Name of the files, to be found in /proc/self/maps and /proc/self/fd. */
    public static final String FILE = "frontend-ram";

    /** A region; file offset and length in bytes. */
    public record Region(long guest, long lengthBytes, long user, long fileOffset, int fd) {
        /** The 32 bytes of a message. */
        public byte[] bytes() {
            return new WireBytes().u64(guest).u64(lengthBytes).u64(user).u64(fileOffset).bytes();
        }

        /** Payload of ADD_MEM_REG and REM_MEM_REG: padding and the region. */
        public byte[] payload() {
            return new WireBytes().u64(0).raw(bytes()).bytes();
        }
    }

    private final List<Region> regions;
    private final GuestRam ram;

    private SharedRam(List<Region> regions, GuestRam ram) {
        this.regions = regions;
        this.ram = ram;
    }

    /** Regions as told, their descriptors made here: whatever {@code fd} says is not looked at. */
    public static SharedRam of(Region... wanted) throws ErrnoException {
        List<Region> regions = new ArrayList<>();
        MemoryRegion[] mapped = new MemoryRegion[wanted.length];
        for (int i = 0; i < wanted.length; i++) {
            Region want = wanted[i];
            int fd = Posix.memfdCreate(FILE, Posix.MFD_CLOEXEC);
            Posix.ftruncate(fd, want.fileOffset + want.lengthBytes);
            regions.add(new Region(
                    want.guest, want.lengthBytes, want.user, want.fileOffset, fd));
            mapped[i] = MemoryRegion.map(want.guest, fd, want.fileOffset, want.lengthBytes);
        }
        return new SharedRam(List.copyOf(regions), GuestRam.of(GuestMemory.of(mapped)));
    }

    /** One region of a megabyte at guest address 0, seen by the front-end somewhere else. */
    public static SharedRam ordinary() throws ErrnoException {
        return of(new Region(0, 1 << 20, 0x7f12_3450_0000L, 0, -1));
    }

    /** The regions. */
    public List<Region> regions() {
        return regions;
    }

    /** The memory, by guest addresses. */
    public GuestRam ram() {
        return ram;
    }

    /** The front-end's address of a guest address. */
    public long user(long guest) {
        for (Region region : regions) {
            if (guest >= region.guest && guest - region.guest < region.lengthBytes) {
                return region.user + (guest - region.guest);
            }
        }
        throw new AssertionError("no region holds guest address " + guest);
    }

    /** Payload of SET_MEM_TABLE with all regions. */
    public byte[] table() {
        WireBytes bytes = new WireBytes().u32(regions.size()).u32(0);
        regions.forEach(region -> bytes.raw(region.bytes()));
        return bytes.bytes();
    }

    /** Descriptors of all regions, which stay with this. */
    public int[] fds() {
        int[] fds = new int[regions.size()];
        for (int i = 0; i < fds.length; i++) {
            fds[i] = regions.get(i).fd;
        }
        return fds;
    }

    /** Unmaps the memory and closes the files. */
    @Override
    public void close() {
        ram.close();
        regions.forEach(region -> Posix.close(region.fd));
    }
}
