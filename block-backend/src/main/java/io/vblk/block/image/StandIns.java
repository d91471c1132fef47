// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * Requests that go to a disk in place of a guest's, which wait unchanged meanwhile. There are as
 * many as ever were under way at the same time. Thread: home.
 */
final class StandIns {
    private StandIn free;
    private int underWay;

    private final class StandIn implements BlockCompletion {
        private final BlockRequest request = new BlockRequest(this);
        private BlockRequest original;
        private StandIn next;

        @Override
        public void complete(BlockRequest ended) {
            BlockRequest guests = end(this);
            guests.completion().complete(guests);
        }
    }

    /** Submits a WRITE_ZEROES with the range, and as stable as another request, in its place. */
    QueueStatus writeZeroes(BlockBackend disk, BlockRequest original, boolean mayUnmap) {
        StandIn standIn = begin(original);
        BlockRequest zeroes = standIn.request;
        zeroes.range(BlockOp.WRITE_ZEROES, original.offset(), original.lengthBytes());
        zeroes.setStable(original.stable());
        zeroes.setMayUnmap(mayUnmap);
        QueueStatus status = disk.submit(zeroes);
        if (status != QueueStatus.QUEUED) {
            end(standIn);
        }
        return status;
    }

    private StandIn begin(BlockRequest original) {
        StandIn standIn = free == null ? new StandIn() : free;
        free = standIn.next;
        standIn.next = null;
        standIn.original = original;
        underWay++;
        return standIn;
    }

    /** The guest's request, with the outcome. */
    private BlockRequest end(StandIn standIn) {
        BlockRequest original = standIn.original;
        original.setErrno(standIn.request.errno());
        standIn.original = null;
        standIn.next = free;
        free = standIn;
        underWay--;
        return original;
    }

    /** Whether none is under way. */
    boolean isEmpty() {
        return underWay == 0;
    }
}
