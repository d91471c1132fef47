// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.Posix;

/**
 * One mapped range of guest memory, backed by a memfd(2) so that it can be shared.
 * Thread: any; unmapped by {@link GuestMemory#close}.
 */
public final class MemoryRegion implements AutoCloseable {
    private static final long PAGE_BYTES = 4096;
    private static final int NO_FD = -1;

    private final long guestAddress;
    private final MappedMemory mapping;
    private final int fd;
    private boolean open = true;

    private MemoryRegion(long guestAddress, MappedMemory mapping, int fd) {
        this.guestAddress = guestAddress;
        this.mapping = mapping;
        this.fd = fd;
    }

    /**
     * Makes zeroed memory of a guest.
     *
     * @param guestAddress first guest-physical address, a multiple of 4096
     * @param lengthBytes length, a multiple of 4096; may exceed 2 GiB
     */
    public static MemoryRegion allocate(long guestAddress, long lengthBytes)
            throws ErrnoException {
        if (guestAddress < 0 || guestAddress % PAGE_BYTES != 0 || lengthBytes <= 0
                || lengthBytes % PAGE_BYTES != 0 || guestAddress > Long.MAX_VALUE - lengthBytes) {
            throw new IllegalArgumentException(
                    "region of " + lengthBytes + " bytes at guest address " + guestAddress);
        }
        int fd = Posix.memfdCreate("vblk-guest-memory", Posix.MFD_CLOEXEC);
        try {
            Posix.ftruncate(fd, lengthBytes);
            return new MemoryRegion(guestAddress, MappedMemory.shared(fd, 0, lengthBytes), fd);
        } catch (ErrnoException e) {
            Posix.close(fd);
            throw e;
        }
    }

    /**
     * Maps memory that another process shares; the descriptor stays the caller's.
     *
     * @param guestAddress first guest-physical address, any
     * @param offset where the region begins in the file, in bytes, any
     * @throws ErrnoException EINVAL if the file is not as long as that: touching what is not there
     *     would end the process
     */
    public static MemoryRegion map(long guestAddress, int fd, long offset, long lengthBytes)
            throws ErrnoException {
        return new MemoryRegion(
                guestAddress, MappedMemory.shared(fd, offset, lengthBytes), NO_FD);
    }

    /** First guest-physical address. */
    public long guestAddress() {
        return guestAddress;
    }

    /** Where the region is mapped in this process. */
    public long hostAddress() {
        return mapping.address();
    }

    /** Length in bytes. */
    public long lengthBytes() {
        return mapping.lengthBytes();
    }

    /** Descriptor of memory that was allocated here, to pass to another process. */
    public int fd() {
        return fd;
    }

    /** Whether the memory is still there: another process may cut short the file behind it. */
    boolean isThere() {
        return mapping.isThere();
    }

    /** Unmaps the region; a second close does nothing. */
    @Override
    public void close() {
        if (open) {
            open = false;
            mapping.close();
            if (fd != NO_FD) {
                Posix.close(fd);
            }
        }
    }
}
