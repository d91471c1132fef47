// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.bench.SliceResult;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Budgets as multiples of a floor. */
final class LatencyBudgetTest {
    private static double[] costs(double ns) {
        double[] costs = new double[40];
        Arrays.setAll(costs, i -> Math.log(ns * (1 + 0.01 * (i % 3))));
        return costs;
    }

    private static LatencyBudget.Outcome judge(double floor, double again, double subject,
            double budget) {
        return LatencyBudget.judge(new double[][] {costs(floor), costs(again)},
                new double[][] {costs(subject)}, budget, 1);
    }

    @Test
    void overTheBudgetIsARegression() {
        LatencyBudget.Outcome over = judge(100, 100, 450, 4);

        assertEquals(Verdict.REGRESSED, over.verdict());
        assertEquals(4.5, over.ratio(), 0.01);
        assertEquals(Verdict.NO_CHANGE, judge(100, 100, 450, 5).verdict());
    }

    @Test
    void aFloorThatDiffersFromItselfTellsNothing() {
        assertEquals(Verdict.INCONCLUSIVE, judge(100, 150, 450, 4).verdict());
    }

    @Test
    void aFewSlicesTellNothing() {
        double[] few = new double[40];
        Arrays.fill(few, 10, 40, Double.NaN);
        assertEquals(Verdict.INCONCLUSIVE, LatencyBudget.judge(
                new double[][] {few, few}, new double[][] {few}, 4, 1).verdict());
    }

    @Test
    void theFloorMeasuresItself() throws IOException {
        try (FloorLoop floor = new FloorLoop(-1, -1)) {
            for (int i = 0; i < 3; i++) {
                SliceResult slice = floor.run(TimeUnit.MILLISECONDS.toNanos(20),
                        TimeUnit.MILLISECONDS.toNanos(5));
                assertTrue(slice.requests() > 0);
                assertTrue(slice.latency().getTotalCount() <= slice.requests());
            }
        }
    }
}
