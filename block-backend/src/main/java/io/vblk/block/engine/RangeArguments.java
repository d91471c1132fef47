// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs ioctl(2) on a range of a block device: the kernel takes it as {@code uint64_t range[2]},
 * start and length in bytes (linux/fs.h). Thread: any, several at once, and none waits for another.
 */
final class RangeArguments {
    private static final int SLOTS = Long.SIZE;
    private static final int SLOT_BYTES = 2 * Long.BYTES;
    private static final AtomicLong FREE = new AtomicLong(-1L);
    /** One slot for each bit that is set in the above; never unmapped. */
    private static final long MEMORY;

    static {
        try {
            MEMORY = MappedMemory.anonymous((long) SLOTS * SLOT_BYTES).address();
        } catch (ErrnoException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private RangeArguments() {}

    /** 0 or the negative errno. */
    static int ioctl(int fd, long call, long offset, long lengthBytes) {
        long slot = take();
        if (slot == 0) {
            return withOwnMemory(fd, call, offset, lengthBytes);
        }
        try {
            long address = MEMORY + (long) Long.numberOfTrailingZeros(slot) * SLOT_BYTES;
            return ioctlAt(address, fd, call, offset, lengthBytes);
        } finally {
            giveBack(slot);
        }
    }

    private static int ioctlAt(long address, int fd, long call, long offset, long lengthBytes) {
        NativeMemory.putLong(address, offset);
        NativeMemory.putLong(address + Long.BYTES, lengthBytes);
        int result;
        do {
            result = Posix.ioctl(fd, call, address);
        } while (result == -Posix.EINTR);
        return result;
    }

    private static int withOwnMemory(int fd, long call, long offset, long lengthBytes) {
        try (MappedMemory range = MappedMemory.anonymous(SLOT_BYTES)) {
            return ioctlAt(range.address(), fd, call, offset, lengthBytes);
        } catch (ErrnoException e) {
            return -e.errno();
        }
    }

    /** The bit of a slot that is the caller's now; 0 if there is none. */
    private static long take() {
        while (true) {
            long free = FREE.get();
            long slot = Long.lowestOneBit(free);
            if (slot == 0 || FREE.compareAndSet(free, free & ~slot)) {
                return slot;
            }
        }
    }

    private static void giveBack(long slot) {
        long free = FREE.get();
        while (!FREE.compareAndSet(free, free | slot)) {
            free = FREE.get();
        }
    }
}
