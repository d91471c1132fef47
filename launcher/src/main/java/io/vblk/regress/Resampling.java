// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Comparisons of equal builds made of recorded slices: forks change sides and rounds are drawn in
 * blocks, so that every alarm is a false one. With a slowdown put into one side's figures it is
 * the other way round. Thread: control.
 */
public final class Resampling {
    private static final double FOUND_SHARE = 0.95;
    private static final int SIDE_FORKS_MAX = 3;
    private static final double PERCENT = 100;

    private final Map<String, List<Recordings.Run>> runs = new LinkedHashMap<>();
    private final int comparisons;
    private final Plant plant;
    private final Random random;

    /** What a metric came to in all comparisons of a scenario. */
    private static final class Tally {
        final Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);
        int twice;
        double largest;

        int of(Verdict verdict) {
            return verdicts.getOrDefault(verdict, 0);
        }
    }

    /**
     * Reads what was recorded.
     *
     * @param comparisons of each scenario
     * @param plant a slowdown to find, null for equal builds
     */
    public Resampling(Path file, int comparisons, Plant plant, long seed) throws IOException {
        if (comparisons < 1) {
            throw new IllegalArgumentException("comparisons must be at least 1");
        }
        for (Recordings.Run run : Recordings.read(file)) {
            if (run.forks().size() < 2) {
                throw new IOException(file + ": a run of " + run.scenario() + " has one fork only");
            }
            runs.computeIfAbsent(run.scenario(), name -> new ArrayList<>()).add(run);
        }
        this.comparisons = comparisons;
        this.plant = plant;
        this.random = new Random(seed);
    }

    /** Compares and prints; returns the exit code. */
    public int run(PrintStream out) throws IOException {
        boolean fine = true;
        out.printf(Locale.ROOT, "%-14s %-10s %6s %9s %9s %13s %9s%n", "scenario", "metric", "runs",
                "regressed", "twice", "inconclusive", "largest");
        for (Map.Entry<String, List<Recordings.Run>> entry : runs.entrySet()) {
            Scenario scenario = scenario(entry.getKey());
            Map<Metric, Tally> tallies = new EnumMap<>(Metric.class);
            for (int i = 0; i < comparisons; i++) {
                List<Gate.Finding> first = compare(scenario, entry.getValue());
                boolean hit = first.stream().anyMatch(f -> f.verdict() == Verdict.REGRESSED);
                List<Gate.Finding> second = hit ? compare(scenario, entry.getValue()) : first;
                count(tallies, first, second);
            }
            for (Map.Entry<Metric, Tally> tally : tallies.entrySet()) {
                fine &= print(out, entry.getKey(), tally.getKey(), tally.getValue());
            }
        }
        return fine ? Regression.EXIT_FINE : Regression.EXIT_REGRESSED;
    }

    private static Scenario scenario(String name) throws IOException {
        if (Scenarios.NAMES.contains(name)) {
            return Scenarios.named(List.of(name)).get(0);
        }
        throw new IOException("scenario " + name + " of the recording is none of this program: "
                + "its gates are not known");
    }

    private static void count(Map<Metric, Tally> tallies, List<Gate.Finding> first,
            List<Gate.Finding> second) {
        for (int i = 0; i < first.size(); i++) {
            Gate.Finding finding = first.get(i);
            Tally tally = tallies.computeIfAbsent(finding.metric(), metric -> new Tally());
            tally.verdicts.merge(finding.verdict(), 1, Integer::sum);
            tally.largest = Math.max(tally.largest, Math.abs(finding.effect().hl()));
            if (finding.verdict() == Verdict.REGRESSED
                    && second.get(i).verdict() == Verdict.REGRESSED) {
                tally.twice++;
            }
        }
    }

    private boolean print(PrintStream out, String scenario, Metric metric, Tally tally) {
        int runs = tally.verdicts.values().stream().mapToInt(Integer::intValue).sum();
        out.printf(Locale.ROOT, "%-14s %-10s %6d %9d %9d %13d %9s%n", scenario, metric, runs,
                tally.of(Verdict.REGRESSED), tally.twice, tally.of(Verdict.INCONCLUSIVE),
                Units.percent(Math.abs(metric.percent(tally.largest))));
        if (plant == null) {
            return tally.twice == 0;
        }
        return !metric.toString().equals(plant.metric())
                || tally.of(Verdict.REGRESSED) >= FOUND_SHARE * runs;
    }

    private List<Gate.Finding> compare(Scenario scenario, List<Recordings.Run> all) {
        Recordings.Run run = all.get(random.nextInt(all.size()));
        List<List<Slice>> forks = new ArrayList<>(run.forks());
        Collections.shuffle(forks, random);
        boolean again = forks.size() >= Side.values().length;
        int ofSide = Math.min(SIDE_FORKS_MAX, forks.size() / (again ? Side.values().length : 2));
        SliceTable table = new SliceTable(ofSide);
        int rounds = run.rounds();
        int blocks = (rounds + Effect.BLOCK_ROUNDS - 1) / Effect.BLOCK_ROUNDS;
        for (int i = 0; i < blocks; i++) {
            int first = Effect.BLOCK_ROUNDS * random.nextInt(blocks);
            for (int round = first; round < Math.min(first + Effect.BLOCK_ROUNDS, rounds);
                    round++) {
                add(table, forks, ofSide, again, round);
            }
        }
        return ScenarioRun.judge(scenario, table, random.nextLong());
    }

    private void add(SliceTable table, List<List<Slice>> forks, int ofSide, boolean again,
            int round) {
        int at = 0;
        for (Side side : Side.values()) {
            if (side == Side.A2 && !again) {
                continue;
            }
            for (int fork = 0; fork < ofSide; fork++) {
                Slice slice = forks.get(at++).get(round);
                table.add(side, fork, side == Side.B && plant != null && slice != null
                        ? slice.slower(plant.metric(), 1 + plant.percent() / PERCENT) : slice);
            }
        }
    }
}
