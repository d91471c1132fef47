// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.BlockOp;

/** Reads every written block of a job's share once, in order. Thread: the job's. */
final class ReadBack implements RequestSource {
    private final VerifyMap map;
    private final long blocks;
    private final int stride;
    private long block;

    /** The blocks that leave {@code job} as the rest of a division by {@code jobs}. */
    ReadBack(VerifyMap map, long blocks, int job, int jobs) {
        this.map = map;
        this.blocks = blocks;
        this.stride = jobs;
        this.block = (long) job - jobs;
    }

    @Override
    public boolean next() {
        do {
            block += stride;
        } while (block < blocks && !map.isWritten(block));
        return block < blocks;
    }

    @Override
    public BlockOp op() {
        return BlockOp.READ;
    }

    @Override
    public long block() {
        return block;
    }
}
