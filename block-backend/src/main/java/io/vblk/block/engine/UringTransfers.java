// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.Posix;
import io.vblk.uring.CompletionQueue;
import io.vblk.uring.SubmissionQueue;
import io.vblk.uring.Uring;

/**
 * Transfers of one file over an io_uring(7) of its own. Thread: home, whose first call makes it the
 * ring's owner; {@link #fd} and the constructor: any.
 */
final class UringTransfers implements TransferRing {
    /** Places for requests not yet submitted; there are twice as many for results. */
    static final int ENTRIES = 1024;

    private final HostFile file;
    private final Uring ring;
    private final SubmissionQueue submissions;
    private final CompletionQueue completions;
    /** Null unless wanted. */
    private final FixedBuffers buffers;

    /** Makes a ring; ErrnoException as io_uring_setup(2). */
    UringTransfers(HostFile file, boolean fixedBuffers) throws ErrnoException {
        this.file = file;
        this.ring = Uring.create(ENTRIES);
        this.buffers = fixedBuffers ? new FixedBuffers(
                file.name(), ring, FixedBuffers.SLICE_BYTES_MAX) : null;
        this.submissions = ring.submissions();
        this.completions = ring.completions();
    }

    @Override
    public int fd() {
        return ring.fd();
    }

    @Override
    public boolean add(BlockRequest request, int slot) {
        boolean write = request.op() == BlockOp.WRITE;
        boolean stable = write && request.stable() && file.flushes();
        int fd = stable ? file.stableFd() : file.fd();
        long iovecs = request.iovecs();
        int flags = stable ? Posix.RWF_DSYNC : 0;
        return request.iovecCount() == 1
                ? addOne(request, write, fd, flags, slot)
                : submissions.add(write ? Uring.OP_WRITEV : Uring.OP_READV, fd, request.offset(),
                        iovecs, request.iovecCount(), flags, slot);
    }

    /** One segment needs no array, which the kernel would have to read and check. */
    private boolean addOne(BlockRequest request, boolean write, int fd, int flags, int slot) {
        long address = IovecArray.baseAt(request.iovecs());
        long length = request.lengthBytes();
        int buffer = buffers == null ? FixedBuffers.NONE : buffers.indexOf(address, length);
        if (buffer == FixedBuffers.NONE) {
            return submissions.add(write ? Uring.OP_WRITE : Uring.OP_READ, fd, request.offset(),
                    address, (int) length, flags, slot);
        }
        boolean added = submissions.add(write ? Uring.OP_WRITE_FIXED : Uring.OP_READ_FIXED, fd,
                request.offset(), address, (int) length, flags, slot);
        if (added) {
            submissions.useRegisteredBuffer(buffer);
        }
        return added;
    }

    @Override
    public int submit() {
        ring.enableOnce();
        int result = ring.enter(0, 0);
        int left = submissions.pending();
        if (left > 0 && (result >= 0 || result == -Posix.EINTR)) {
            // Interrupted, or stopped by an entry that failed at once: the rest is next.
            ring.enter(0, 0);
            left = submissions.pending();
        }
        return left;
    }

    @Override
    public int withdraw() {
        return (int) submissions.withdraw();
    }

    @Override
    public boolean hasResults() {
        return completions.size() != 0 || ring.needsEnter();
    }

    @Override
    public int collect() {
        if (ring.needsEnter()) {
            ring.enter(0, Uring.GETEVENTS);
        }
        return completions.size();
    }

    @Override
    public int slot() {
        return (int) completions.userData(0);
    }

    @Override
    public int result() {
        return completions.result(0);
    }

    @Override
    public void next() {
        completions.advance(1);
    }

    @Override
    public void addBuffers(long address, long lengthBytes) {
        if (buffers != null) {
            ring.enableOnce();
            buffers.add(address, lengthBytes);
        }
    }

    @Override
    public void removeBuffers(long address, long lengthBytes) {
        if (buffers != null) {
            buffers.remove(address, lengthBytes);
        }
    }

    @Override
    public void close() {
        ring.close();
    }
}
