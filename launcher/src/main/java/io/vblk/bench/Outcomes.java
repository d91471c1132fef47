// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.ArrivalRate;
import io.vblk.fio.Direction;
import io.vblk.fio.Goals;
import io.vblk.fio.JobSpec;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.util.List;
import java.util.Locale;

/**
 * What becomes of a job's requests: figures, who else wants to hear of them, and whether the job
 * goes on. Thread: the job's. Nothing is allocated while requests succeed.
 */
final class Outcomes {
    /** What fio calls a request, or a rate, that is too slow. */
    private static final int ETIME = 62;

    private final JobSpec spec;
    private final Goals goals;
    private final Slots slots;
    private final JobStats stats;
    private CompletionObserver[] observers = {};
    /** Null without latency_target. */
    private LatencyWindow latency;
    private long beganNs;
    private long sampledNs;
    private ThreadUsage usedBefore = ThreadUsage.NONE;
    private volatile boolean statusWanted;
    private volatile JobStats status;

    Outcomes(JobSpec spec, Slots slots, JobStats stats) {
        this.spec = spec;
        this.goals = spec.goals();
        this.slots = slots;
        this.stats = stats;
    }

    void observe(CompletionObserver... others) {
        observers = others;
    }

    /** The measured time begins. */
    void begin(long nowNs) {
        usedBefore = ThreadUsage.ofCurrentThread();
        beganNs = nowNs;
        sampledNs = nowNs;
        latency = LatencyWindow.of(spec, nowNs);
        for (CompletionObserver observer : observers) {
            observer.begun(nowNs);
        }
    }

    /** The measured time ends. */
    void end(long nowNs) {
        stats.elapsedNs = Math.max(1, nowNs - beganNs);
        stats.latencyDepth = latency == null ? 0 : latency.depth();
        for (CompletionObserver observer : observers) {
            observer.ended(nowNs);
        }
    }

    /** Wants the figures up to now from a job that runs. Thread: any. */
    void askStatus() {
        status = null;
        statusWanted = true;
    }

    /** The figures asked for last; null until the job has answered. Thread: any. */
    JobStats status() {
        return status;
    }

    private void tellStatus(long nowNs) {
        statusWanted = false;
        JobStats copy = JobStats.sum(List.of(stats));
        copy.elapsedNs = Math.max(1, nowNs - beganNs);
        copy.activeNs = copy.elapsedNs;
        copy.usage = ThreadUsage.ofCurrentThread().since(usedBefore);
        copy.anatomy = List.of();
        status = copy;
    }

    /** Most requests in flight at the moment. */
    int depth() {
        return latency == null ? spec.iodepth() : latency.depth();
    }

    /** A measured request has succeeded; returns whether the job is to end. */
    boolean ended(int slot, long nowNs) {
        Direction direction = slots.directions[slot];
        long startNs = slots.startNs[slot];
        if (direction == Direction.SYNC) {
            stats.recordSync(startNs, nowNs);
            return false;
        }
        long issueNs = slots.issueNs[slot];
        int lengthBytes = slots.lengths[slot];
        stats.of(direction).record(startNs, issueNs, nowNs, lengthBytes);
        for (CompletionObserver observer : observers) {
            observer.completed(
                    direction, slots.offsets[slot], lengthBytes, startNs, issueNs, nowNs);
        }
        boolean ends = latency != null && searches(nowNs - startNs, nowNs);
        return ends | isTooSlow(slot, nowNs - startNs);
    }

    private boolean searches(long latNs, long nowNs) {
        LatencySearch.Step step = latency.completed(latNs, nowNs, slots.inFlight());
        if (step == LatencySearch.Step.MEASURE) {
            stats.forget();
            beganNs = nowNs;
            sampledNs = nowNs;
        } else if (step == LatencySearch.Step.FAILED) {
            stats.failed(ETIME, "latency_target: with one request in flight not enough of them "
                    + "were within " + goals.latency().targetNs() / 1e3 + " us");
        }
        return step == LatencySearch.Step.DONE || step == LatencySearch.Step.FAILED;
    }

    private boolean isTooSlow(int slot, long ns) {
        if (goals.maxLatencyNs() == 0 || ns <= goals.maxLatencyNs()) {
            return false;
        }
        stats.failed(ETIME, String.format(Locale.ROOT,
                "%s took %.1f us, max_latency is %.1f us", words(slot), ns / 1e3,
                goals.maxLatencyNs() / 1e3));
        return true;
    }

    /**
     * A request has failed; returns whether the job is to end.
     *
     * @param errno the host's, or 0 if that is not known
     */
    boolean failed(int slot, int errno) {
        stats.errors++;
        if (stats.error == 0) {
            // A device says no more than that; what it was told by the host is in its report.
            stats.failed(errno == 0 ? Posix.EIO : errno, words(slot) + " failed"
                    + (errno == 0 || errno == Posix.EIO ? "" : ": "
                            + ErrnoException.describe(errno)));
        }
        return !(slots.directions[slot] == Direction.READ
                ? goals.continueOnRead() : goals.continueOnWrite());
    }

    private String words(int slot) {
        Direction direction = slots.directions[slot];
        return direction == Direction.SYNC
                ? "flush"
                : direction.name().toLowerCase(Locale.ROOT) + " of " + slots.lengths[slot]
                        + " bytes at offset " + slots.offsets[slot];
    }

    /** Takes a sample of the rates if it is time; returns whether the job is to end. */
    boolean sample(long nowNs) {
        long intervalNs = nowNs - sampledNs;
        if (statusWanted) {
            tellStatus(nowNs);
        }
        if (intervalNs < DirectionStats.SAMPLE_NS) {
            return false;
        }
        sampledNs = nowNs;
        stats.sample(intervalNs);
        for (CompletionObserver observer : observers) {
            observer.passed(nowNs);
        }
        return isBelow(Direction.READ, spec.rw().reads())
                || isBelow(Direction.WRITE, spec.rw().writes())
                || isBelow(Direction.TRIM, spec.rw().trims());
    }

    private boolean isBelow(Direction direction, boolean used) {
        ArrivalRate least = goals.least();
        double rate = stats.of(direction).lastRate(least.inBytes());
        if (!used || rate >= least.of(direction)) {
            return false;
        }
        stats.failed(ETIME, String.format(Locale.ROOT,
                "%ss: %.0f %s a second, less than %s allows",
                direction.name().toLowerCase(Locale.ROOT), rate,
                least.inBytes() ? "bytes" : "requests",
                least.inBytes() ? "rate_min" : "rate_iops_min"));
        return true;
    }
}
