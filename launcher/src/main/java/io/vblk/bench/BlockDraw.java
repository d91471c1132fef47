// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Distribution;

/** Draws blocks of a region, each draw independent of those before it. Thread: the job's. */
interface BlockDraw {
    /** The next block, 0 to below the number of blocks. */
    long next(RandomStream random);

    /**
     * Draws by a distribution. It is set up in a time that does not depend on the region.
     *
     * @param blocks how many there are, at least 1
     * @param blockBytes size of each
     * @param random what scatters the blocks that are liked
     * @throws IllegalArgumentException in words for an operator, if zones do not fit
     */
    static BlockDraw of(Distribution distribution, long blocks, int blockBytes,
            RandomStream random) {
        if (distribution instanceof Distribution.Zipf zipf) {
            return new ZipfDraw(zipf.theta(), blocks, new Scatter(blocks, zipf.base(), random));
        }
        if (distribution instanceof Distribution.Pareto pareto) {
            return new ParetoDraw(pareto.h(), blocks, new Scatter(blocks, pareto.base(), random));
        }
        if (distribution instanceof Distribution.Normal normal) {
            return new NormalDraw(normal, blocks);
        }
        if (distribution instanceof Distribution.Zoned zoned) {
            return new ZonedDraw(zoned, blocks, blockBytes);
        }
        return numbers -> numbers.below(blocks);
    }
}
