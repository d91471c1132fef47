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

    private static final long PAGE_BYTES = 4096;
    /**
     * Whether the JVM throws the InternalError for a SIGBUS at the access itself or at the end of
     * the compiled method around it, as JDK 25 does. JDK 17 throws it at some later call into the
     * JVM, which may be another's.
     */
    public static final boolean FAULTS_COME_IN_TIME = Runtime.version().feature() >= 21;

    private final long start;
    private final long mappedBytes;
    private final long address;
    private final long lengthBytes;
    private boolean open = true;

    private MappedMemory(long start, long mappedBytes, long address, long lengthBytes) {
        this.start = start;
        this.mappedBytes = mappedBytes;
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
     * @param offset in bytes, any: what is mapped begins at the page that holds it, or the huge
     *     page where the file has them
     */
    public static MappedMemory shared(int fd, long offset, long lengthBytes)
            throws ErrnoException {
        FileStatus file = Posix.fileStatus(fd);
        if (offset < 0 || lengthBytes <= 0 || offset > file.sizeBytes() - lengthBytes) {
            String range = "mmap(offset " + offset + ", length " + lengthBytes + ")";
            throw new ErrnoException(range + " past the file's " + file.sizeBytes() + " bytes",
                    Posix.EINVAL);
        }
        // hugetlbfs tells its page size here, and unmaps whole pages only.
        long page = Math.max(PAGE_BYTES, Long.highestOneBit(file.blockBytes()));
        long before = offset & (page - 1);
        long mapped = (before + lengthBytes + page - 1) & -page;
        long start = Posix.mmap(
                mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset - before);
        return new MappedMemory(start, mapped, start + before, lengthBytes);
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
        return new MappedMemory(address, lengthBytes, address, lengthBytes);
    }

    /**
     * Whether a mapped address can be read. A page of a file that has become shorter cannot:
     * touching it is a SIGBUS, while a system call answers EFAULT.
     */
    public static boolean isThere(long address) {
        int probe;
        try {
            probe = Posix.eventfd(0, Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC);
        } catch (ErrnoException e) {
            // Without a descriptor to ask with: nobody shall go on with memory in doubt.
            return false;
        }
        long result = Posix.write(probe, address & -Posix.EVENTFD_BYTES, Posix.EVENTFD_BYTES);
        Posix.close(probe);
        return result != -Posix.EFAULT;
    }

    /** Whether the region's last byte can be read: it goes first when a file is cut short. */
    public boolean isThere() {
        return isThere(address + lengthBytes - 1);
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
            Posix.munmap(start, mappedBytes);
        }
    }
}
