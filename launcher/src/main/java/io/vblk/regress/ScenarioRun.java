// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Compares two builds in one scenario: starts the forks, lets them run slices in random order round
 * by round, judges, goes on if nothing can be said, and does it all again for what looks like a
 * regression. Thread: control.
 */
final class ScenarioRun {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int STARTS_ROUNDS_SHARE = 5;

    private final Scenario scenario;
    private final Map<Side, Build> builds = new EnumMap<>(Side.class);
    private final Settings settings;
    private final StopSwitch stop;
    private final Path directory;
    private final Recording recording;
    private final BiConsumer<String, Double> progress;
    private final long beganNs = System.nanoTime();
    private final MachineTime beganTime = MachineTime.now();

    /**
     * Prepares it.
     *
     * @param progress hears what is done and the share of this scenario that is
     */
    ScenarioRun(Scenario scenario, Build baseline, Build candidate, Settings settings,
            StopSwitch stop, Path directory, Recording recording,
            BiConsumer<String, Double> progress) {
        this.scenario = scenario;
        this.builds.put(Side.A, baseline);
        this.builds.put(Side.A2, baseline);
        this.builds.put(Side.B, candidate);
        this.settings = settings;
        this.stop = stop;
        this.directory = directory;
        this.recording = recording;
        this.progress = progress;
    }

    /** Does it. */
    ScenarioResult run() throws IOException {
        String unfit = settings.plant() == null ? null : settings.plant().unfit(scenario);
        if (unfit != null) {
            return ScenarioResult.refused(scenario, unfit);
        }
        Scenario rated;
        ScenarioResult first;
        try {
            progress.accept("calibration", 0.0);
            rated = Calibration.rated(scenario, builds.get(Side.A), settings, stop, directory);
            first = trial(rated, settings.seed(), 1);
        } catch (Fork.RefusedException e) {
            requireNotCandidates(e);
            return ScenarioResult.refused(scenario, e.getMessage());
        }
        if (first.verdict() != Verdict.REGRESSED || !settings.confirm()) {
            return first;
        }
        List<Gate.Finding> findings = new ArrayList<>();
        try {
            ScenarioResult second = trial(rated, settings.seed() + 1, 2);
            for (int i = 0; i < first.findings().size(); i++) {
                Gate.Finding finding = first.findings().get(i);
                findings.add(finding.verdict() == Verdict.REGRESSED
                        ? finding.confirmedBy(second.findings().get(i)) : finding);
            }
        } catch (Fork.RefusedException e) {
            requireNotCandidates(e);
            // What the first run measured is shown all the same.
            first.findings().forEach(finding -> findings.add(
                    finding.verdict() == Verdict.REGRESSED
                            ? finding.unconfirmed(e.getMessage()) : finding));
        }
        return result(findings, first.table(), first.sliceMs(), first.placement(),
                first.planted(), 2);
    }

    /** The candidate is the newer one: what it refuses is a mistake, and not a difference. */
    private void requireNotCandidates(Fork.RefusedException e) throws IOException {
        if (e.getMessage().startsWith(builds.get(Side.B) + ":")
                && !builds.get(Side.A).equals(builds.get(Side.B))) {
            throw new IOException("scenario " + scenario.name() + ": " + e.getMessage(), e);
        }
    }

    private ScenarioResult result(List<Gate.Finding> findings, SliceTable table, long sliceMs,
            String placement, String planted, int runs) {
        return new ScenarioResult(scenario, findings, table, sliceMs, placement, planted,
                MachineTime.now().stealPercentSince(beganTime),
                (System.nanoTime() - beganNs) / NANOS_PER_SECOND, settings.seed(), runs, null);
    }

    // ------------------------------------------------------------------ one run

