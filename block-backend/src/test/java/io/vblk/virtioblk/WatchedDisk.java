// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.block.SimulatedBackend;
import java.util.ArrayList;
import java.util.List;

/**
 * Notes what reaches a disk, has room for so many requests at a time and is BUSY beyond, and lets
 * the test act in the middle of a submit. Thread: home.
 */
final class WatchedDisk implements BlockBackend {
    /** A request as it was submitted and taken. */
    record Seen(BlockOp op, long offset, long lengthBytes, boolean stable, boolean mayUnmap) {}

    private final SimulatedBackend disk;
    private final List<Seen> seen = new ArrayList<>();
    private int room = Integer.MAX_VALUE;
    private int refused;
    private Runnable onSubmit = () -> { };

    /** Takes over the disk. */
    WatchedDisk(SimulatedBackend disk) {
        this.disk = disk;
    }

    /** What was taken since the last call. */
    List<Seen> taken() {
        List<Seen> copy = List.copyOf(seen);
        seen.clear();
        return copy;
    }

    /** Allows so many requests at a time from now on. */
    void room(int requests) {
        room = requests;
    }

    /** How often the answer was BUSY. */
    int refused() {
        return refused;
    }

    /** Does something in each submit from now on. */
    void onSubmit(Runnable action) {
        onSubmit = action;
    }

    @Override
    public BlockLimits limits() {
        return disk.limits();
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        onSubmit.run();
        if (disk.underWay() >= room) {
            refused++;
            return QueueStatus.BUSY;
        }
        seen.add(new Seen(request.op(), request.offset(), request.lengthBytes(),
                request.stable(), request.mayUnmap()));
        return disk.submit(request);
    }

    @Override
    public void commit() {
        disk.commit();
    }

    @Override
    public void close() {
        disk.close();
    }
}
