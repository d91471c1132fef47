// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

/**
 * One request through all layers, allocated once and used again and again.
 * Thread: home; while QUEUED it belongs to the backend, which may read and change it on another
 * thread and hands it back with a happens-before edge.
 */
public final class BlockRequest {
    private BlockOp op = BlockOp.FLUSH;
    private long offset;
    private long lengthBytes;
    private long iovecs;
    private int iovecCount;
    private boolean stable;
    private boolean mayUnmap;
    private int errno;
    private BlockCompletion completion;

    /** Link for whoever holds the request: a list or queue needs no allocation. */
    private BlockRequest next;

    /** A request that reports to {@code completion}. */
    public BlockRequest(BlockCompletion completion) {
        this.completion = completion;
    }

    /**
     * Makes this a READ or WRITE.
     *
     * @param operation READ or WRITE
     * @param offset first byte on the disk
     * @param lengthBytes sum of the segments' lengths
     * @param iovecs address of a native {@code struct iovec[]}; the backend may change its elements
     *     while the request is under way, and has put them back when it completes
     * @param iovecCount number of its elements
     */
    public void transfer(BlockOp operation, long offset, long lengthBytes, long iovecs,
            int iovecCount) {
        assert operation == BlockOp.READ || operation == BlockOp.WRITE;
        range(operation, offset, lengthBytes);
        this.iovecs = iovecs;
        this.iovecCount = iovecCount;
    }

    /** Makes this a DISCARD, WRITE_ZEROES, SECURE_ERASE or, with range 0, a FLUSH. */
    public void range(BlockOp operation, long offset, long lengthBytes) {
        this.op = operation;
        this.offset = offset;
        this.lengthBytes = lengthBytes;
        this.iovecs = 0;
        this.iovecCount = 0;
        this.stable = false;
        this.mayUnmap = false;
        this.errno = 0;
    }

    /** What to do. */
    public BlockOp op() {
        return op;
    }

    /** First byte on the disk. */
    public long offset() {
        return offset;
    }

    /** Length in bytes. */
    public long lengthBytes() {
        return lengthBytes;
    }

    /** Address of the {@code struct iovec[]} of a READ or WRITE. */
    public long iovecs() {
        return iovecs;
    }

    /** Number of iovec elements. */
    public int iovecCount() {
        return iovecCount;
    }

    /** Whether what is written must be on stable storage at completion (FUA). */
    public boolean stable() {
        return stable;
    }

    /** Asks for stable storage at completion of a WRITE or WRITE_ZEROES. */
    public void setStable(boolean wanted) {
        stable = wanted;
    }

    /** Whether WRITE_ZEROES may give the storage back. */
    public boolean mayUnmap() {
        return mayUnmap;
    }

    /** Allows WRITE_ZEROES to give the storage back. */
    public void setMayUnmap(boolean allowed) {
        mayUnmap = allowed;
    }

    /** 0 after success, else a positive errno. */
    public int errno() {
        return errno;
    }

    /** Sets the outcome. */
    public void setErrno(int result) {
        errno = result;
    }

    /** Who hears of the end. */
    public BlockCompletion completion() {
        return completion;
    }

    /** Changes who hears of the end; a layer that does so puts the old one back. */
    public void setCompletion(BlockCompletion newCompletion) {
        completion = newCompletion;
    }

    /** The request after this one in its holder's list. */
    public BlockRequest next() {
        return next;
    }

    /** Sets the link. */
    public void setNext(BlockRequest request) {
        next = request;
    }
}
