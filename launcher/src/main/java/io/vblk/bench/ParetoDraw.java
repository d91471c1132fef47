// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * A share of h of the blocks gets all but h of the requests, and so on within both: with 0.2, 20
 * percent get 80 percent. Thread: the job's.
 */
final class ParetoDraw implements BlockDraw {
    private final long blocks;
    private final double power;
    private final Scatter scatter;

    /**
     * A Pareto distribution over some blocks.
     *
     * @param h between 0 and 1, both excluded
     */
    ParetoDraw(double h, long blocks, Scatter scatter) {
        this.blocks = blocks;
        this.power = Math.log(h) / Math.log1p(-h);
        this.scatter = scatter;
    }

    @Override
    public long next(RandomStream random) {
        long rank = (long) (blocks * Math.pow(random.unit(), power));
        return scatter.block(Math.min(rank, blocks - 1));
    }
}
