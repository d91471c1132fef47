// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * A disk in memory that all contexts share, for tests and benchmarks. Thread: home; contexts that
 * write and read the same blocks at once get what memory gives them.
 */
final class MemoryImage implements BlockBackend {
    private static final int PAGE_BYTES = 4096;
    private static final int MADV_DONTNEED = 4;
    /** Number of madvise(2), -1 where it is not known. */
    private static final int SYS_MADVISE = switch (System.getProperty("os.arch")) {
        case "amd64" -> 28;
        case "aarch64", "riscv64" -> 233;
        default -> -1;
    };

    private final BlockLimits limits;
    private final long address;

    /** A view of memory that its owner keeps mapped as long as this is open. */
    MemoryImage(BlockLimits limits, MappedMemory memory) {
        assert memory.lengthBytes() >= limits.capacityBytes();
        this.limits = limits;
        this.address = memory.address();
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        assert request.offset() >= 0 && request.lengthBytes() >= 0
                && request.offset() <= limits.capacityBytes() - request.lengthBytes();
        request.setErrno(0);
        switch (request.op()) {
            case READ, WRITE -> transfer(request);
            case DISCARD, WRITE_ZEROES, SECURE_ERASE ->
                    zero(address + request.offset(), request.lengthBytes());
            case FLUSH -> { }
        }
        return QueueStatus.COMPLETED;
    }

    private void transfer(BlockRequest request) {
        boolean write = request.op() == BlockOp.WRITE;
        long disk = address + request.offset();
        long element = request.iovecs();
        for (int i = 0; i < request.iovecCount(); i++) {
            long guest = IovecArray.baseAt(element);
            long lengthBytes = IovecArray.lengthAt(element);
            try {
                NativeMemory.copy(write ? guest : disk, write ? disk : guest, lengthBytes);
            } catch (InternalError e) {
                // The guest's memory is gone; a system call would have answered just this.
                request.setErrno(Posix.EFAULT);
                return;
            }
            disk += lengthBytes;
            element += IovecArray.ELEMENT_BYTES;
        }
    }

    /** Gives whole pages back to the host, which zeroes them, and fills the ends. */
    private static void zero(long from, long lengthBytes) {
        long end = from + lengthBytes;
        long pages = Math.min(end, (from + PAGE_BYTES - 1) & -PAGE_BYTES);
        long pagesEnd = Math.max(pages, end & -PAGE_BYTES);
        if (pagesEnd == pages || SYS_MADVISE < 0
                || Posix.syscall(SYS_MADVISE, pages, pagesEnd - pages, MADV_DONTNEED, 0) < 0) {
            NativeMemory.fill(from, lengthBytes, 0);
            return;
        }
        NativeMemory.fill(from, pages - from, 0);
        NativeMemory.fill(pagesEnd, end - pagesEnd, 0);
    }

    @Override
    public void commit() {
        // Nothing is ever left over.
    }

    @Override
    public void close() {
        // The memory is its owner's.
    }
}
