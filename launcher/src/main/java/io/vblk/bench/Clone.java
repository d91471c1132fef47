// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

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
    private LoadGenerator generator;
    private RequestPort port;
    private SteadyCheck steady;
    /** Of all runs; null if nobody asked. */
    private JobTimeline timeline;
    /** Null without. */
    private JobLogs logs;

    Clone(JobSpec spec, int number, int thread, int group, OpenTarget target, int queue,
            StopFlag stop) {
        this.spec = spec;
        this.thread = thread;
        this.group = group;
        this.target = target;
        this.queue = queue;
        this.stop = stop;
        this.region = target.regionOf(spec, number);
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
        generator = new LoadGenerator(as, thread, region, stop);
        List<CompletionObserver> observers = new ArrayList<>();
        if (timelineColumns > 0) {
            timeline = timeline == null ? new JobTimeline(as.rw(), timelineColumns) : timeline;
            generator.stats().timelines.add(timeline);
            observers.add(timeline);
        }
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
            generator.run();
        }
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
        generator.readBack(sharers.indexOf(this), sharers.size(), spec.verify().only());
    }

    /** Makes everything written stable; returns whether the device says so. Thread: the job's. */
    boolean flush() {
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
        target.guest.leave(queue);
    }
}
