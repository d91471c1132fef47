// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open file of this host, shared by all contexts: the seam at the system calls, where tests
 * record or fail them. Thread: any. Every method answers the negative errno after a failure.
 *
 * <p>The kernel reports lost dirty pages once per open file, to the first sync that asks, and then
 * forgets them. Three things keep such a loss from going unseen: a failed sync stays failed for
 * ever; syncs run one at a time, so that none succeeds beside one that is about to fail; and stable
 * writes, which sync too, go through an open file of their own. A file past the page cache of which
 * no range was zeroed or given back has no pages to lose: there the next sync asks again.
 *
 * <p>A sync is left out when nothing has been written since the last good one began. So whoever
 * changes the file tells so by {@link #written}, when the call has ended and before anybody hears
 * of its end: told at its beginning, a sync between the two would take the news for its own.
 */
public class HostFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostFile.class);

    private final String name;
    private final int fd;
    private final int stableFd;
    private final boolean flushes;
    private final DirectIo direct;

    /**
     * Whether something may have been written since the last good sync began. True at first: an
     * earlier process may have told a guest of writes that it did not sync.
     */
    private volatile boolean dirty = true;

    /** Past the page cache too, the kernel zeroes parts of blocks there. */
    private volatile boolean zeroed;

    /** Number of syncs begun; written under the lock, read before taking it. */
    private volatile long syncsBegun;
    private long lastGoodSync;
    private int syncErrno;

    /**
     * Set of bits of {@link HostCall}. Not synchronised: who has not heard of one, or has
     * overwritten it, asks the kernel once more.
     */
    private int lacking;

    /**
     * Takes over open descriptors.
     *
     * @param name what messages call the file
     * @param stableFd descriptor of a second open(2) of the same file for stable writes, or
     *     {@code fd} where there are none
     */
    public HostFile(String name, int fd, int stableFd) {
        this(name, fd, stableFd, true, null);
    }

    /**
     * Takes over open descriptors.
     *
     * @param stableFd descriptor of a second open(2), as above
     * @param flushes whether syncs and stable writes reach the storage, or nobody cares
     * @param direct what O_DIRECT asks for, which both are opened with; null for the page cache
     */
    public HostFile(String name, int fd, int stableFd, boolean flushes, DirectIo direct) {
        this.name = name;
        this.fd = fd;
        this.stableFd = stableFd;
        this.flushes = flushes;
        this.direct = direct;
    }

    /** What messages call the file. */
    final String name() {
        return name;
    }

    /** The descriptor. */
    public final int fd() {
        return fd;
    }

    /** The descriptor for stable writes, with RWF_DSYNC, if {@link #flushes}. */
    public final int stableFd() {
        return stableFd;
    }

    /** Whether syncs and stable writes are to reach the storage; if not, they are as others. */
    public final boolean flushes() {
        return flushes;
    }

    /** What O_DIRECT asks of transfers; null for a file in the page cache. */
    public final DirectIo direct() {
        return direct;
    }

    /**
     * Something has been written that is not stable yet, well or badly: a plain write, a hole, a
     * range of zeroes. To be called after the call that did so, before its end is told.
     */
    public final void written() {
        // G1: pairs with HostFile.sync, whose fdatasync comes after it has taken the mark away
        NativeMemory.fullFence();
        if (!dirty) {
            dirty = true;
        }
    }

    /** Whether the page cache may have what is read. */
    public boolean isCached() {
        return direct == null;
    }

    /** What {@link UringEngine} puts its transfers in; ErrnoException as io_uring_setup(2). */
    TransferRing newRing(boolean fixedBuffers) throws ErrnoException {
        return new UringTransfers(this, fixedBuffers);
    }

    /** preadv2(2) that answers EAGAIN, or reads less, rather than wait for the disk. */
    public long readNoWait(long iovecs, int count, long offset) {
        return Posix.preadv2(fd, iovecs, count, offset, Posix.RWF_NOWAIT);
    }

    /** pwritev2(2) that answers EAGAIN, or writes less, rather than wait. */
    public long writeNoWait(long iovecs, int count, long offset) {
        return Posix.pwritev(fd, iovecs, count, offset, Posix.RWF_NOWAIT);
    }

    /** preadv(2): bytes read, 0 at the end of the file. */
    public long read(long iovecs, int count, long offset) {
        return Posix.preadv(fd, iovecs, count, offset);
    }

    /** pwritev2(2): bytes written; {@code stable} ones are on stable storage on return. */
    public long write(long iovecs, int count, long offset, boolean stable) {
        return stable && flushes
                ? Posix.pwritev(stableFd, iovecs, count, offset, Posix.RWF_DSYNC)
                : Posix.pwritev(fd, iovecs, count, offset, 0);
    }

    /**
     * Makes all that was written before this call stable. Those who wait while another sync runs
     * share the one after it. Once this has failed it fails for ever, if pages can be lost.
     */
    public final int sync() {
        if (!flushes) {
            return 0;
        }
        long begunBefore = syncsBegun;
        synchronized (this) {
            if (syncErrno != 0) {
                return -syncErrno;
            }
            if (lastGoodSync > begunBefore || !dirty) {
                return 0;
            }
            long mine = syncsBegun + 1;
            syncsBegun = mine;
            dirty = false;
            // G1: pairs with HostFile.written: who found the mark still there has written before
            NativeMemory.fullFence();
            int result = fdatasync();
            if (result < 0) {
                syncFailed(-result);
                return result;
            }
            lastGoodSync = mine;
            return 0;
        }
    }

    /** Holds the lock. */
    private void syncFailed(int errno) {
        dirty = true;
        if (direct != null && !zeroed) {
            LOG.error("{}: fdatasync: {}; what was written since the last flush may be lost",
                    name, ErrnoException.describe(errno));
            return;
        }
        syncErrno = errno;
        LOG.error("{}: fdatasync: {}; what was written since the last flush may be lost, "
                + "every flush fails from now on", name, ErrnoException.describe(errno));
    }

    /** A range was zeroed or given back, parts of blocks by way of the page cache. */
    final void zeroed() {
        zeroed = true;
        written();
    }

    /** fdatasync(2), one at a time; where the page cache has a part never after a failure. */
    protected int fdatasync() {
        return Posix.fdatasync(fd);
    }

    /**
     * Gives a range's storage back, or part of it, or nothing: a hint. What it reads as afterwards
     * is open.
     */
    public int discard(long offset, long lengthBytes) {
        return punchHole(offset, lengthBytes);
    }

    /** Gives a range's storage back; it reads as zeroes (fallocate(2)). */
    public int punchHole(long offset, long lengthBytes) {
        int mode = Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE;
        return Posix.fallocate(fd, mode, offset, lengthBytes);
    }

    /** Makes a range read as zeroes and keeps its storage (fallocate(2)). */
    public int zeroRange(long offset, long lengthBytes) {
        int mode = Posix.FALLOC_FL_ZERO_RANGE | Posix.FALLOC_FL_KEEP_SIZE;
        return Posix.fallocate(fd, mode, offset, lengthBytes);
    }

    /** Gets storage for what has none in a range; data stay as they are (fallocate(2), mode 0). */
    public int allocate(long offset, long lengthBytes) {
        return Posix.fallocate(fd, 0, offset, lengthBytes);
    }

    /** Destroys a range's data for good, which no file system can. */
    public int secureErase(long offset, long lengthBytes) {
        return -Posix.EOPNOTSUPP;
    }

    /** Whether the host has said that it does not know a call for this file. */
    final boolean lacks(HostCall call) {
        return (lacking & call.bit()) != 0;
    }

    /** Remembers that the host does not know a call for this file. */
    final void setLacks(HostCall call) {
        lacking |= call.bit();
    }

    /** Size of a regular file in bytes now; ErrnoException as fstat(2). */
    public final long sizeBytes() throws ErrnoException {
        return Posix.fileStatus(fd).sizeBytes();
    }

    /** Closes the descriptors. No request may be under way. */
    @Override
    public void close() {
        Posix.close(fd);
        if (stableFd != fd) {
            Posix.close(stableFd);
        }
        if (direct != null) {
            direct.close();
        }
    }
}
