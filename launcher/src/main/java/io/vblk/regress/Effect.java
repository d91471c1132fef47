// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How much more one side costs than another, slices of the same round and fork being compared.
 * Costs are logarithms, or plain numbers of what is a share already.
 *
 * @param hl Hodges-Lehmann estimate over all pairs
 * @param q25 difference of the lower quartiles: what is left when both are undisturbed
 * @param low lower end of the 95 % interval of {@code hl}
 * @param high its upper end
 * @param probability Wilcoxon's, for information
 * @param pairs pairs of slices
 */
record Effect(double hl, double q25, double low, double high, double probability, int pairs) {
    /** Rounds that stay together when rounds are drawn again: the machine's moods last longer. */
    static final int BLOCK_ROUNDS = 5;
    /** Of fewer blocks the draws are too much alike: a few rounds are drawn one by one. */
    private static final int BLOCKS_MIN = 8;
    private static final int DRAWS = 500;
    /** Of a logarithm or a share: far finer than anything that is shown. */
    private static final double TOLERANCE = 1e-6;
    private static final double LOW = 0.025;
    private static final double HIGH = 0.975;

    /** The effect without its interval and probability, which take most of the time. */
    static Effect alone(double[][] a, double[][] b) {
        double[] all = join(Arrays.asList(differencesByRound(a, b)));
        return new Effect(HodgesLehmann.of(all), lowerQuartiles(a, b), Double.NaN, Double.NaN,
                Double.NaN, all.length);
    }

    /**
     * The effect of the second side beside the first.
     *
     * @param a costs by fork and round, NaN for a slice that does not count
     * @param b the same of the other side, with as many forks
     * @param seed of the draws for the interval
     */
    static Effect of(double[][] a, double[][] b, long seed) {
        double[][] byRound = differencesByRound(a, b);
        double[] all = join(Arrays.asList(byRound));
        double[] interval = interval(byRound, seed);
        return new Effect(HodgesLehmann.of(all), lowerQuartiles(a, b), interval[0], interval[1],
                Wilcoxon.probability(all), all.length);
    }

    /** The Hodges-Lehmann estimate alone. */
    static double hl(double[][] a, double[][] b) {
        return HodgesLehmann.of(join(Arrays.asList(differencesByRound(a, b))));
    }

    private static double[][] differencesByRound(double[][] a, double[][] b) {
        int rounds = rounds(a, b);
        double[][] differences = new double[rounds][];
        for (int round = 0; round < rounds; round++) {
            double[] some = new double[a.length];
            int count = 0;
            for (int fork = 0; fork < a.length; fork++) {
                double difference = b[fork][round] - a[fork][round];
                if (!Double.isNaN(difference)) {
                    some[count++] = difference;
                }
            }
            differences[round] = Arrays.copyOf(some, count);
        }
        return differences;
    }

    private static int rounds(double[][] a, double[][] b) {
        if (a.length != b.length) {
            throw new IllegalArgumentException("forks: " + a.length + " and " + b.length);
        }
        int rounds = Integer.MAX_VALUE;
        for (int fork = 0; fork < a.length; fork++) {
            rounds = Math.min(rounds, Math.min(a[fork].length, b[fork].length));
        }
        return a.length == 0 ? 0 : rounds;
    }

    private static double lowerQuartiles(double[][] a, double[][] b) {
        int rounds = rounds(a, b);
        double[] ofA = new double[a.length * rounds];
        double[] ofB = new double[a.length * rounds];
        int count = 0;
        for (int fork = 0; fork < a.length; fork++) {
            for (int round = 0; round < rounds; round++) {
                if (!Double.isNaN(a[fork][round]) && !Double.isNaN(b[fork][round])) {
                    ofA[count] = a[fork][round];
                    ofB[count++] = b[fork][round];
                }
            }
        }
        return Quantiles.lowerQuartile(Arrays.copyOf(ofB, count))
                - Quantiles.lowerQuartile(Arrays.copyOf(ofA, count));
    }

    /** Draws blocks of rounds with replacement (Künsch, 1989) and looks where the effect goes. */
    private static double[] interval(double[][] byRound, long seed) {
        int length = Math.max(1, Math.min(BLOCK_ROUNDS, byRound.length / BLOCKS_MIN));
        int blocks = (byRound.length + length - 1) / length;
        if (blocks == 0) {
            return new double[] {Double.NaN, Double.NaN};
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] effects = new double[DRAWS];
        for (int draw = 0; draw < DRAWS; draw++) {
            List<double[]> drawn = new ArrayList<>();
            for (int i = 0; i < blocks; i++) {
                int first = length * random.nextInt(blocks);
                int end = Math.min(first + length, byRound.length);
                drawn.addAll(Arrays.asList(byRound).subList(first, end));
            }
            effects[draw] = HodgesLehmann.about(join(drawn), TOLERANCE);
        }
        // A draw of rounds without any pair says nothing.
        effects = Arrays.stream(effects).filter(effect -> !Double.isNaN(effect)).sorted().toArray();
        return new double[] {
            Quantiles.ofSorted(effects, LOW), Quantiles.ofSorted(effects, HIGH)};
    }

    private static double[] join(List<double[]> parts) {
        double[] all = new double[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (double[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
