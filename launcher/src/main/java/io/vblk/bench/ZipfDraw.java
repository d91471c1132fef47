// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Zipf's law: the n-th most liked block comes up in proportion to n to the power of -theta. By
 * rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from
 * monotone discrete distributions", 1996): a draw from the continuous curve, rounded, is refused as
 * often as the curve is above the steps, which is seldom. No table, so a region of any size is as
 * good as a small one. Thread: the job's.
 */
final class ZipfDraw implements BlockDraw {
    private static final double HALF = 0.5;

    private final long blocks;
    private final double theta;
    private final double oneMinusTheta;
    /** The curve's area up to the last block and a half, and up to where the first begins. */
    private final double areaLast;
    private final double areaFirst;
    /** A draw this close below its block is never refused. */
    private final double sure;
    private final Scatter scatter;

    /**
     * Zipf's law over some blocks.
     *
     * @param theta above 0, not 1
     */
    ZipfDraw(double theta, long blocks, Scatter scatter) {
        this.blocks = blocks;
        this.theta = theta;
        this.oneMinusTheta = 1 - theta;
        this.areaLast = area(blocks + HALF);
        this.areaFirst = area(1 + HALF) - 1;
        this.sure = 2 - rankOfArea(area(2 + HALF) - weight(2));
        this.scatter = scatter;
    }

    private double weight(double rank) {
        return Math.exp(-theta * Math.log(rank));
    }

    /** Integral of the weight from 1 to a rank. */
    private double area(double rank) {
        return Math.expm1(oneMinusTheta * Math.log(rank)) / oneMinusTheta;
    }

    private double rankOfArea(double area) {
        return Math.exp(Math.log1p(Math.max(-1, oneMinusTheta * area)) / oneMinusTheta);
    }

    @Override
    public long next(RandomStream random) {
        while (true) {
            double area = areaLast + random.unitAboveZero() * (areaFirst - areaLast);
            double at = rankOfArea(area);
            long rank = Math.max(1, Math.min(blocks, (long) (at + HALF)));
            if (rank - at <= sure || area >= area(rank + HALF) - weight(rank)) {
                return scatter.block(rank - 1);
            }
        }
    }
}
