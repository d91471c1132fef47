// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Comparator;
import java.util.List;

/**
 * Which setting is recommended, and how sure that is. Thread: any.
 *
 * @param chosen the setting; null if nothing is known, or none stays below the limit
 * @param best the setting with the best median of the goal, which may be another if the chosen one
 *     is as good
 * @param confidence how often the chosen one is the best, or within 2 %, if the rounds are drawn
 *     again: 0 to 1
 * @param bestConfidence the same of the best one
 * @param ratios logarithms of cost ratios of the best one to the reference in the rounds that the
 *     choice rests on
 */
record TuneVerdict(TuneEntry chosen, TuneEntry best, double confidence, double bestConfidence,
        double[] ratios) {
    static final TuneVerdict UNKNOWN = new TuneVerdict(null, null, 0, 0, new double[0]);

    /** How many rounds the choice rests on. */
    int rounds() {
        return ratios.length;
    }

    /**
     * Chooses: the reference if nothing is surely better; else of those within 2 % of the best
     * the one that takes the least processor time.
     *
     * @param rivals the settings among which it is
     * @param all whom the chosen one might lose to, those that left early too
     * @param fromRound the first round that counts
     */
    static TuneVerdict of(TuneRules rules, TuneStatistics statistics, List<TuneEntry> rivals,
            List<TuneEntry> all, TuneEntry reference, int fromRound) {
        List<TuneEntry> allowed = rivals.stream().filter(rules::allows)
                .filter(entry -> statistics.ratios(entry, reference, fromRound).length > 0)
                .toList();
        if (allowed.isEmpty()) {
            return UNKNOWN;
        }
        TuneEntry best = allowed.stream().min(Comparator.comparingDouble(
                entry -> TuneStatistics.median(statistics.ratios(entry, reference, fromRound))))
                .orElseThrow();
        boolean keeps = allowed.contains(reference)
                && !statistics.isSurelyWorse(statistics.ratios(reference, best, fromRound));
        TuneEntry chosen = keeps ? reference : allowed.stream()
                .filter(entry -> entry == best || TuneStatistics.median(
                        statistics.ratios(entry, best, fromRound)) <= TuneStatistics.ALIKE)
                .min(Comparator.comparingDouble(entry -> cost(rules.goal(), entry)))
                .orElse(best);
        List<TuneEntry> rest = all.stream().filter(rules::allows).toList();
        return new TuneVerdict(chosen, best, statistics.confidence(chosen, rest, reference),
                statistics.confidence(best, rest, reference),
                statistics.ratios(best, reference, fromRound));
    }

    /** What decides between settings that are alike in the goal. */
    private static double cost(TuneGoal goal, TuneEntry entry) {
        double cost = entry.median(goal == TuneGoal.CPU ? TuneSlice::p99Ns : TuneSlice::cpuNs);
        return Double.isFinite(cost) ? cost : Double.MAX_VALUE;
    }
}
