// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockFilter;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * A filter that sees requests end: it hears of their ends first. There are as many watches as
 * requests were ever under way at the same time. Thread: home.
 *
 * @param <W> what is kept of a request meanwhile
 */
abstract class WatchingFilter<W extends WatchingFilter.Watch> extends BlockFilter {
    private Watch free;
    private int underWay;

    /** What is kept of a request meanwhile. */
    abstract static class Watch implements BlockCompletion {
        private final WatchingFilter<?> owner;
        private BlockCompletion original;
        private Watch next;

        Watch(WatchingFilter<?> owner) {
            this.owner = owner;
        }

        @Override
        public final void complete(BlockRequest request) {
            request.setCompletion(original);
            owner.end(this, request);
            request.completion().complete(request);
        }
    }

    WatchingFilter(BlockBackend disk) {
        super(disk);
    }

    /** Makes one more. */
    abstract W watch();

    /** A request begins. */
    abstract void began(W watch, BlockRequest request);

    /** It has ended; its errno may be changed. */
    abstract void ended(W watch, BlockRequest request);

    /** The disk had no room for it, so that nothing has happened. */
    abstract void turnedAway(W watch, BlockRequest request);

    /** What became of it is not known, since the guest's memory is gone. */
    abstract void lost(W watch, BlockRequest request);

    @Override
    public QueueStatus submit(BlockRequest request) {
        W watch = take();
        ((Watch) watch).original = request.completion();
        QueueStatus status = null;
        try {
            began(watch, request);
            request.setCompletion(watch);
            status = disk.submit(request);
        } finally {
            if (status != QueueStatus.QUEUED) {
                request.setCompletion(((Watch) watch).original);
                if (status == null) {
                    lost(watch, request);
                } else if (status == QueueStatus.BUSY) {
                    turnedAway(watch, request);
                } else {
                    ended(watch, request);
                }
                give(watch);
            }
        }
        return status;
    }

    @SuppressWarnings("unchecked")
    private W take() {
        underWay++;
        if (free == null) {
            return watch();
        }
        Watch taken = free;
        free = taken.next;
        return (W) taken;
    }

    private void give(Watch watch) {
        watch.original = null;
        watch.next = free;
        free = watch;
        underWay--;
    }

    @SuppressWarnings("unchecked")
    private void end(Watch watch, BlockRequest request) {
        try {
            ended((W) watch, request);
        } finally {
            give(watch);
        }
    }

    @Override
    public void close() {
        assert underWay == 0;
        super.close();
    }
}
