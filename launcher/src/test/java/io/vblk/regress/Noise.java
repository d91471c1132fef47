// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.Random;

/**
 * Slices as a shared two-processor machine gives them: forks that differ, slices that scatter, a
 * slow mode, and bursts of foreign load that last for several slices. Logarithms of latencies.
 */
final class Noise {
    private static final int FORKS = 3;

    private final Random random;
    private final double forkSd;
    private final double sliceSd;
    private final double slowShare;

    /**
     * Noise.
     *
     * @param forkSd how forks scatter, as a share
     * @param sliceSd how undisturbed slices scatter, as a share
     * @param slowShare share of slices in the slow mode
     */
    Noise(long seed, double forkSd, double sliceSd, double slowShare) {
        this.random = new Random(seed);
        this.forkSd = forkSd;
        this.sliceSd = sliceSd;
        this.slowShare = slowShare;
    }

    /** Of a median: forks 1 %, slices 4 %, 5 % in the slow mode of four times the latency. */
    static Noise ofMedian(long seed) {
        return new Noise(seed, 0.01, 0.04, 0.05);
    }

    /** Of a p99: forks 3 %, slices 15 %, and the same slow mode. */
    static Noise ofTail(long seed) {
        return new Noise(seed, 0.03, 0.15, 0.05);
    }

    /** Costs of three sides by fork and round: the baseline twice and a candidate. */
    double[][][] sides(int rounds, double candidate) {
        double[][][] costs = new double[FORKS][FORKS][rounds];
        double[] ofFork = new double[FORKS * FORKS];
        for (int i = 0; i < ofFork.length; i++) {
            ofFork[i] = forkSd * random.nextGaussian() + (i / FORKS == 2 ? candidate : 0);
        }
        int burst = 0;
        for (int round = 0; round < rounds; round++) {
            int[] order = shuffled(ofFork.length);
            for (int i : order) {
                burst = burst > 0 ? burst - 1 : random.nextInt(40) == 0 ? 1 + random.nextInt(6) : 0;
                double slow = random.nextDouble() < slowShare ? Math.log(4) : 0;
                double load = burst > 0 ? Math.abs(random.nextGaussian()) * 1.5 : 0;
                costs[i / FORKS][i % FORKS][round] = Math.log(8_000) + ofFork[i]
                        + sliceSd * random.nextGaussian() + slow + load;
            }
        }
        return costs;
    }

    private int[] shuffled(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
