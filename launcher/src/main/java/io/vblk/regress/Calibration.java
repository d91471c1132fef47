// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Finds out which rate an open loop has on this machine, in forks of the baseline. Thread: control.
 */
final class Calibration {
    private static final int ROUNDS = 20;
    private static final double PERCENT = 100;

    private Calibration() {}

    /** What all sides shall run: the scenario, at a rate if it asks for one. */
    static Scenario rated(Scenario scenario, Build baseline, Settings settings, StopSwitch stop,
            Path directory) throws IOException {
        if (scenario.rateShare() == 0) {
            return scenario;
        }
        try (Contest contest = new Contest(Map.of(Side.A, baseline), Map.of(Side.A, scenario),
                settings.forks(), stop, directory)) {
            contest.open();
            contest.warmUp(Side.A, settings.warmUpMs());
            contest.fitSlices();
            List<Slice> slices = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                for (int fork = 0; fork < settings.forks(); fork++) {
                    slices.add(contest.slice(Side.A, fork));
                }
            }
            double iops = Quantiles.median(
                    slices.stream().mapToDouble(Metric.IOPS::value).toArray());
            return scenario.with(Map.of("rate_iops", Long.toString(Math.max(1, Math.round(
                    iops * scenario.rateShare() / PERCENT / scenario.option("numjobs", 1))))));
        }
    }
}
