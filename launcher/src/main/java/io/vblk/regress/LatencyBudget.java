// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.bench.SliceResult;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * How many times as long as a floor something may take: both run in this process in short slices
 * by turns, so that a slow machine, or one that is busy, slows both. Thread: control.
 */
public final class LatencyBudget {
    private static final long SLICE_NS = TimeUnit.MILLISECONDS.toNanos(25);
    private static final long DROP_NS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int FLOORS = 2;
    /** A floor that differs so much from itself is none. */
    private static final double UNEQUAL = Math.log(1.25);

    /** Something that can be measured for a time, such as {@code SliceRunner::run}. */
    public interface Source {
        /**
         * Runs for a time.
         *
         * @param lengthNs of the slice
         * @param dropNs time at its start that does not count
         */
        SliceResult run(long lengthNs, long dropNs) throws IOException;
    }

    /**
     * What came of it.
     *
     * @param verdict regressed if over the budget, inconclusive if nobody can tell
     * @param ratio of the median latencies, subject to floor
     * @param low lower end of its 95 % interval
     * @param high upper end of its 95 % interval
     * @param budget what the ratio may be
     * @param floorNs median latency of the floor
     * @param subjectNs median latency of the subject
     */
    public record Outcome(Verdict verdict, double ratio, double low, double high, double budget,
            double floorNs, double subjectNs) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT,
                    "%s: %.2f times the floor, [%.2f, %.2f], budget %.2f; %s beside %s", verdict,
                    ratio, low, high, budget, Units.time(subjectNs), Units.time(floorNs));
        }
    }

    private LatencyBudget() {}

    /**
     * Measures median latencies and compares their ratio with a budget.
     *
     * @param budget largest ratio that is fine
     * @param warmUpMs time that each runs before anything counts, in milliseconds
     * @param rounds rounds of slices, one of the subject and two of the floor in each
     */
    public static Outcome compare(Source floor, Source subject, double budget, int warmUpMs,
            int rounds, long seed) throws IOException {
        floor.run(TimeUnit.MILLISECONDS.toNanos(warmUpMs), 0);
        subject.run(TimeUnit.MILLISECONDS.toNanos(warmUpMs), 0);
        double[][] floors = new double[FLOORS][rounds];
        double[][] subjects = new double[1][rounds];
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < rounds; round++) {
            int turn = random.nextInt(FLOORS + 1);
            int next = 0;
            for (int i = 0; i <= FLOORS; i++) {
                if (i == turn) {
                    subjects[0][round] = cost(subject);
                } else {
                    floors[next++][round] = cost(floor);
                }
            }
        }
        return judge(floors, subjects, budget, seed);
    }

    private static double cost(Source source) throws IOException {
        SliceResult result = source.run(SLICE_NS, DROP_NS);
        if (result.failure() != null) {
            throw new IOException(result.failure());
        }
        Slice slice = Slice.of(result);
        return slice.samples() < SliceTable.SAMPLES_MIN
                ? Double.NaN : Metric.P50.cost(slice.p50Ns());
    }

    /** What costs by round come to: of the floor, taken twice, and of the subject. */
    static Outcome judge(double[][] floors, double[][] subjects, double budget, long seed) {
        double[][] first = {floors[0]};
        Effect effect = Effect.of(first, subjects, seed);
        double unequal = Effect.hl(first, new double[][] {floors[1]});
        double limit = Math.log(budget);
        boolean over = effect.hl() > limit;
        Verdict verdict = over ? Verdict.REGRESSED : Verdict.NO_CHANGE;
        if (effect.pairs() < Gate.PAIRS_MIN || !(Math.abs(unequal) <= UNEQUAL)
                || over != effect.q25() > limit) {
            verdict = Verdict.INCONCLUSIVE;
        }
        return new Outcome(verdict, Math.exp(effect.hl()), Math.exp(effect.low()),
                Math.exp(effect.high()), budget, median(first), median(subjects));
    }

    private static double median(double[][] costs) {
        return Math.exp(Quantiles.median(Arrays.stream(costs[0])
                .filter(cost -> !Double.isNaN(cost)).toArray()));
    }
}