    private ScenarioResult trial(Scenario rated, long seed, int number) throws IOException {
        Planting planting = settings.plant() == null
                ? null : new Planting(settings.plant(), rated, settings.forks());
        Map<Side, Scenario> scenarios = new EnumMap<>(Side.class);
        for (Side side : Side.values()) {
            boolean slowed = side == Side.B && planting != null;
            scenarios.put(side, slowed ? planting.scenario() : rated);
        }
        SliceTable table = new SliceTable(settings.forks());
        SplittableRandom random = new SplittableRandom(seed);
        String run = number == 1 ? "" : "again, ";
        int some = roundsOf(settings.rounds());
        int most = roundsOf(settings.roundsMax());
        try (Contest contest = new Contest(
                builds, scenarios, settings.forks(), stop, directory)) {
            progress.accept(run + "starting", 0.0);
            contest.open();
            warmUp(contest, run);
            recording.begin(scenario, builds, planting != null, seed, contest.sliceMs());
            List<Gate.Finding> findings;
            do {
                for (int i = 0; i < some && table.rounds() < most; i++) {
                    int round = table.rounds();
                    if (planting != null && round % Planting.ROUNDS_BETWEEN == 0) {
                        progress.accept(run + "planting", (double) round / some);
                        planting.fit(contest);
                    }
                    progress.accept(run + "round " + (round + 1) + "/"
                            + some * (1 + round / some), (double) round / some);
                    round(contest, table, random, round);
                }
                progress.accept(run + "judging", 1.0);
                findings = judge(scenario, table, seed);
            } while (table.rounds() < most && findings.stream().anyMatch(
                    finding -> finding.verdict() == Verdict.INCONCLUSIVE));
            recording.end();
            return result(findings, table, contest.sliceMs(), contest.placement().toString(),
                    planting == null ? null : planting.described(), number);
        }
    }

    private int roundsOf(int suite) {
        int own = scenario.isStart() ? Math.max(1, suite / STARTS_ROUNDS_SHARE) : suite;
        return scenario.rounds() == 0
                ? own : Math.max(1, (int) ((long) scenario.rounds() * suite / settings.rounds()));
    }

    private void warmUp(Contest contest, String run) throws IOException {
        int all = Side.values().length * settings.forks();
        int done = 0;
        for (int fork = 0; fork < settings.forks(); fork++) {
            for (Side side : Side.values()) {
                progress.accept(run + "warm-up " + ++done + "/" + all, 0.0);
                contest.warmUp(side, fork, settings.warmUpMs());
            }
        }
        contest.fitSlices();
    }

    private void round(Contest contest, SliceTable table, SplittableRandom random, int round)
            throws IOException {
        int sides = Side.values().length;
        int[] order = new int[sides * settings.forks()];
        for (int i = 0; i < order.length; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        for (int turn : order) {
            Side side = Side.values()[turn % sides];
            int fork = turn / sides;
            Slice slice = contest.slice(side, fork);
            table.add(side, fork, slice);
            recording.add(side, fork, round, slice);
        }
    }

    /** What the gates of a scenario say of its slices. */
    static List<Gate.Finding> judge(Scenario scenario, SliceTable table, long seed) {
        boolean tellsP99 = table.samples() >= SliceTable.P99_SAMPLES_MIN;
        List<Gate.Finding> findings = new ArrayList<>();
        for (Gate named : scenario.gates()) {
            Gate gate = named.metric() == Metric.P99 && !tellsP99
                    ? new Gate(Metric.P90, named.percent()) : named;
            findings.add(gate.judge(table.costs(Side.A, gate.metric()),
                    table.has(Side.A2) ? table.costs(Side.A2, gate.metric()) : null,
                    table.costs(Side.B, gate.metric()), seed));
        }
        return List.copyOf(findings);
    }

    /** Seconds that a run of a scenario takes, about. */
    static double seconds(Scenario scenario, Settings settings) {
        int all = Side.values().length * settings.forks();
        if (scenario.isStart()) {
            return all * (double) settings.rounds() / STARTS_ROUNDS_SHARE;
        }
        double sliceSeconds = (double) scenario.sliceMs() / TimeUnit.SECONDS.toMillis(1);
        return all * (1 + (double) settings.warmUpMs() / TimeUnit.SECONDS.toMillis(1)
                + settings.rounds() * sliceSeconds);
    }
}
