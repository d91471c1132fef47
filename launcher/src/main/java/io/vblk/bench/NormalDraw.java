// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Distribution;

/**
 * A bell over the region; what would fall outside is drawn again. Neighbours are liked alike, where
 * fio scatters them by a hash. By the polar method (Marsaglia and Bray, "A convenient method for
 * generating normal variables", 1964). Thread: the job's.
 */
final class NormalDraw implements BlockDraw {
    private static final double PERCENT = 100;

    private final long blocks;
    private final double middle;
    private final double deviation;
    /** The method makes two at a time. */
    private double spare;
    private boolean hasSpare;

    /** A bell over some blocks. */
    NormalDraw(Distribution.Normal normal, long blocks) {
        this.blocks = blocks;
        this.middle = (normal.base() < 0 ? 0.5 : normal.base()) * blocks;
        this.deviation = normal.deviationPercent() / PERCENT * blocks;
    }

    @Override
    public long next(RandomStream random) {
        while (true) {
            double at = Math.floor(middle + deviation * standard(random));
            if (at >= 0 && at < blocks) {
                return (long) at;
            }
        }
    }

    private double standard(RandomStream random) {
        if (hasSpare) {
            hasSpare = false;
            return spare;
        }
        while (true) {
            double x = 2 * random.unit() - 1;
            double y = 2 * random.unit() - 1;
            double square = x * x + y * y;
            if (square > 0 && square < 1) {
                double factor = Math.sqrt(-2 * Math.log(square) / square);
                spare = y * factor;
                hasSpare = true;
                return x * factor;
            }
        }
    }
}
