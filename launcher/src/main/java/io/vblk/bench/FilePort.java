// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.fio.Direction;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;

/**
 * Straight to the disk's engine, without ring and device: the job's thread is the event loop.
 * Thread: the job's.
 */
final class FilePort implements RequestPort, AutoCloseable {
    private static final long PAGE_BYTES = 4096;

    private final AioContext context;
    private final BlockBackend backend;
    private final BlockOp trim;
    private final AioTimer timer;
    private final MappedMemory memory;
    private final long stride;
    private final IovecArray segments;
    private final BlockRequest[] requests;
    private final int[] completed;
    private int first;
    private int count;
    private int inFlight;
    /** A slot that the engine had no room for, with those behind it; -1 for none. */
    private int parked = NOTHING;

    /** Over a view of the disk that belongs to this thread from here on. */
    FilePort(AioContext context, BlockBackend backend, QueueNeed need, boolean zeroesForTrims)
            throws ErrnoException {
        this.context = context;
        this.backend = backend;
        this.trim = zeroesForTrims ? BlockOp.WRITE_ZEROES : BlockOp.DISCARD;
        this.timer = context.timer("file port", () -> { });
        int slots = need.iodepth();
        this.stride = (need.dataBytesMax() + PAGE_BYTES - 1) & -PAGE_BYTES;
        long iovecBytes = (slots * (long) IovecArray.ELEMENT_BYTES + PAGE_BYTES - 1) & -PAGE_BYTES;
        this.memory = MappedMemory.anonymous(slots * stride + iovecBytes);
        this.segments = new IovecArray(memory.address() + slots * stride, slots);
        this.requests = new BlockRequest[slots];
        this.completed = new int[slots];
        for (int i = 0; i < slots; i++) {
            int slot = i;
            requests[i] = new BlockRequest(request -> completed(slot));
        }
    }

    @Override
    public boolean waitsItself() {
        return true;
    }

    @Override
    public long dataAddress(int slot) {
        return memory.address() + slot * stride;
    }

    @Override
    public boolean add(int slot, Direction direction, long offset, int lengthBytes) {
        if (parked != NOTHING) {
            return false;
        }
        BlockRequest request = requests[slot];
        switch (direction) {
            case READ, WRITE -> {
                segments.set(slot, dataAddress(slot), lengthBytes);
                request.transfer(direction == Direction.READ ? BlockOp.READ : BlockOp.WRITE,
                        offset, lengthBytes, segments.address(slot), 1);
            }
            case TRIM -> {
                request.range(trim, offset, lengthBytes);
                request.setMayUnmap(true);
            }
            case SYNC -> request.range(BlockOp.FLUSH, 0, 0);
        }
        inFlight++;
        submit(slot);
        return true;
    }

    private void submit(int slot) {
        QueueStatus status = backend.submit(requests[slot]);
        if (status == QueueStatus.BUSY) {
            parked = slot;
        } else if (status == QueueStatus.COMPLETED) {
            completed(slot);
        }
    }

    private void completed(int slot) {
        int at = first + count++;
        completed[at < completed.length ? at : at - completed.length] = slot;
    }

    @Override
    public boolean publish() {
        backend.commit();
        return false;
    }

    @Override
    public void kick() {
        throw new IllegalStateException("there is nobody to kick");
    }

    @Override
    public int poll() {
        if (count == 0) {
            return NOTHING;
        }
        int slot = completed[first];
        first = first + 1 == completed.length ? 0 : first + 1;
        count--;
        inFlight--;
        if (parked != NOTHING) {
            int waiting = parked;
            parked = NOTHING;
            submit(waiting);
            backend.commit();
        }
        return slot;
    }

    @Override
    public boolean isOk(int slot) {
        return requests[slot].errno() == 0;
    }

    @Override
    public int errno(int slot) {
        return requests[slot].errno();
    }

    @Override
    public void await(long timeoutNs) {
        if (count > 0) {
            return;
        }
        timer.modify(context.nanoTime() + timeoutNs);
        context.poll(true);
        timer.cancel();
    }

    @Override
    public void close() {
        timer.cancel();
        backend.close();
        memory.close();
    }
}
