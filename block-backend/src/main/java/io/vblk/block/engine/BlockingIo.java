// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * Carries one request out to its end with blocking calls.
 * Thread: any, several at once; each request belongs to one of them.
 *
 * <p>What the host turns out not to know for the file is remembered there, for all engines on it,
 * and not asked for again.
 */
final class BlockingIo {
    /** Zeroes are written in pieces of 2^0 to 2^20 bytes. */
    private static final int ZERO_PIECE_LOG_MAX = 20;
    /** Never written: all its pages are the kernel's one zero page. */
    private static final long ZEROES;
    /** Element n holds 2^n bytes of zeroes; never changed, so that all threads share it. */
    private static final IovecArray ZERO_PIECES;

    static {
        try {
            int pieces = ZERO_PIECE_LOG_MAX + 1;
            ZEROES = MappedMemory.anonymous(1L << ZERO_PIECE_LOG_MAX).address();
            long array = MappedMemory.anonymous((long) pieces * IovecArray.ELEMENT_BYTES).address();
            ZERO_PIECES = new IovecArray(array, pieces);
            for (int log = 0; log < pieces; log++) {
                ZERO_PIECES.set(log, ZEROES, 1L << log);
            }
        } catch (ErrnoException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final HostFile file;

    BlockingIo(HostFile file) {
        this.file = file;
    }

    /** Runs the request and sets its errno. */
    void run(BlockRequest request) {
        request.setErrno(switch (request.op()) {
            case READ, WRITE -> transfer(request);
            case FLUSH -> -file.sync();
            case DISCARD -> discard(request);
            case WRITE_ZEROES -> writeZeroes(request);
            case SECURE_ERASE -> request.lengthBytes() == 0 ? 0 : secureErase(request);
        });
    }

    private int transfer(BlockRequest request) {
        boolean write = request.op() == BlockOp.WRITE;
        long element = request.iovecs();
        int count = request.iovecCount();
        long offset = request.offset();
        long left = request.lengthBytes();
        // Bytes of the first element that are done.
        long skip = 0;
        while (left > 0) {
            while (skip >= IovecArray.lengthAt(element)) {
                skip -= IovecArray.lengthAt(element);
                element += IovecArray.ELEMENT_BYTES;
                count--;
            }
            int some = Math.min(count, IovecArray.ELEMENTS_MAX);
            move(element, skip);
            long done = write
                    ? file.write(element, some, offset, request.stable())
                    : file.read(element, some, offset);
            move(element, -skip);
            if (write && !request.stable()) {
                file.written();
            }
            if (done <= 0) {
                // 0 is the end of the file inside the disk: somebody cut it behind our back.
                return done == 0 ? Posix.EIO : (int) -done;
            }
            skip += done;
            offset += done;
            left -= done;
        }
        return 0;
    }

    /** Leaves out so many bytes at the beginning of an element, or takes them in again. */
    private static void move(long element, long bytes) {
        if (bytes != 0) {
            NativeMemory.putLong(element, IovecArray.baseAt(element) + bytes);
            NativeMemory.putLong(element + Long.BYTES, IovecArray.lengthAt(element) - bytes);
        }
    }

    private int discard(BlockRequest request) {
        int errno = ask(HostCall.DISCARD, request);
        // A hint: where it cannot be taken it has been heard all the same.
        return refused(errno) ? 0 : errno;
    }

    private int secureErase(BlockRequest request) {
        int errno = -file.secureErase(request.offset(), request.lengthBytes());
        file.written();
        return errno;
    }

    private int writeZeroes(BlockRequest request) {
        int errno = request.mayUnmap() ? ask(HostCall.PUNCH_HOLE, request) : Posix.EOPNOTSUPP;
        if (refused(errno)) {
            errno = ask(HostCall.ZERO_RANGE, request);
        }
        if (refused(errno) && !request.mayUnmap()) {
            errno = punchAndAllocate(request);
        }
        if (refused(errno)) {
            errno = writeZeroPieces(request);
        }
        return errno == 0 && request.stable() ? -file.sync() : errno;
    }

    /** For file systems such as tmpfs, which know holes but not how to zero a range in place. */
    private int punchAndAllocate(BlockRequest request) {
        if (file.lacks(HostCall.ALLOCATE)) {
            return Posix.EOPNOTSUPP;
        }
        int errno = ask(HostCall.PUNCH_HOLE, request);
        // From here on it reads as zeroes, but storage that it had must be there again.
        return errno == 0 ? ask(HostCall.ALLOCATE, request) : errno;
    }

    private int ask(HostCall call, BlockRequest request) {
        long offset = request.offset();
        long lengthBytes = request.lengthBytes();
        if (lengthBytes == 0) {
            return 0;
        }
        if (file.lacks(call)) {
            return Posix.EOPNOTSUPP;
        }
        int errno = -switch (call) {
            case DISCARD -> file.discard(offset, lengthBytes);
            case PUNCH_HOLE -> file.punchHole(offset, lengthBytes);
            case ZERO_RANGE -> file.zeroRange(offset, lengthBytes);
            case ALLOCATE -> file.allocate(offset, lengthBytes);
        };
        file.zeroed();
        if (refusedForGood(errno)) {
            file.setLacks(call);
        }
        return errno;
    }

    private int writeZeroPieces(BlockRequest request) {
        long offset = request.offset();
        long left = request.lengthBytes();
        while (left > 0) {
            int log = Math.min(ZERO_PIECE_LOG_MAX, Long.SIZE - 1 - Long.numberOfLeadingZeros(left));
            long done = file.write(ZERO_PIECES.address(log), 1, offset, false);
            file.written();
            if (done <= 0) {
                return done == 0 ? Posix.EIO : (int) -done;
            }
            offset += done;
            left -= done;
        }
        return 0;
    }

    /**
     * Hosts differ in how they say no. EINVAL may be about this range only, EBUSY about a block
     * device that somebody else holds exclusively while pages of the range are dirty.
     */
    private static boolean refused(int errno) {
        return errno == Posix.EINVAL || errno == Posix.EBUSY || refusedForGood(errno);
    }

    private static boolean refusedForGood(int errno) {
        return errno == Posix.EOPNOTSUPP || errno == Posix.ENOSYS || errno == Posix.ENOTTY;
    }
}
