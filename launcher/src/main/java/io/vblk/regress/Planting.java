// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps a planted slowdown as large as was asked for, in the very forks that are compared and in
 * slices of their own, which count nowhere else: a delay is an absolute time, and what it is a
 * share of changes with the forks, and with what the host does in these seconds. Thread: control.
 */
final class Planting {
    /** Rounds of a run for which a delay is left as it is. */
    static final int ROUNDS_BETWEEN = 40;

    /** Forks begin with it: one that has run without a filter compiles it differently. */
    private static final double BEGIN_NS = 1_000;
    private static final double PERCENT = 100;
    /** How often a delay is mended: what a request waits for besides is not known beforehand. */
    private static final int TRIES_FIRST = 5;
    private static final int TRIES_LATER = 2;
    private static final int ROUNDS = 16;
    /** Near enough, in parts of what is wanted. */
    private static final double NEAR = 0.15;
    /** Too far from it to show anything. */
    private static final double FAR = 0.25;

    /** The forks that are compared. */
    interface Forks {
        /** Lets a fork run a slice. */
        Slice slice(Side side, int number) throws IOException;

        /** Lets the forks of a side run something else from now on, and warms them up for it. */
        void reopen(Side side, Scenario other) throws IOException;
    }

    private final Plant plant;
    private final Scenario without;
    private final int forks;
    private double delayNs = BEGIN_NS;
    private boolean begun;
    /** The most by which a fit left it off, in percent. */
    private double worst;
    /** Of forks of A, which have no slowdown, of the last rounds. */
    private final List<Slice> plain = new ArrayList<>();

    Planting(Plant plant, Scenario without, int forks) {
        this.plant = plant;
        this.without = without;
        this.forks = forks;
    }

    /** What forks of B run now. */
    Scenario scenario() {
        return plant.in(without, delayNs);
    }

    /** The delay as an option of bench, and how far it was off at worst if that was too far. */
    String described() {
        return plant.filter(without, delayNs) + (isWithin(FAR, worst) ? ""
                : " (" + plant.slowed() + " " + Units.percent(plant.percent() - worst)
                        + " slower at worst)");
    }

    /**
     * Makes the delay fit, before the first round and then now and again.
     *
     * @throws Fork.RefusedException if none does at the beginning
     */
    void fit(Forks standing) throws IOException {
        int tries = begun ? TRIES_LATER : TRIES_FIRST;
        double enough = begun ? FAR : NEAR;
        double missing = missing(standing);
        if (!begun) {
            set(standing, plant.delayNs(without, plain(Metric.P50), plain(Metric.P99)));
            missing = missing(standing);
        } else if (!isWithin(FAR, missing)) {
            // Looked at twice before it is touched: so few slices are noisy.
            missing = (missing + missing(standing)) / 2;
        }
        double nearestNs = delayNs;
        double nearest = missing;
        for (int i = 1; i < tries && !isWithin(enough, nearest); i++) {
            set(standing, Math.max(1, delayNs + plant.delayNs(
                    without, missing / PERCENT * plain(plant.slowed()))));
            missing = missing(standing);
            if (Math.abs(missing) < Math.abs(nearest)) {
                nearest = missing;
                nearestNs = delayNs;
            }
        }
        if (nearestNs != delayNs) {
            set(standing, nearestNs);
        }
        if (!begun && !isWithin(FAR, nearest)) {
            throw new Fork.RefusedException("a slowdown cannot be planted: of " + tries
                    + " delays the nearest made " + plant.slowed() + " "
                    + Units.percent(plant.percent() - nearest) + " slower");
        }
        worst = Math.abs(nearest) > Math.abs(worst) ? nearest : worst;
        begun = true;
    }

    private boolean isWithin(double share, double missing) {
        return Math.abs(missing) <= share * plant.percent();
    }

    private void set(Forks standing, double ns) throws IOException {
        delayNs = ns;
        standing.reopen(Side.B, scenario());
    }

    /** Percent by which B is not as much slower as it shall be. */
    private double missing(Forks standing) throws IOException {
        Metric metric = plant.slowed();
        plain.clear();
        double[] leads = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            for (int fork = 0; fork < forks; fork++) {
                Slice other = standing.slice(Side.A, fork);
                plain.add(other);
                // As often as the others: what has run more is compiled differently.
                standing.slice(Side.A2, fork);
                leads[i] += cost(metric, standing.slice(Side.B, fork)) - cost(metric, other);
            }
            leads[i] /= forks;
        }
        return plant.percent() - metric.percent(Quantiles.median(leads));
    }

    private static double cost(Metric metric, Slice slice) {
        return metric.cost(metric.value(slice));
    }

    private double plain(Metric metric) {
        return Quantiles.median(plain.stream().mapToDouble(metric::value).toArray());
    }
}
