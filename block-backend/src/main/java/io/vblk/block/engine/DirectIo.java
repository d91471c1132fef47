// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.posix.FileStatus;

/**
 * What O_DIRECT (open(2)) asks of transfers to one open file, and what the views of the file share
 * because of it. Thread: any.
 *
 * <p>A file may end inside an aligned unit. Direct transfers reach up to the last unit that is
 * there as a whole; what is behind it, the tail, is read and written through the page cache.
 */
public final class DirectIo implements AutoCloseable {
    /** Largest alignment that is believed, in bytes. */
    static final int ALIGN_MAX = 1 << 16;
    /** Alignment that every host takes, in bytes, where the kernel does not say. */
    public static final int ALIGN_SAFE = 4096;
    /** The page cache writes whole pages, so no page is in the tail and before it. */
    private static final int PAGE_BYTES = 4096;

    private final int memoryAlign;
    private final int offsetAlign;
    private final int unitBytes;
    private final HostFile tail;
    private final RangeLock ranges = new RangeLock();
    private volatile long endBytes;

    /**
     * Describes an open file.
     *
     * @param memoryAlign alignment of addresses in bytes, a power of two
     * @param offsetAlign alignment of offsets and lengths in bytes, a power of two
     * @param unitBytes what offsets and lengths of requests are a multiple of
     * @param tail the same file in the page cache, taken over; null if it never ends inside a unit
     * @param sizeBytes its size
     */
    public DirectIo(int memoryAlign, int offsetAlign, int unitBytes, HostFile tail,
            long sizeBytes) {
        assert Integer.bitCount(memoryAlign) == 1 && Integer.bitCount(offsetAlign) == 1;
        this.memoryAlign = memoryAlign;
        this.offsetAlign = offsetAlign;
        this.unitBytes = unitBytes;
        this.tail = tail;
        setSize(sizeBytes);
    }

    /** Alignment of a file's buffers by statx(2), or what fits everywhere. */
    public static int memoryAlign(FileStatus status) {
        return believed(status.directMemoryAlign(), ALIGN_SAFE);
    }

    /**
     * Alignment of a file's offsets by statx(2).
     *
     * @param otherwise what to take where the kernel does not say
     */
    public static int offsetAlign(FileStatus status, int otherwise) {
        return believed(status.directOffsetAlign(), otherwise);
    }

    private static int believed(int align, int otherwise) {
        return Integer.bitCount(align) == 1 && align <= ALIGN_MAX ? align : otherwise;
    }

    /** The file's size has become another; to be called before requests reach what is new. */
    public void setSize(long sizeBytes) {
        boolean whole = sizeBytes % offsetAlign == 0;
        endBytes = whole || tail == null
                ? sizeBytes : sizeBytes - sizeBytes % Math.max(offsetAlign, PAGE_BYTES);
    }

    int memoryAlign() {
        return memoryAlign;
    }

    int offsetAlign() {
        return offsetAlign;
    }

    /** Whether a request may begin or end inside an aligned unit, which others share then. */
    boolean sharesUnits() {
        return offsetAlign > unitBytes;
    }

    /** Where the tail begins, and direct transfers end. */
    long endBytes() {
        return endBytes;
    }

    /** The file in the page cache, for its tail. */
    HostFile tail() {
        return tail;
    }

    /** Who is at which part of the file. */
    RangeLock ranges() {
        return ranges;
    }

    @Override
    public void close() {
        if (tail != null) {
            tail.close();
        }
    }
}
