// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.NanoClock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Tries settings in rounds of short slices, one of each setting that is left in an order drawn
 * anew, and spends the time on the good ones. Thread: control, except where it says any.
 *
 * <pre>
 *   sweep    all combinations; who is clearly worse than the best leaves
 *   refine   the best trade-offs of processor time and goal, and their neighbours, likewise
 *   confirm  the three best and the reference alone, in rounds that did not choose them
 * </pre>
 *
 * Each stage begins with a slice of each new setting that does not count: the JVM compiles what it
 * needs.
 */
public final class TuneRace {
    /** Fewest rounds of the first two stages; nobody leaves, and nothing wins, earlier. */
    static final int ROUNDS_MIN = 4;
    /** Fewest rounds of the last stage that count without those before it. */
    static final int CONFIRMING_MIN = 7;
    /** Most settings that neighbours are looked for of. */
    static final int BASES_MAX = 3;
    private static final int FINALISTS_MAX = 3;
    private static final long SLICE_NS_MIN = 100_000_000L;
    private static final long SLICE_NS_MAX = 500_000_000L;
    /** What a slice takes beside its length, and a setting the first time: rather too much. */
    private static final long OVERHEAD_NS = 15_000_000L;
    /** Shares of the budget at whose ends stages end. */
    private static final double SWEEP_ALONE = 0.65;
    private static final double SWEEP = 0.45;
    private static final double REFINE = 0.72;

    private final TunePlan plan;
    private final TuneRules rules;
    private final TuneBench bench;
    private final NanoClock clock;
    private final long sliceNs;
    private final Random order;
    private final TuneStatistics statistics;
    private final List<TuneEntry> entries = new ArrayList<>();
    private final TuneEntry reference = new TuneEntry(TuneSetting.REFERENCE);
    private volatile boolean stopped;
    private Consumer<Step> shown = step -> { };
    private long beganNs;
    private int round;
    private int confirmFrom = -1;
    private long roundNs;

    /**
     * Where things are.
     *
     * @param stage sweep, refine or confirm
     * @param round rounds that have ended
     * @param left settings that are still tried
     * @param leftNs time that is left
     */
    public record Step(String stage, int round, int left, long leftNs) {}

    /**
     * A race on real time.
     *
     * @throws IllegalArgumentException if there is too little time for the plan
     */
    public TuneRace(TunePlan plan, TuneRules rules, TuneBench bench) {
        this(plan, rules, bench, NanoClock.MONOTONIC);
    }

    TuneRace(TunePlan plan, TuneRules rules, TuneBench bench, NanoClock clock) {
        this.plan = plan;
        this.rules = rules;
        this.bench = bench;
        this.clock = clock;
        this.order = new Random(rules.seed());
        this.statistics = new TuneStatistics(rules.goal(), rules.seed());
        long slices = slicesMin(plan);
        long longest = rules.budgetNs() / slices - OVERHEAD_NS;
        if (longest < SLICE_NS_MIN) {
            long needed = slices * (SLICE_NS_MIN + OVERHEAD_NS) / 1_000_000_000L + 1;
            throw new IllegalArgumentException("budget is too short for " + plan.firstCount()
                    + " settings: give it at least " + needed + " seconds, or sweep less");
        }
        this.sliceNs = Math.min(SLICE_NS_MAX, longest);
    }

    /** Slices that make a result: the least, if nobody leaves early. */
    private static long slicesMin(TunePlan plan) {
        int first = plan.firstCount();
        int second = Math.min(BASES_MAX, first) * plan.fineCount();
        return (ROUNDS_MIN + 1L) * first
                + (second > 0 ? (ROUNDS_MIN + 1L) * second + ROUNDS_MIN * BASES_MAX : 0)
                + (long) CONFIRMING_MIN * Math.min(first + second, FINALISTS_MAX + 1);
    }

    /** Asks for the end: what is known by then is the result. Thread: any. */
    public void stop() {
        stopped = true;
        bench.stop();
    }

    /**
     * Runs it.
     *
     * @param watcher hears after each round where things are
     */
    public TuneReport run(Consumer<Step> watcher) throws IOException {
        shown = watcher;
        beganNs = clock.nanoTime();
        plan.first().forEach(setting -> entries.add(
                setting.isReference() ? reference : new TuneEntry(setting)));
        boolean refines = plan.fineCount() > 0;
        List<TuneEntry> racing = stage("sweep", entries, refines ? SWEEP : SWEEP_ALONE, ROUNDS_MIN);
        if (refines && !stopped) {
            List<TuneEntry> bases = front(racing);
            List<TuneEntry> refined = new ArrayList<>(List.of(reference));
            bases.stream().filter(base -> base != reference).forEach(refined::add);
            plan.second(bases.stream().map(base -> base.setting).toList()).stream()
                    .filter(setting -> entries.stream()
                            .noneMatch(entry -> entry.setting.equals(setting)))
                    .forEach(setting -> refined.add(new TuneEntry(setting)));
            refined.stream().filter(entry -> !entries.contains(entry)).forEach(entries::add);
            racing = stage("refine", refined, REFINE, ROUNDS_MIN);
        }
        if (!stopped) {
            List<TuneEntry> finalists = new ArrayList<>(best(entries));
            if (!finalists.contains(reference)) {
                finalists.add(reference);
            }
            confirmFrom = round;
            stage("confirm", finalists, 1, CONFIRMING_MIN);
        }
        return report();
    }

