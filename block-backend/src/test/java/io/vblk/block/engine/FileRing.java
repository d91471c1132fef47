// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A ring that carries each transfer out through the methods of its file when it is submitted, and
 * shows the results when the test says so. Thread: home.
 */
class FileRing implements TransferRing {
    private record Result(int slot, int result) {}

    private record Entry(BlockRequest request, int slot) {}

    final HostFile file;
    /** Places for what is not submitted. */
    int entriesMax = UringTransfers.ENTRIES;
    /** How many of each batch are taken. */
    int takenMax = Integer.MAX_VALUE;
    /** Instead of what the file says, once, unless 0. */
    int nextResult;
    /** Results are there and not seen. */
    boolean hidden;
    final List<Integer> batches = new ArrayList<>();

    private final Deque<Entry> added = new ArrayDeque<>();
    private final Deque<Result> results = new ArrayDeque<>();
    private final int fd;

    FileRing(HostFile file) {
        this.file = file;
        try {
            this.fd = Posix.eventfd(0, Posix.EFD_CLOEXEC | Posix.EFD_NONBLOCK);
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public boolean add(BlockRequest request, int slot) {
        if (added.size() >= entriesMax) {
            return false;
        }
        added.add(new Entry(request, slot));
        return true;
    }

    @Override
    public int submit() {
        int taken = Math.min(added.size(), takenMax);
        batches.add(taken);
        for (int i = 0; i < taken; i++) {
            Entry entry = added.poll();
            int result = transfer(entry.request());
            results.add(new Result(entry.slot(), nextResult != 0 ? nextResult : result));
            nextResult = 0;
        }
        return added.size();
    }

    private int transfer(BlockRequest request) {
        return (int) (request.op() == BlockOp.WRITE
                ? file.write(request.iovecs(), request.iovecCount(), request.offset(),
                        request.stable())
                : file.read(request.iovecs(), request.iovecCount(), request.offset()));
    }

    @Override
    public int withdraw() {
        return added.removeLast().slot();
    }

    @Override
    public boolean hasResults() {
        return !hidden && !results.isEmpty();
    }

    @Override
    public int collect() {
        return hidden ? 0 : results.size();
    }

    @Override
    public int slot() {
        return results.element().slot();
    }

    @Override
    public int result() {
        return results.element().result();
    }

    @Override
    public void next() {
        results.remove();
    }

    @Override
    public void close() {
        Posix.close(fd);
    }
}
