// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;

/**
 * Aligned buffers for transfers whose own memory or place does not fit O_DIRECT, made when first
 * needed. Thread: home.
 */
final class BounceBuffers implements AutoCloseable {
    /** Size of one; larger transfers go in pieces. A multiple of every alignment. */
    static final int BUFFER_BYTES = 1 << 17;
    /** Most of one view: so many transfers go on at a time, the others wait. */
    static final int BUFFERS_MAX = 16;

    /** A buffer, aligned as strictly as can be, and an element that stands for a part of it. */
    record Buffer(MappedMemory memory, long address, IovecArray iovec) {
        private static Buffer make() throws ErrnoException {
            MappedMemory memory =
                    MappedMemory.anonymous(BUFFER_BYTES + 2L * DirectIo.ALIGN_MAX);
            long address = (memory.address() + DirectIo.ALIGN_MAX - 1) & -DirectIo.ALIGN_MAX;
            return new Buffer(memory, address, new IovecArray(address + BUFFER_BYTES, 1));
        }
    }

    private final Buffer[] free = new Buffer[BUFFERS_MAX];
    private int freeCount;
    private int made;

    /** A buffer; null if all are in use, or there is not even one and no memory. */
    Buffer take() {
        if (freeCount > 0) {
            return free[--freeCount];
        }
        if (made == BUFFERS_MAX) {
            return null;
        }
        try {
            Buffer buffer = Buffer.make();
            made++;
            return buffer;
        } catch (ErrnoException e) {
            // One that is in use comes back.
            return null;
        }
    }

    /** Whether one that is in use will be given back. */
    boolean isAnyInUse() {
        return made > freeCount;
    }

    void give(Buffer buffer) {
        free[freeCount++] = buffer;
    }

    @Override
    public void close() {
        assert !isAnyInUse();
        while (freeCount > 0) {
            free[--freeCount].memory.close();
        }
    }
}
