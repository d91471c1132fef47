// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockRequest;

/**
 * Counts requests, and times them from submit until their end comes back here: what the disk takes,
 * with all filters below. It reads the clock twice for each. Thread: home.
 */
final class StatsFilter extends WatchingFilter<StatsFilter.Timed> {
    private final AioContext context;
    private final KindStats[] kinds = new KindStats[OpKind.COUNT];

    /** When a request began. */
    static final class Timed extends WatchingFilter.Watch {
        private long beganNs;

        Timed(StatsFilter owner) {
            super(owner);
        }
    }

    StatsFilter(BlockBackend disk, AioContext context) {
        super(disk);
        this.context = context;
        for (int i = 0; i < kinds.length; i++) {
            kinds[i] = new KindStats();
        }
    }

    /** What was counted of a kind. Thread: any. */
    KindStats of(OpKind kind) {
        return kinds[kind.ordinal()];
    }

    @Override
    Timed watch() {
        return new Timed(this);
    }

    @Override
    void began(Timed watch, BlockRequest request) {
        watch.beganNs = context.nanoTime();
    }

    @Override
    void ended(Timed watch, BlockRequest request) {
        kinds[OpKind.of(request.op()).ordinal()].count(
                context.nanoTime() - watch.beganNs, request.errno(), request.lengthBytes());
    }

    @Override
    void turnedAway(Timed watch, BlockRequest request) {
        // It comes again.
    }

    @Override
    void lost(Timed watch, BlockRequest request) {
        // With its guest's memory.
    }
}
