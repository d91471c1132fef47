// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.block.engine.IoEngine;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * Keeps a guest from turning a raw image into one of another format, which a later opener would
 * follow to other files of this host. Thread: home.
 *
 * <p>The guest can change its buffer at any time, so the first block is copied, looked at and
 * written from the copy. One such write at a time.
 */
final class FirstBlockGuard implements BlockCompletion, AutoCloseable {
    private static final int SEGMENTS_EXPECTED = 256;

    private final int blockBytes;
    private final MappedMemory copy;
    private MappedMemory elements;
    private int elementsMax;
    private IovecArray redirected;

    // Of the request under way.
    private boolean busy;
    private long guestIovecs;
    private int guestIovecCount;
    private BlockCompletion guestCompletion;

    /** A guard with buffers of its own. */
    FirstBlockGuard(int blockBytes) {
        this.blockBytes = blockBytes;
        this.copy = allocate(blockBytes);
        this.elementsMax = SEGMENTS_EXPECTED;
        this.elements = allocate((long) elementsMax * IovecArray.ELEMENT_BYTES);
        this.redirected = new IovecArray(elements.address(), elementsMax);
    }

    private static MappedMemory allocate(long bytes) {
        try {
            return MappedMemory.anonymous(bytes);
        } catch (ErrnoException e) {
            throw new OutOfMemoryError(e.getMessage());
        }
    }

    /** Takes a write that begins at the first block. */
    QueueStatus submit(BlockRequest request, IoEngine engine) {
        if (busy) {
            return QueueStatus.BUSY;
        }
        redirect(request);
        if (!FormatProbe.probe(copy.address()).equals(FormatProbe.RAW)) {
            request.setErrno(Posix.EPERM);
            restore(request);
            return QueueStatus.COMPLETED;
        }
        QueueStatus status = engine.submit(request);
        if (status != QueueStatus.QUEUED) {
            restore(request);
        }
        return status;
    }

    @Override
    public void complete(BlockRequest request) {
        restore(request);
        request.completion().complete(request);
    }

    @Override
    public void close() {
        assert !busy;
        copy.close();
        elements.close();
    }

    /** Makes the request write the copy of its first block, and the rest as it was. */
    private void redirect(BlockRequest request) {
        busy = true;
        guestIovecs = request.iovecs();
        guestIovecCount = request.iovecCount();
        guestCompletion = request.completion();
        if (guestIovecCount + 1 > elementsMax) {
            grow(guestIovecCount + 1);
        }
        redirected.set(0, copy.address(), blockBytes);
        int count = 1;
        long copied = 0;
        for (int i = 0; i < guestIovecCount; i++) {
            long element = guestIovecs + (long) i * IovecArray.ELEMENT_BYTES;
            long base = IovecArray.baseAt(element);
            long length = IovecArray.lengthAt(element);
            long head = Math.min(length, blockBytes - copied);
            NativeMemory.copy(base, copy.address() + copied, head);
            copied += head;
            if (length > head) {
                redirected.set(count++, base + head, length - head);
            }
        }
        assert copied == blockBytes;
        transfer(request, redirected.address(0), count);
        request.setCompletion(this);
    }

    private void restore(BlockRequest request) {
        int errno = request.errno();
        transfer(request, guestIovecs, guestIovecCount);
        request.setErrno(errno);
        request.setCompletion(guestCompletion);
        guestCompletion = null;
        busy = false;
    }

    private static void transfer(BlockRequest request, long iovecs, int count) {
        boolean stable = request.stable();
        request.transfer(
                BlockOp.WRITE, request.offset(), request.lengthBytes(), iovecs, count);
        request.setStable(stable);
    }

    private void grow(int count) {
        elements.close();
        elementsMax = count;
        elements = allocate((long) count * IovecArray.ELEMENT_BYTES);
        redirected = new IovecArray(elements.address(), count);
    }
}
