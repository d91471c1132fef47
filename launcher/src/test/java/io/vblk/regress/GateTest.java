// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What is called a regression, and what is not. */
final class GateTest {
    private static final int ROUNDS = 80;
    private static final double TEN_PERCENT = Math.log(1.10);
    private static final double THIRTY_PERCENT = Math.log(1.30);

    private static double[][] flat(double cost) {
        double[][] costs = new double[3][ROUNDS];
        for (int fork = 0; fork < 3; fork++) {
            for (int round = 0; round < ROUNDS; round++) {
                costs[fork][round] = cost + 0.001 * ((fork + 7 * round) % 5 - 2);
            }
        }
        return costs;
    }

    private static Gate.Finding judge(Metric metric, double b) {
        return Gate.of(metric).judge(flat(0), flat(0), flat(b), 1);
    }

    @Test
    void thresholdsAreThoseOfTheMethod() {
        assertEquals(Verdict.WITHIN_NOISE, judge(Metric.P50, Math.log(1.048)).verdict());
        assertEquals(Verdict.REGRESSED, judge(Metric.P50, Math.log(1.052)).verdict());
        assertEquals(Verdict.WITHIN_NOISE, judge(Metric.P99, Math.log(1.145)).verdict());
        assertEquals(Verdict.REGRESSED, judge(Metric.P99, Math.log(1.155)).verdict());
        assertEquals(Verdict.IMPROVED, judge(Metric.P50, -Math.log(1.06)).verdict());
        assertEquals(Verdict.NO_CHANGE, judge(Metric.P50, 0).verdict());
    }

    @Test
    void moreRequestsPerSecondAreAnImprovement() {
        Metric iops = Metric.IOPS;
        double[][] before = flat(iops.cost(1_000));
        assertEquals(Verdict.IMPROVED,
                Gate.of(iops).judge(before, before, flat(iops.cost(1_100)), 1).verdict());
        assertEquals(Verdict.REGRESSED,
                Gate.of(iops).judge(before, before, flat(iops.cost(900)), 1).verdict());
        assertEquals(-10, iops.percent(iops.cost(900) - iops.cost(1_000)), 0.001);
    }

    @Test
    void pollHitsAreComparedInPoints() {
        Metric hits = Metric.POLL_HITS;
        double[][] before = flat(hits.cost(0.9));
        Gate.Finding finding = Gate.of(hits).judge(before, before, flat(hits.cost(0.7)), 1);

        assertEquals(Verdict.REGRESSED, finding.verdict());
        assertEquals(-20, hits.percent(finding.effect().hl()), 0.1);
        assertEquals(Verdict.NO_CHANGE, Gate.of(hits).judge(
                flat(hits.cost(0)), flat(hits.cost(0)), flat(hits.cost(0)), 1).verdict());
    }

    @Test
    void aBaselineThatDiffersFromItselfForbidsAnAnswer() {
        Gate.Finding finding =
                Gate.of(Metric.P50).judge(flat(0), flat(Math.log(1.03)), flat(0), 1);

        assertEquals(Verdict.INCONCLUSIVE, finding.verdict());
        assertTrue(finding.doubt().contains("+3.0%"), finding.doubt());
    }

    @Test
    void aBaselineThatDiffersFromItselfRaisesTheThreshold() {
        double[][] again = flat(Math.log(1.04));
        Gate gate = Gate.of(Metric.P50);

        assertEquals(Verdict.INCONCLUSIVE,
                gate.judge(flat(0), again, flat(Math.log(1.07)), 1).verdict());
        assertEquals(Verdict.REGRESSED,
                gate.judge(flat(0), again, flat(Math.log(1.20)), 1).verdict());
    }

    @Test
    void forksThatDifferTooMuchForbidAnAnswer() {
        double[][] uneven = flat(0);
        for (int round = 0; round < ROUNDS; round++) {
            uneven[2][round] += 0.4;
        }
        Gate.Finding finding = Gate.of(Metric.P50).judge(uneven, uneven, uneven, 1);

        assertEquals(0, finding.equal().hl(), 1e-9);
        assertEquals(Verdict.INCONCLUSIVE, finding.verdict());
        assertTrue(finding.doubt().startsWith("forks of the baseline differ"), finding.doubt());
    }

    @Test
    void slowerInDisturbedSlicesOnlyIsNoRegression() {
        double[][] b = flat(0);
        for (double[] fork : b) {
            Arrays.setAll(fork, round -> round % 5 < 3 ? 0.4 : 0);
        }
        Gate.Finding finding = Gate.of(Metric.P50).judge(flat(0), flat(0), b, 1);

        assertEquals(Verdict.INCONCLUSIVE, finding.verdict());
    }

    @Test
    void aHandfulOfSlicesSaysNothing() {
        double[][] few = new double[3][6];
        double[][] slow = new double[3][6];
        Arrays.stream(slow).forEach(fork -> Arrays.fill(fork, 1));

        assertEquals(Verdict.INCONCLUSIVE, Gate.of(Metric.P50).judge(few, few, slow, 1).verdict());
    }

    @Test
    void aRegressionNeedsASecondRun() {
        Gate.Finding hit = judge(Metric.P50, TEN_PERCENT);

        assertEquals(Verdict.REGRESSED, hit.confirmedBy(hit).verdict());
        assertEquals(Verdict.WITHIN_NOISE, hit.confirmedBy(judge(Metric.P50, 0)).verdict());
        Gate.Finding doubtful =
                Gate.of(Metric.P50).judge(flat(0), flat(Math.log(1.03)), flat(0), 1);
        assertEquals(Verdict.INCONCLUSIVE, hit.confirmedBy(doubtful).verdict());
        assertEquals("the second run: gone", hit.unconfirmed("gone").doubt());
    }

    @Test
    void equalBuildsRaiseNoAlarmIn300Comparisons() {
        for (long seed = 1; seed <= 300; seed++) {
            double[][][] median = Noise.ofMedian(seed).sides(ROUNDS, 0);
            double[][][] tail = Noise.ofTail(seed + 1_000).sides(ROUNDS, 0);
            assertTrue(Gate.of(Metric.P50).judge(median[0], median[1], median[2], seed).verdict()
                    != Verdict.REGRESSED, "p50, seed " + seed);
            assertTrue(Gate.of(Metric.P99).judge(tail[0], tail[1], tail[2], seed).verdict()
                    != Verdict.REGRESSED, "p99, seed " + seed);
        }
    }

    @Test
    void plantedSlowdownsAreFoundIn19Of20() {
        int medians = 0;
        int tails = 0;
        for (long seed = 1; seed <= 20; seed++) {
            double[][][] median = Noise.ofMedian(seed).sides(ROUNDS, TEN_PERCENT);
            double[][][] tail = Noise.ofTail(seed + 1_000).sides(ROUNDS, THIRTY_PERCENT);
            medians += Gate.of(Metric.P50).judge(median[0], median[1], median[2], seed).verdict()
                    == Verdict.REGRESSED ? 1 : 0;
            tails += Gate.of(Metric.P99).judge(tail[0], tail[1], tail[2], seed).verdict()
                    == Verdict.REGRESSED ? 1 : 0;
        }

        assertTrue(medians >= 19, "+10 % of p50 found in " + medians + " of 20");
        assertTrue(tails >= 19, "+30 % of p99 found in " + tails + " of 20");
    }
}
