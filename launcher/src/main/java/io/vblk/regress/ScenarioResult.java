// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What came of a scenario. Thread: any.
 *
 * @param scenario which
 * @param findings what each metric came to
 * @param table the slices of the run that counts; null if there was none
 * @param sliceMs length of a slice in milliseconds
 * @param placement on which processors
 * @param planted the filter that slowed the candidate down; null for none
 * @param stealPercent share of the processors' time that others took from this machine
 * @param seconds that it took
 * @param seed of the order of its slices
 * @param runs runs that it took: a regression needs two
 * @param refused why builds could not be compared; null if they could
 */
record ScenarioResult(Scenario scenario, List<Gate.Finding> findings, SliceTable table,
        long sliceMs, String placement, String planted, double stealPercent, double seconds,
        long seed, int runs, String refused) {

    /** A scenario in which the builds cannot be compared. */
    static ScenarioResult refused(Scenario scenario, String why) {
        return new ScenarioResult(scenario, List.of(), null, 0, "", null, 0, 0, 0, 0, why);
    }

    /** The worst verdict of its metrics. */
    Verdict verdict() {
        if (refused != null) {
            return Verdict.INCONCLUSIVE;
        }
        Verdict worst = Verdict.NO_CHANGE;
        boolean improved = false;
        for (Gate.Finding finding : findings) {
            improved |= finding.verdict() == Verdict.IMPROVED;
            worst = worst.or(finding.verdict());
        }
        boolean isFine = worst == Verdict.NO_CHANGE || worst == Verdict.WITHIN_NOISE;
        return improved && isFine ? Verdict.IMPROVED : worst;
    }

    /** All latencies of a side together, by percentile; empty without slices. */
    Map<Side, Percentiles> percentiles() {
        Map<Side, Percentiles> all = new EnumMap<>(Side.class);
        if (table != null) {
            Stream.of(Side.A, Side.B).forEach(side -> all.put(side, Percentiles.of(table, side)));
        }
        return all;
    }
}
