// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.ArrivalRate;
import io.vblk.fio.Direction;
import io.vblk.fio.Goals;
import io.vblk.fio.JobSpec;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What becomes of a job's requests: figures, who else wants to hear of them, and whether the job
 * goes on. Thread: the job's. Nothing is allocated in measured time while requests succeed.
 */
final class Outcomes {
    /** What fio calls a request, or a rate, that is too slow. */
    private static final int ETIME = 62;

    private final JobSpec spec;
    private final Goals goals;
    private final Slots slots;
    private final JobStats stats;
    private CompletionObserver[] observers = {};
    /** Those that hear of a request: others like them in a rehearsal. */
    private CompletionObserver[] heard = {};
    /** Where requests are counted: in measured time that is what the job reports. */
    private JobStats counted;
    private ArrivalRate least = ArrivalRate.NONE;
    private long maxLatencyNs;
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
        this.counted = stats;
    }

    void observe(CompletionObserver... others) {
        observers = others;
    }

    /** The measured time begins at a moment, which may be to come: until then nothing is told. */
    void begin(long nowNs) {
        usedBefore = ThreadUsage.ofCurrentThread();
        turn(true, nowNs);
        beganNs = nowNs;
        sampledNs = nowNs;
        latency = LatencyWindow.of(spec, nowNs);
        for (CompletionObserver observer : observers) {
            observer.begun(nowNs);
        }
    }

    /**
     * What is counted from now on is measured, or is a rehearsal: the same with figures and logs
     * of which nobody hears.
     */
    void turn(boolean measured, long nowNs) {
        if (measured) {
            counted = stats;
            heard = observers;
            least = goals.least();
            maxLatencyNs = goals.maxLatencyNs();
            sampledNs = beganNs;
        } else {
            if (counted == stats) {
                counted = new JobStats();
                heard = Arrays.stream(observers).map(CompletionObserver::rehearsal)
                        .toArray(CompletionObserver[]::new);
                for (CompletionObserver observer : heard) {
                    observer.begun(nowNs);
                }
            }
            least = ArrivalRate.NONE;
            maxLatencyNs = 0;
            // A sample of the rates is taken at once: there is not always time for one.
            sampledNs = nowNs - DirectionStats.SAMPLE_NS;
        }
    }

    /** Where requests are counted now. */
    JobStats counted() {
        return counted;
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

    /** A request that counts has succeeded; returns whether the job is to end. */
    boolean ended(int slot, long nowNs) {
        Direction direction = slots.directions[slot];
        long startNs = slots.startNs[slot];
        if (direction == Direction.SYNC) {
            counted.recordSync(startNs, nowNs);
            return false;
        }
        long issueNs = slots.issueNs[slot];
        int lengthBytes = slots.lengths[slot];
        counted.of(direction).record(startNs, issueNs, nowNs, lengthBytes);
        for (CompletionObserver observer : heard) {
            observer.completed(
                    direction, slots.offsets[slot], lengthBytes, startNs, issueNs, nowNs);
        }
        boolean ends = latency != null && counted == stats && searches(nowNs - startNs, nowNs);
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
        if (maxLatencyNs == 0 || ns <= maxLatencyNs) {
            return false;
        }
        stats.failed(ETIME, String.format(Locale.ROOT,
                "%s took %.1f us, max_latency is %.1f us", words(slot), ns / 1e3,
                maxLatencyNs / 1e3));
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
        counted.sample(intervalNs);
        for (CompletionObserver observer : heard) {
            observer.passed(nowNs);
        }
        return isBelow(Direction.READ, spec.rw().reads())
                || isBelow(Direction.WRITE, spec.rw().writes())
                || isBelow(Direction.TRIM, spec.rw().trims());
    }

    private boolean isBelow(Direction direction, boolean used) {
        double rate = counted.of(direction).lastRate(least.inBytes());
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
