// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

/**
 * One mmap(2) region, unmapped on close.
 * Thread: any; the owner must see to it that nobody uses an address after close.
 */
public final class MappedMemory implements AutoCloseable {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MAP_POPULATE = 0x8000;

    private final long address;
    private final long lengthBytes;
    private boolean open = true;

    private MappedMemory(long address, long lengthBytes) {
        this.address = address;
        this.lengthBytes = lengthBytes;
    }

    /** Maps zeroed private memory that no file backs, page aligned. */
    public static MappedMemory anonymous(long lengthBytes) throws ErrnoException {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        return map(-1, 0, lengthBytes, flags);
    }

    /**
     * Maps part of a file for reading and writing, shared with everybody who maps it.
     * The range is checked against the file's size: touching a page past the end of a file is a
     * SIGBUS.
     *
     * @param offset in bytes, a multiple of the page size
     */
    public static MappedMemory shared(int fd, long offset, long lengthBytes)
            throws ErrnoException {
        long fileBytes = Posix.fileStatus(fd).sizeBytes();
        if (offset < 0 || lengthBytes <= 0 || offset > fileBytes - lengthBytes) {
            String range = "mmap(offset " + offset + ", length " + lengthBytes + ")";
            throw new ErrnoException(range + " past the file's " + fileBytes + " bytes",
                    Posix.EINVAL);
        }
        return map(fd, offset, lengthBytes, MAP_SHARED);
    }

    /**
     * Maps a range that a device or a ring offers, shared with the kernel; such a descriptor has
     * no size to check against.
     */
    public static MappedMemory device(int fd, long offset, long lengthBytes)
            throws ErrnoException {
        return map(fd, offset, lengthBytes, MAP_SHARED | MAP_POPULATE);
    }

    private static MappedMemory map(int fd, long offset, long lengthBytes, int flags)
            throws ErrnoException {
        long address = Posix.mmap(lengthBytes, PROT_READ | PROT_WRITE, flags, fd, offset);
        return new MappedMemory(address, lengthBytes);
    }

    /** First byte of the region, never 0. */
    public long address() {
        return address;
    }

    /** Length of the region in bytes, as asked for. */
    public long lengthBytes() {
        return lengthBytes;
    }

    /** Unmaps the region; a second close does nothing. */
    @Override
    public void close() {
        if (open) {
            open = false;
            Posix.munmap(address, lengthBytes);
        }
    }
}
