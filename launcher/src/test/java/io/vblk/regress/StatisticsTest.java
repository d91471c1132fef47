// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The estimators against data whose answers are known, or worked out the long way. */
final class StatisticsTest {
    private static final double TINY = 1e-9;

    /** Hollander and Wolfe, Nonparametric Statistical Methods, table 3.1: after minus before. */
    private static final double[] DEPRESSION = {
        0.878 - 1.83, 0.647 - 0.50, 0.598 - 1.62, 2.05 - 2.48, 1.06 - 1.68, 1.29 - 1.88,
        1.06 - 1.55, 3.14 - 3.06, 1.29 - 1.30};

    private static double longWay(double[] differences) {
        int n = differences.length;
        double[] means = new double[n * (n + 1) / 2];
        int at = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i; j < n; j++) {
                means[at++] = (differences[i] + differences[j]) / 2;
            }
        }
        return Quantiles.median(means);
    }

    @Test
    void hodgesLehmannIsThatOfTheTextbook() {
        assertEquals(-0.46, HodgesLehmann.of(DEPRESSION), 0.005);
    }

    @Test
    void hodgesLehmannIsTheMedianOfAllMeans() {
        long seed = 7;
        SplittableRandom random = new SplittableRandom(seed);
        for (int n = 1; n < 60; n++) {
            double[] some = new double[n];
            for (int i = 0; i < n; i++) {
                // Every third number is one that is there already.
                some[i] = i % 3 == 2 ? some[i - 1] : random.nextDouble() * 20 - 10;
            }
            assertEquals(longWay(some), HodgesLehmann.of(some), TINY, "n=" + n + " seed=" + seed);
        }
    }

    @Test
    void hodgesLehmannOfNothingIsNoNumber() {
        assertTrue(Double.isNaN(HodgesLehmann.of(new double[0])));
        assertEquals(3, HodgesLehmann.of(new double[] {3}), TINY);
        assertEquals(3, HodgesLehmann.of(new double[] {3, 3, 3}), TINY);
    }

    @Test
    void aThirdOfWildSlicesMovesTheEstimateLittle() {
        double[] calm = new double[90];
        Arrays.setAll(calm, i -> 0.1 + (i % 9 - 4) * 0.001);
        double[] wild = calm.clone();
        for (int i = 0; i < wild.length; i += 4) {
            wild[i] = 5;
        }

        assertEquals(0.1, HodgesLehmann.of(calm), 0.001);
        assertEquals(0.1, HodgesLehmann.of(wild), 0.005);
    }

    @Test
    void quartilesLieBetweenSamples() {
        assertEquals(1.75, Quantiles.lowerQuartile(new double[] {4, 1, 3, 2}), TINY);
        assertEquals(2.5, Quantiles.median(new double[] {4, 1, 3, 2}), TINY);
        assertEquals(2, Quantiles.lowerQuartile(new double[] {5, 4, 3, 2, 1}), TINY);
        assertTrue(Double.isNaN(Quantiles.median(new double[0])));
    }

    @Test
    void wilcoxonIsThatOfTheTextbook() {
        // W = 5 of 9 differences: z = (22.5 - 5 - 0.5) / sqrt(71.25).
        assertEquals(0.0440, Wilcoxon.probability(DEPRESSION), 0.0005);
        assertEquals(1, Wilcoxon.probability(new double[] {0, 0}), TINY);
        assertEquals(1, Wilcoxon.probability(new double[] {1, -1}), 0.01);
    }

    @Test
    void wilcoxonKnowsTies() {
        // R: wilcox.test(c(1,1,1,-1,2,2,3), exact=FALSE) has V = 25.5 and p = 0.06016.
        assertEquals(0.0602, Wilcoxon.probability(new double[] {1, 1, 1, -1, 2, 2, 3}), 0.003);
    }

    @Test
    void intervalHoldsTheEffectAndIsTheSameForOneSeed() {
        double[][] a = new double[3][80];
        double[][] b = new double[3][80];
        SplittableRandom random = new SplittableRandom(11);
        for (int fork = 0; fork < 3; fork++) {
            for (int round = 0; round < 80; round++) {
                a[fork][round] = random.nextDouble();
                b[fork][round] = 0.2 + random.nextDouble();
            }
        }
        Effect effect = Effect.of(a, b, 1);

        assertEquals(0.2, effect.hl(), 0.06);
        assertTrue(effect.low() < effect.hl() && effect.hl() < effect.high(), effect.toString());
        assertTrue(effect.low() > 0.05 && effect.high() < 0.35, effect.toString());
        assertEquals(effect, Effect.of(a, b, 1));
        assertEquals(240, effect.pairs());
        assertTrue(effect.probability() < 0.001, effect.toString());
    }

    @Test
    void aMoodThatLastsForRoundsWidensTheInterval() {
        double[][] zero = new double[3][80];
        double[][] moody = new double[3][80];
        double[][] mixed = new double[3][80];
        for (int fork = 0; fork < 3; fork++) {
            for (int round = 0; round < 80; round++) {
                moody[fork][round] = round / 5 % 2 == 0 ? 1 : -1;
                mixed[fork][round] = round % 2 == 0 ? 1 : -1;
            }
        }
        Effect blocks = Effect.of(zero, moody, 3);
        Effect single = Effect.of(zero, mixed, 3);

        assertTrue(blocks.high() - blocks.low() > 3 * (single.high() - single.low()),
                blocks + " " + single);
    }

    @Test
    void fewRoundsHaveAnIntervalToo() {
        double[][] zero = new double[3][4];
        double[][] uneven = {{0.1, 0.2, 0.3, 0.4}, {0.1, 0.2, 0.3, 0.4}, {0.1, 0.2, 0.3, 0.4}};
        Effect effect = Effect.of(zero, uneven, 5);

        assertEquals(0.25, effect.hl(), 0.01);
        assertTrue(effect.low() < 0.2 && effect.high() > 0.3, effect.toString());
    }

    @Test
    void slicesThatDoNotCountTakeTheirPartnersAlong() {
        double[][] a = {{1, 1, Double.NaN, 1}};
        double[][] b = {{2, Double.NaN, 2, 3}};
        Effect effect = Effect.of(a, b, 1);

        assertEquals(2, effect.pairs());
        assertEquals(1.5, effect.hl(), TINY);
        assertEquals(1.25, effect.q25(), TINY);
    }

    @Test
    void largestSplitFindsTheOddFork() {
        double[][] a = {{0, 0}, {0, 0}, {0.3, 0.3}};
        double[][] again = {{0.3, 0.3}, {0.3, 0.3}, {0, 0}};

        assertEquals(0.3, ForkSplits.largest(a, again), TINY);
        assertEquals(0.3, ForkSplits.largest(
                new double[][] {{0}, {0}, {0}}, new double[][] {{0.3}, {0.3}, {0.3}}), TINY);
    }
}
