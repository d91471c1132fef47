// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.NanoClock;
import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the identical jobs of a {@link JobSpec}, with its queue. Thread: control, except where it
 * says so.
 */
final class Clone {
    private static final long FLUSH_WAIT_NS = 100_000_000L;

    final JobSpec spec;
    private final int thread;
    final int group;
    final OpenTarget target;
    final int queue;
    private final Region region;
    private final StopFlag stop;
    private final boolean endsGroup;
    private LoadGenerator generator;
    private RequestPort port;
    private SteadyCheck steady;
    /** Of all runs; null if nobody asked. */
    private JobTimeline timeline;
    private volatile char state = CloneState.WAITING;
    private volatile long ranNs;
    private volatile boolean running;
    private JobStats lastStatus;
    /** Null without. */
    private JobLogs logs;

    Clone(JobSpec spec, int number, int thread, int group, OpenTarget target, int queue,
            StopFlag stop, boolean endsGroup) {
        this.spec = spec;
        this.thread = thread;
        this.group = group;
        this.target = target;
        this.queue = queue;
        this.stop = stop;
        this.endsGroup = endsGroup;
        this.region = target.regionOf(spec, number);
    }

    /** Whether its end is that of its group. */
    boolean endsGroup() {
        return endsGroup;
    }

    StopFlag stop() {
        return stop;
    }

    /** Whether the job's figures have settled; null if nobody asked. */
    SteadyCheck steady() {
        return steady;
    }

    void steadyBy(SteadyCheck check) {
        steady = check;
    }

    /** A generator for a run from the start. */
    LoadGenerator generator() {
        return generator;
    }

    /**
     * Makes a generator for a run from the start, as this job, and begins its logs.
     *
     * @param timelineColumns intervals in which its requests are noted over time, 0 for none
     */
    void renew(JobSpec as, int timelineColumns) throws IOException {
        stop.renew();
        generator = new LoadGenerator(as, thread, region, stop, NanoClock.MONOTONIC);
        if (queue >= Ramp.JOBS_MAX) {
            generator.ramp.rehearseNothing();
        }
        List<CompletionObserver> observers = new ArrayList<>();
        if (timelineColumns > 0) {
            timeline = timeline == null ? new JobTimeline(as.rw(), timelineColumns) : timeline;
            generator.stats().timelines.add(timeline);
            observers.add(timeline);
        }
        state = CloneState.WAITING;
        lastStatus = null;
        if (as.reporting().logs().isOn()) {
            logs = JobLogs.open(as.reporting().logs(), thread + 1);
            observers.add(logs);
        }
        generator.observe(observers.toArray(CompletionObserver[]::new));
    }

    /** Writes what is due of the logs. */
    void lookAtLogs(long nowNs) {
        if (logs != null) {
            logs.look(nowNs);
        }
    }

    /** Ends the logs; returns what went wrong with them, a line each. */
    List<String> closeLogs() {
        if (logs == null) {
            return List.of();
        }
        JobLogs done = logs;
        logs = null;
        done.close();
        return done.failures();
    }

    /**
     * Gets ready. Thread: the job's.
     *
     * @param writer number of this run of this clone
     */
    void begin(int writer) {
        try {
            GuestCpus.enter(spec, thread);
            port = target.guest.port(queue, spec.queueing().waitMode(),
                    spec.access().zeroesForTrims());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        generator.use(port, target, writer);
        if (spec.verify().only()) {
            generator.replay();
        }
    }

    /** Runs the load. Thread: the job's. */
    void run() {
        if (!spec.verify().only()) {
            ranNs = System.nanoTime();
            running = true;
            state = CloneState.letter(spec.rw());
            generator.run();
            running = false;
            endGroup();
            state = readsBack() ? CloneState.DONE : CloneState.GONE;
        }
    }

    /** With exitall the first to end is the end of its group. Thread: the job's. */
    private void endGroup() {
        if (endsGroup) {
            stop.ofGroup().request();
        }
    }

    /** How far it is. Thread: any. */
    CloneState state(long nowNs) {
        return CloneState.of(state, nowNs - ranNs, generator, region);
    }

    /** Time that it is going to need, in nanoseconds; negative if that cannot be known. */
    double plannedNs(double bytesPerNs) {
        return CloneState.plannedNs(generator.spec(), region, bytesPerNs);
    }

    /** Wants its figures up to now. */
    void askStatus() {
        if (running) {
            generator.outcomes.askStatus();
        }
    }

    /** Whether it has answered, or need not be asked. */
    boolean hasStatus() {
        return !running || generator.outcomes.status() != null;
    }

    /** Its figures: those of the last answer while it runs. */
    JobStats status() {
        boolean changing = running;
        JobStats told = generator.outcomes.status();
        if (told != null && changing) {
            lastStatus = told;
        }
        JobStats stats = !changing ? generator.stats() : lastStatus;
        if (stats == null || stats.elapsedNs == 0) {
            stats = new JobStats();
            stats.elapsedNs = 1;
            stats.activeNs = 1;
        }
        return stats;
    }

    /** Whether what was written is read back at the end. */
    boolean readsBack() {
        return spec.verify().isOn() && spec.verify().doVerify()
                && (spec.rw().writes() || spec.rw().trims());
    }

    /**
     * Reads back a share of what was written in the region. Thread: the job's.
     *
     * @param readers all that read back
     */
    void readBack(List<Clone> readers) {
        List<Clone> sharers = readers.stream()
                .filter(other -> other.target == target && other.region.equals(region)).toList();
        state = CloneState.VERIFYING;
        running = spec.verify().only();
        generator.readBack(sharers.indexOf(this), sharers.size(), spec.verify().only());
        running = false;
        if (spec.verify().only()) {
            endGroup();
        }
        state = CloneState.GONE;
    }

    /** Makes everything written stable; returns whether the device says so. Thread: the job's. */
    boolean flush() {
        state = CloneState.FLUSHING;
        if (!port.add(0, Direction.SYNC, 0, 0)) {
            return false;
        }
        if (port.publish()) {
            port.kick();
        }
        while (port.poll() == RequestPort.NOTHING) {
            if (stop.isAbandoned() || !serves()) {
                return false;
            }
            port.await(FLUSH_WAIT_NS);
        }
        return port.isOk(0);
    }

    private boolean serves() {
        try {
            return target.guest.serves(queue);
        } catch (IOException e) {
            return false; // the control thread hears of it, too
        }
    }

    /** The job's thread ends. Thread: the job's. */
    void leave() {
        state = CloneState.GONE;
        target.guest.leave(queue);
    }
}