    // ------------------------------------------------------------------ stages

    /** Runs rounds until a share of the budget is used up; returns who is left. */
    private List<TuneEntry> stage(String name, List<TuneEntry> from, double share, int least)
            throws IOException {
        List<TuneEntry> racing = new ArrayList<>(from);
        long untilNs = beganNs + (long) (share * rules.budgetNs());
        warmUp(racing);
        int rounds = 0;
        while (!stopped && racing.size() > 1
                && (rounds < least || clock.nanoTime() + roundNs <= untilNs)) {
            long startNs = clock.nanoTime();
            if (!oneRound(racing)) {
                break;
            }
            rounds++;
            if (confirmFrom < 0) {
                dropWorse(racing);
            }
            roundNs = clock.nanoTime() - startNs;
            shown.accept(new Step(name, round, racing.size(),
                    Math.max(0, beganNs + rules.budgetNs() - clock.nanoTime())));
        }
        return racing;
    }

    private void warmUp(List<TuneEntry> racing) throws IOException {
        for (TuneEntry entry : racing) {
            if (!entry.warm && !stopped) {
                bench.slice(entry.setting, round, sliceNs);
                entry.warm = true;
            }
        }
    }

    /** Whether it was done to its end; what was stopped does not count. */
    private boolean oneRound(List<TuneEntry> racing) throws IOException {
        List<TuneEntry> turns = new ArrayList<>(racing);
        Collections.shuffle(turns, order);
        List<TuneSlice> measured = new ArrayList<>();
        for (TuneEntry entry : turns) {
            TuneSlice slice = stopped ? null : bench.slice(entry.setting, round, sliceNs);
            if (slice == null) {
                return false;
            }
            measured.add(slice);
        }
        for (int i = 0; i < turns.size(); i++) {
            turns.get(i).slices.put(round, measured.get(i));
        }
        round++;
        return true;
    }

    /** Who is clearly worse than the best within the limit leaves; the reference stays. */
    private void dropWorse(List<TuneEntry> racing) throws IOException {
        List<TuneEntry> best = best(racing);
        if (best.isEmpty()) {
            return;
        }
        for (TuneEntry entry : List.copyOf(racing)) {
            double[] ratios = statistics.ratios(entry, best.get(0), 0);
            if (entry != reference && entry != best.get(0) && ratios.length >= ROUNDS_MIN
                    && statistics.isClearlyWorse(ratios)) {
                entry.outAfter = round;
                racing.remove(entry);
                bench.leave(entry.setting);
            }
        }
    }

    // ------------------------------------------------------------------ who is good

    private double estimate(TuneGoal goal, TuneEntry entry) {
        return entry == reference && !entry.slices.isEmpty()
                ? 0 : TuneStatistics.median(TuneStatistics.ratios(goal, entry, reference, 0));
    }

    /** The best few within the limit that are not out, the best one first. */
    private List<TuneEntry> best(List<TuneEntry> among) {
        return among.stream()
                .filter(entry -> !entry.isOut() && rules.allows(entry)
                        && Double.isFinite(estimate(rules.goal(), entry)))
                .sorted(Comparator.comparingDouble(entry -> estimate(rules.goal(), entry)))
                .limit(FINALISTS_MAX).toList();
    }

    /** Those that no other beats both in processor time and in the goal, the best few of them. */
    List<TuneEntry> front(List<TuneEntry> among) {
        TuneGoal other = rules.goal() == TuneGoal.CPU ? TuneGoal.P99 : TuneGoal.CPU;
        return among.stream()
                .filter(entry -> !entry.isOut() && rules.allows(entry)
                        && Double.isFinite(estimate(rules.goal(), entry)))
                .filter(entry -> among.stream().noneMatch(
                        rival -> !rival.isOut() && beats(rival, entry, rules.goal(), other)))
                .sorted(Comparator.comparingDouble(entry -> estimate(rules.goal(), entry)))
                .limit(BASES_MAX).toList();
    }

    private boolean beats(TuneEntry rival, TuneEntry entry, TuneGoal goal, TuneGoal other) {
        double one = estimate(goal, rival) - estimate(goal, entry);
        double two = estimate(other, rival) - estimate(other, entry);
        return one < 0 && !(two > 0) || one <= 0 && two < 0;
    }

    private TuneReport report() {
        boolean confirmed = confirmFrom >= 0 && round - confirmFrom >= CONFIRMING_MIN;
        int from = confirmed ? confirmFrom : 0;
        List<TuneEntry> rivals = entries.stream()
                .filter(entry -> !entry.isOut() && !entry.slices.isEmpty()
                        && (!confirmed || entry.slices.lastKey() >= from)).toList();
        // Of one round all that is drawn again is that round: it would be sure of anything.
        TuneVerdict verdict = round < ROUNDS_MIN ? TuneVerdict.UNKNOWN
                : TuneVerdict.of(rules, statistics, rivals, entries.stream()
                        .filter(entry -> !entry.slices.isEmpty()).toList(), reference, from);
        return new TuneReport(rules, sliceNs, round, clock.nanoTime() - beganNs, entries,
                reference, verdict, statistics);
    }
}
