// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockOp;
import io.vblk.posix.ErrnoException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells an operator of requests of a queue that failed, once a second at most. Thread: home. */
final class IoErrorLog {
    private static final Logger LOG = LoggerFactory.getLogger(IoErrorLog.class);
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final VirtioBlkDevice device;
    private final int index;
    private final AioContext context;
    private long loggedNs;

    IoErrorLog(VirtioBlkDevice device, int index, AioContext context) {
        this.device = device;
        this.index = index;
        this.context = context;
    }

    void note(BlockOp op, int errno) {
        long nowNs = context.nanoTime();
        if (loggedNs == 0 || nowNs - loggedNs > NANOS_PER_SECOND) {
            loggedNs = nowNs;
            LOG.warn("{}queue {}: {} failed: {}", device.logPrefix(), index, op,
                    ErrnoException.describe(errno));
        }
    }
}
