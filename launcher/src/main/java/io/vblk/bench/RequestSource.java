// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.BlockOp;

/** Where a job's requests come from. Thread: the job's. */
interface RequestSource {
    /** Steps to the next request; false at the end. */
    boolean next();

    /** READ or WRITE. */
    BlockOp op();

    /** Block of the region, in units of the job's block size. */
    long block();
}
