// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Finds out what the speed of this machine asks for, in forks of the baseline: the rate of an open
 * loop, and how long the delay of a planted slowdown has to be. Thread: control.
 */
final class Calibration {
    private static final int ROUNDS = 20;
    private static final double PERCENT = 100;
    /** How often a delay is mended: what a request waits for besides is not known beforehand. */
    private static final int TRIES = 4;
    /** Near enough, in parts of what is wanted. */
    private static final double NEAR = 0.15;
    /** Too far from it to show anything. */
    private static final double FAR = 0.25;

    private final Scenario scenario;
    private final Settings settings;
    private final Contest contest;
    /** Of forks of A, which have no slowdown, of the last rounds. */
    private final List<Slice> plain = new ArrayList<>();

    private Calibration(Scenario scenario, Settings settings, Contest contest) {
        this.scenario = scenario;
        this.settings = settings;
        this.contest = contest;
    }

    /** What each side shall run. */
    static Map<Side, Scenario> of(Scenario scenario, Build baseline, Settings settings,
            StopSwitch stop, Path directory) throws IOException {
        Map<Side, Scenario> scenarios = new EnumMap<>(Side.class);
        for (Side side : Side.values()) {
            scenarios.put(side, scenario);
        }
        if (scenario.rateShare() > 0 || settings.plant() != null) {
            Map<Side, Scenario> tried = new EnumMap<>(Side.class);
            Map<Side, Build> builds = new EnumMap<>(Side.class);
            for (Side side : List.of(Side.A, Side.B)) {
                tried.put(side, scenario);
                builds.put(side, baseline);
            }
            try (Contest contest = new Contest(
                    builds, tried, settings.forks(), stop, directory)) {
                Calibration calibration = new Calibration(scenario, settings, contest);
                contest.open();
                calibration.warmUp(Side.A);
                calibration.warmUp(Side.B);
                contest.fitSlices();
                calibration.into(scenarios);
            }
        }
        return scenarios;
    }

    private void into(Map<Side, Scenario> scenarios) throws IOException {
        if (scenario.rateShare() > 0) {
            lead(Metric.IOPS);
            Scenario rated = scenario.with(Map.of("rate_iops", Long.toString(Math.max(1,
                    Math.round(plain(Metric.IOPS) * scenario.rateShare() / PERCENT
                            / scenario.option("numjobs", 1))))));
            for (Side side : Side.values()) {
                scenarios.put(side, rated);
            }
            change(Side.A, rated);
            change(Side.B, rated);
            contest.fitSlices();
        }
        if (settings.plant() != null) {
            scenarios.put(Side.B, planted(settings.plant(), scenarios.get(Side.B)));
        }
    }

    private void change(Side side, Scenario to) throws IOException {
        contest.change(side, to);
        warmUp(side);
    }

    private void warmUp(Side side) throws IOException {
        for (int fork = 0; fork < settings.forks(); fork++) {
            contest.warmUp(side, fork, settings.warmUpMs());
        }
    }

    /**
     * The scenario with a delay that has the effect that is wanted, or nearly. Each is tried in a
     * fresh JVM, as it will run: one that has run without a filter compiles it differently.
     */
    private Scenario planted(Plant plant, Scenario without) throws IOException {
        Metric metric = plant.slowed();
        lead(metric);
        double latencyNs = plain(metric);
        double delayNs = plant.delayNs(without, plain(Metric.P50), plain(Metric.P99));
        Scenario nearest = null;
        double nearestMissing = Double.POSITIVE_INFINITY;
        for (int i = 0; i < TRIES && Math.abs(nearestMissing) > NEAR * plant.percent(); i++) {
            Scenario planted = plant.in(without, delayNs);
            change(Side.B, planted);
            double missing = plant.percent() - metric.percent(lead(metric));
            if (Math.abs(missing) < Math.abs(nearestMissing)) {
                nearest = planted;
                nearestMissing = missing;
            }
            delayNs = Math.max(1, delayNs
                    + plant.delayNs(without, missing / PERCENT * latencyNs));
        }
        if (!(Math.abs(nearestMissing) <= FAR * plant.percent())) {
            throw new Fork.RefusedException("a slowdown cannot be planted: of " + TRIES
                    + " delays the nearest made " + metric + " "
                    + Units.percent(plant.percent() - nearestMissing) + " slower");
        }
        return nearest;
    }

    /** How much more the forks of B cost than those of A, by turns; as a cost. */
    private double lead(Metric metric) throws IOException {
        plain.clear();
        double[] leads = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            for (int fork = 0; fork < settings.forks(); fork++) {
                Slice other = contest.slice(Side.A, fork);
                plain.add(other);
                leads[i] += cost(metric, contest.slice(Side.B, fork)) - cost(metric, other);
            }
            leads[i] /= settings.forks();
        }
        return Quantiles.median(leads);
    }

    private static double cost(Metric metric, Slice slice) {
        return metric.cost(metric.value(slice));
    }

    private double plain(Metric metric) {
        return Quantiles.median(plain.stream().mapToDouble(metric::value).toArray());
    }
}
