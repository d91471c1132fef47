// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/** Draws blocks of a region, each draw independent of those before it. Thread: the job's. */
interface BlockDraw {
    /** The next block, 0 to below the number of blocks. */
    long next(RandomStream random);
}
