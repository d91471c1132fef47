// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * Bitmap, shared with a front-end that migrates its guest, of the pages of guest memory that this
 * side has written (vhost-user.rst, "Migration"): bit n of byte m is page 8 m + n. Thread: any.
 *
 * <p>A page is marked after it has been written and before the driver can know, so that whoever
 * clears the bit and then copies the page misses nothing.
 */
public final class DirtyLog implements AutoCloseable {
    /** Bytes of guest memory that a bit stands for. */
    public static final long PAGE_BYTES = 4096;

    private static final int WORD_BITS = 64;

    private final MappedMemory bitmap;
    private final long pages;
    private volatile boolean tooSmall;

    private DirtyLog(MappedMemory bitmap) {
        this.bitmap = bitmap;
        this.pages = bitmap.lengthBytes() * Byte.SIZE;
    }

    /**
     * Maps a bitmap; the descriptor stays the caller's.
     *
     * @param offset where it begins in the file, a multiple of 8
     * @throws ErrnoException EINVAL if that is not in the file
     */
    public static DirtyLog map(int fd, long offset, long lengthBytes) throws ErrnoException {
        if (offset % Long.BYTES != 0) {
            throw new ErrnoException("dirty log at offset " + offset, Posix.EINVAL);
        }
        return new DirtyLog(MappedMemory.shared(fd, offset, lengthBytes));
    }

    /** Marks the pages of a range of guest addresses. */
    public void mark(long guestAddress, long lengthBytes) {
        if (lengthBytes == 0) {
            return;
        }
        long page = Long.divideUnsigned(guestAddress, PAGE_BYTES);
        long last = Long.divideUnsigned(guestAddress + lengthBytes - 1, PAGE_BYTES);
        if (Long.compareUnsigned(last, pages) >= 0) {
            // The front-end has to cover all of its memory; what has no bit cannot be marked.
            tooSmall = true;
            last = pages - 1;
        }
        while (page <= last) {
            long word = page / WORD_BITS;
            long bits = 0;
            for (; page <= last && page / WORD_BITS == word; page++) {
                bits |= 1L << page % WORD_BITS;
            }
            NativeMemory.setBits(bitmap.address() + word * Long.BYTES, bits);
        }
    }

    /** Whether pages had to be marked for which there is no bit. */
    public boolean isTooSmall() {
        return tooSmall;
    }

    /** Whether the bitmap is still there, see {@link GuestMemory#isThere}. */
    public boolean isThere() {
        return bitmap.isThere();
    }

    /** Unmaps the bitmap. Nobody may mark any more. */
    @Override
    public void close() {
        bitmap.close();
    }
}
