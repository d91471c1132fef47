// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockFilter;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import java.util.SplittableRandom;

/**
 * Fails requests, which then do nothing: of a write that failed no byte was written. Thread: home.
 */
final class ErrorFilter extends BlockFilter {
    private final AioContext context;
    private final ErrorSpec spec;
    private final FailingDisk shared;
    private final SplittableRandom random;
    private final boolean[] fails = new boolean[OpKind.COUNT];

    /** Written by home, read by any as it is. */
    private long errors;

    /** Takes over the disk; {@code view} is its number among those of its disk. */
    ErrorFilter(BlockBackend disk, AioContext context, ErrorSpec spec, FailingDisk shared,
            int view) {
        super(disk);
        this.context = context;
        this.spec = spec;
        this.shared = shared;
        this.random = new SplittableRandom(spec.chance().seed() + view);
        for (OpKind kind : spec.kinds()) {
            fails[kind.ordinal()] = true;
        }
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        if (!fails(request)) {
            return disk.submit(request);
        }
        errors++;
        request.setErrno(spec.errno());
        return QueueStatus.COMPLETED;
    }

    private boolean fails(BlockRequest request) {
        if (!fails[OpKind.of(request.op()).ordinal()] || !touchesRange(request)
                || spec.trigger() != null && !shared.isTriggered(context)
                || shared.isSpared()) {
            return false;
        }
        double probability = spec.chance().probability();
        return (probability == 1 || random.nextDouble() < probability) && shared.takeFailure();
    }

    private boolean touchesRange(BlockRequest request) {
        return !spec.hasRange() || request.lengthBytes() > 0
                && request.offset() < spec.toByte()
                && request.offset() + request.lengthBytes() > spec.fromByte();
    }

    /** Requests that have failed here. Thread: any. */
    long errors() {
        return errors;
    }
}
