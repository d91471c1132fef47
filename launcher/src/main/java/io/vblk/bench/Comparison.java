// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import io.vblk.fio.Timing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * The same jobs against several targets in turn, in short slices: what the machine does to all of
 * them at the time cancels out of their ratios. Thread: control, except where it says any.
 */
public final class Comparison {
    /** Length of a slice that counts, if the runtime is long enough for several. */
    private static final long SLICE_NS = 500_000_000L;
    /** Fewest slices of each target; a spread of fewer says little. */
    private static final int SLICES_MIN = 5;
    /** Most slices of each target. */
    private static final int SLICES_MAX = 1_000;
    /** What a slice leaves out at its start: the others had the processor's caches. */
    private static final long SLICE_RAMP_NS = 50_000_000L;

    private final List<String> names;
    private final List<BenchRun> runs;
    private final int rounds;
    private final Random order;
    private volatile boolean stopped;

    /**
     * Of runs with the same jobs.
     *
     * @param names of the targets, the first is what the others are compared with
     * @param runs the targets, opened; the caller closes them
     * @param jobs the jobs, each with a runtime
     */
    public Comparison(List<String> names, List<BenchRun> runs, List<JobSpec> jobs) {
        this.names = List.copyOf(names);
        this.runs = List.copyOf(runs);
        long runtimeNs = Long.MAX_VALUE;
        for (JobSpec job : jobs) {
            if (job.timing().runtimeNs() == 0) {
                throw new IllegalArgumentException("several targets take turns in slices of time: "
                        + "give the load a runtime");
            }
            if (job.reporting().logs().isOn()) {
                throw new IllegalArgumentException("the slices of several targets would write over "
                        + "each other's logs: leave the logs out, or take one target");
            }
            runtimeNs = Math.min(runtimeNs, job.timing().runtimeNs());
        }
        this.rounds = (int) Math.max(SLICES_MIN, Math.min(SLICES_MAX, runtimeNs / SLICE_NS));
        this.order = new Random(jobs.get(0).access().randSeed());
    }

    /** Slices of each target. */
    public int rounds() {
        return rounds;
    }

    /** Asks the present slice to end, and starts no more. Thread: any. */
    public void stop() {
        stopped = true;
        runs.forEach(BenchRun::stop);
    }

    /**
     * Runs the slices.
     *
     * @param shown hears of the rounds that have ended
     */
    public ComparisonReport run(Consumer<Integer> shown) throws IOException {
        List<ComparedTarget> targets = names.stream().map(ComparedTarget::new).toList();
        List<Integer> turns = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            turns.add(i);
        }
        for (int round = 0; round < rounds && !stopped; round++) {
            Collections.shuffle(turns, order);
            int turn = round;
            for (int target : turns) {
                if (!stopped) {
                    targets.get(target).add(runs.get(target).run(
                            spec -> slice(spec, turn), progress -> { }));
                }
            }
            shown.accept(round + 1);
        }
        return new ComparisonReport(targets);
    }

    /** A part of the job, with offsets of its own; only the first has all of the ramp. */
    private JobSpec slice(JobSpec spec, int round) {
        Timing timing = spec.timing();
        long rampNs = round == 0 ? Math.max(timing.rampNs(), SLICE_RAMP_NS) : SLICE_RAMP_NS;
        return spec.withAccess(spec.access().withSeed(spec.access().randSeed() + round))
                .withTiming(new Timing(timing.runtimeNs() / rounds, true, rampNs, 0,
                        timing.think(), timing.rate()));
    }
}
