// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.HdrHistogram.Histogram;

/** What one job measured. Thread: the job's, until it has ended. */
final class JobStats {
    final DirectionStats read = new DirectionStats();
    final DirectionStats write = new DirectionStats();
    final DirectionStats trim = new DirectionStats();
    /** Latencies of flushes, from start to completion. */
    final Histogram sync = DirectionStats.histogram();
    final DepthCounts levels = DepthCounts.ofLevels();
    final DepthCounts submits = DepthCounts.ofBatches();
    final DepthCounts completes = DepthCounts.ofBatches();
    final List<String> verifyFailures = new ArrayList<>();
    /** Requests over time, of each job once for all of its runs; empty if nobody asked. */
    final Set<JobTimeline> timelines = new LinkedHashSet<>();

    /** Jobs that these figures are of. */
    int jobs = 1;
    /** Requests that a rate had due before the end and that never started. */
    long backlog;
    /** Requests answered, those of the ramp too. */
    long completed;
    long verifiedBlocks;
    long verifyErrors;
    /** Errors that the job was told to go on after. */
    long errors;
    /** 0, or the errno that ended the job or came first, EIO for a failure without a reason. */
    int error;
    /** What failed, for people; null if nothing did. */
    String errorText;
    /** Measured time in nanoseconds, without the ramp. */
    long elapsedNs;
    /** Time that {@link #usage} is about, with the ramp. */
    long activeNs;
    ThreadUsage usage = ThreadUsage.NONE;
    /** Where the stages of requests are; empty if nobody asked. */
    List<AnatomySamples> anatomy = List.of();
    /** Requests in flight that latency_target settled for; 0 without. */
    int latencyDepth;

    /** Of READ, WRITE or TRIM. */
    DirectionStats of(Direction direction) {
        return switch (direction) {
            case READ -> read;
            case WRITE -> write;
            case TRIM -> trim;
            case SYNC -> throw new IllegalArgumentException("flushes have one histogram");
        };
    }

    /** Requests measured, flushes not. */
    long ios() {
        return read.ios + write.ios + trim.ios;
    }

    /** Requests that failed and blocks that did not verify. */
    long allErrors() {
        return errors + verifyErrors;
    }

    void recordSync(long startNs, long endNs) {
        DirectionStats.record(sync, endNs - startNs);
    }

    void sample(long intervalNs) {
        read.sample(intervalNs);
        write.sample(intervalNs);
        trim.sample(intervalNs);
    }

    void failed(int errno, String text) {
        if (error == 0) {
            error = errno;
            errorText = text;
        }
    }

    /** Forgets what was measured, errors not. */
    void forget() {
        read.forget();
        write.forget();
        trim.forget();
        sync.reset();
        levels.forget();
        submits.forget();
        completes.forget();
    }

    /** Sum of jobs that ran beside each other, for group_reporting. */
    static JobStats sum(List<JobStats> jobs) {
        JobStats total = new JobStats();
        total.jobs = 0;
        for (JobStats job : jobs) {
            total.jobs += job.jobs;
            total.elapsedNs = Math.max(total.elapsedNs, job.elapsedNs);
            total.read.add(job.read);
            total.write.add(job.write);
            total.trim.add(job.trim);
            total.addFigures(job);
        }
        return total;
    }

    /** Adds what the same job measured later. */
    void addLater(JobStats later) {
        elapsedNs += later.elapsedNs;
        read.addLater(later.read);
        write.addLater(later.write);
        trim.addLater(later.trim);
        addFigures(later);
    }

    private void addFigures(JobStats job) {
        sync.add(job.sync);
        levels.add(job.levels);
        submits.add(job.submits);
        completes.add(job.completes);
        completed += job.completed;
        backlog += job.backlog;
        verifiedBlocks += job.verifiedBlocks;
        verifyErrors += job.verifyErrors;
        verifyFailures.addAll(job.verifyFailures);
        anatomy = AnatomySamples.union(anatomy, job.anatomy);
        timelines.addAll(job.timelines);
        errors += job.errors;
        usage = usage.plus(job.usage);
        activeNs += job.activeNs;
        latencyDepth = Math.max(latencyDepth, job.latencyDepth);
        failed(job.error, job.errorText);
    }
}
