// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.image.ImageException;
import io.vblk.fio.JobPlan;
import io.vblk.fio.JobSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Loads against devices in this process, back-ends in other ones and files. Jobs run together up to
 * one with a stonewall, which waits for all before it. Thread: control, except where it says any.
 */
public final class BenchRun implements AutoCloseable {
    private static final long PROGRESS_NS = 900_000_000L;
    /** How often it is looked whether the device is still there. */
    private static final long LOOK_MS = 100;

    private final Map<String, OpenTarget> targets = new LinkedHashMap<>();
    private final List<List<Clone>> phases = new ArrayList<>();
    private final StopFlag stop = new StopFlag();
    private final AtomicReference<Throwable> crash = new AtomicReference<>();
    private List<JobThread> threads = List.of();
    private int threadCount;
    private int writers;
    private final List<SteadyWatch> steady = new ArrayList<>();
    private TailWatch tail;
    private Anatomy anatomy;
    /** Intervals of requests over time; 0 if nobody wants to see them. */
    private int timelineColumns;
    /** Null if nobody wants to hear before the end. */
    private StatusReports status;
    private long beganNs;
    private long shownNs;
    private long progressNs = PROGRESS_NS;
    private Progress progress = Progress.START;

    private BenchRun() {}

    /**
     * Opens the targets and prepares the jobs.
     *
     * @param jobs the jobs, each with its target
     * @param setups how the targets are opened, by their names
     * @throws IOException if an image, a back-end or the host says no, in words for an operator
     * @throws IllegalArgumentException if a job does not fit its disk or what is offered
     */
    public static BenchRun open(List<JobSpec> jobs, Map<String, TargetSetup> setups)
            throws IOException {
        BenchRun run = new BenchRun();
        try {
            List<List<JobSpec>> phases = JobPlan.phases(jobs);
            for (Map.Entry<String, TargetSetup> setup : setups.entrySet()) {
                List<List<JobSpec>> own = phases.stream()
                        .map(phase -> phase.stream()
                                .filter(job -> setup.getKey().equals(job.target())).toList())
                        .toList();
                if (own.stream().anyMatch(phase -> !phase.isEmpty())) {
                    run.targets.put(setup.getKey(),
                            OpenTarget.open(setup.getKey(), setup.getValue(), own));
                }
            }
            run.makeClones(phases);
            return run;
        } catch (IOException | RuntimeException | Error e) {
            try {
                run.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** One job against one target. */
    public static BenchRun open(TargetSetup setup, JobSpec job) throws IOException {
        JobSpec named = job.withTarget(setup.name());
        return open(List.of(named), Map.of(named.target(), setup));
    }

    private void makeClones(List<List<JobSpec>> jobs) {
        int group = -1;
        StopFlag ofGroup = stop;
        // As in fio, one job that says so speaks for all.
        boolean exitAll = jobs.stream().flatMap(List::stream)
                .anyMatch(job -> job.goals().endsGroup());
        for (List<JobSpec> phase : jobs) {
            List<Clone> clones = new ArrayList<>();
            Map<OpenTarget, Integer> queues = new LinkedHashMap<>();
            for (JobSpec job : phase) {
                if (group < 0 || job.stonewall() || job.newGroup()) {
                    group++;
                    ofGroup = new StopFlag(stop);
                }
                GuestCpus.check(job);
                OpenTarget target = targets.get(job.target());
                if (job.goals().steady().kind() != null) {
                    // What is wrong with it is said before the load begins.
                    new SteadyCheck(job.goals().steady());
                }
                StopFlag own = new StopFlag(ofGroup);
                for (int number = 0; number < job.clones(); number++) {
                    int queue = queues.merge(target, 1, Integer::sum) - 1;
                    clones.add(new Clone(job, number, threadCount++, group, target, queue, own,
                            exitAll));
                }
            }
            phases.add(clones);
        }
    }

    /**
     * Takes over what the disks have gained on the host, while the load runs. The load keeps to the
     * region that it began with.
     *
     * @return the capacity in bytes that the guests see now, or 0 if none grew
     * @throws ImageException if one shrank or cannot be looked at
     */
    public long followSize() throws ImageException {
        long capacityBytes = 0;
        for (OpenTarget target : targets.values()) {
            capacityBytes = Math.max(capacityBytes, target.guest.followSize());
        }
        return capacityBytes;
    }

    /**
     * Lets the report of the next run say why its slowest requests were slow. It costs a recording
     * of what the JVM does and a little of each request's time.
     *
     * @throws IOException if the host does not tell, in words for an operator
     */
    public void explainTail() throws IOException {
        if (phases.size() > 1) {
            throw new IllegalArgumentException(
                    "explain-tail is about jobs that run together: leave out stonewall");
        }
        List<int[]> deviceThreads = new ArrayList<>();
        List<Integer> depths = new ArrayList<>();
        for (Clone clone : phases.get(0)) {
            deviceThreads.add(clone.target.guest.deviceThreads(clone.queue));
            depths.add(clone.spec.iodepth());
        }
        tail = new TailWatch(depths, deviceThreads);
    }

    /**
     * Lets the reports of the next runs say in which stages requests spend their time.
     *
     * @param interval one request of so many is looked at; 1 for each, which costs
     */
    public void traceRequests(int interval) {
        anatomy = new Anatomy(interval, phases.stream().mapToInt(List::size).sum());
    }

    /**
     * Notes requests over time from the next run on, for {@link JobReport#toHtml}.
     *
     * @param runs how many runs do so in this process
     */
    public void drawOverTime(int runs) {
        timelineColumns = LatencyTimeline.columnsFor(runs * JobTimeline.KINDS
                * phases.stream().mapToInt(List::size).sum());
    }

    /** Lets the next runs show their progress once in so many nanoseconds. */
    public void showEvery(long intervalNs) {
        progressNs = intervalNs;
    }

    /** Lets the next runs report what they have measured so far, once in so many nanoseconds. */
    public void reportEvery(long intervalNs, StatusListener listener) {
        status = new StatusReports(intervalNs, listener);
    }

    /** Asks the jobs to end after the requests in flight. Thread: any. */
    public void stop() {
        stop.request();
    }

    /**
     * Runs all jobs to their end, then reads back what was written where data is verified, and
     * flushes what was written.
     *
     * @param shown hears, once a second unless told otherwise, how far things are, on this thread
     */
    public JobReport run(Consumer<Progress> shown) throws IOException {
        return run(UnaryOperator.identity(), shown);
    }

    /**
     * Runs all jobs as {@link #run(Consumer)} does, each a little differently.
     *
     * @param as the job that a job is to be this time, such as a shorter one
     */
    public JobReport run(UnaryOperator<JobSpec> as, Consumer<Progress> shown) throws IOException {
        ZonedDateTime started = ZonedDateTime.now();
        beganNs = System.nanoTime();
        shownNs = beganNs;
        progress = Progress.START;
        targets.values().forEach(target -> target.guest.beginReport());
        if (tail != null) {
            tail.begin();
        }
        if (status != null) {
            status.begin(started, beganNs);
        }
        List<String> troubles = new ArrayList<>();
        try {
            for (List<Clone> phase : phases) {
                for (Clone clone : phase) {
                    clone.renew(as.apply(clone.spec), timelineColumns);
                }
            }
            TailReport explained = runPhases(shown, troubles);
            phases.forEach(phase -> phase.forEach(
                    clone -> troubles.addAll(clone.closeLogs())));
            return report(started, explained, troubles);
        } finally {
            phases.forEach(phase -> phase.forEach(Clone::closeLogs));
        }
    }

    /** Runs them one after another; returns why the slowest requests were slow, if asked for. */
    private TailReport runPhases(Consumer<Progress> shown, List<String> troubles)
            throws IOException {
        TailReport explained = null;
        for (List<Clone> phase : phases) {
            startThreads(phase);
            try {
                int firstWriter = writers;
                writers += phase.size();
                inThreads(phase, clone -> clone.begin(firstWriter + phase.indexOf(clone)), shown);
                watchSteady(phase);
                inThreads(phase, Clone::run, shown);
                targets.values().forEach(OpenTarget::takeReport);
                if (anatomy != null) {
                    phase.forEach(anatomy::end);
                }
                explained = explainedTail(phase);
                List<Clone> readers = phase.stream().filter(Clone::readsBack).toList();
                inThreads(readers, clone -> clone.readBack(readers), shown);
                flush(phase, troubles);
                inThreads(phase, Clone::leave, p -> { });
            } finally {
                threads.forEach(JobThread::close);
                threads = List.of();
            }
            if (stop.isRequested()) {
                break;
            }
        }
        return explained;
    }

    private JobReport report(ZonedDateTime started, TailReport explained,
            List<String> troubles) {
        List<JobResult> results = new ArrayList<>();
        for (List<Clone> phase : phases) {
            for (Clone clone : phase) {
                results.add(new JobResult(clone.generator().spec(), clone.group,
                        clone.generator().stats(), clone.target.report(), clone.steady()));
            }
        }
        JobReport report = new JobReport(started, results, explained, troubles);
        return stop.isRequested() ? report : report.ofWholeRun();
    }

    private void startThreads(List<Clone> phase) throws IOException {
        List<JobThread> started = new ArrayList<>();
        for (Clone clone : phase) {
            started.add(new JobThread("vblk-guest-" + started.size(), e -> {
                crash.compareAndSet(null, e);
                stop();
            }));
            clone.generator().explainTail(
                    tail == null ? null : tail.samples(started.size() - 1));
            if (anatomy != null) {
                anatomy.begin(clone);
            }
        }
        threads = started;
    }

    private void watchSteady(List<Clone> phase) {
        Map<StopFlag, List<Clone>> jobs = new LinkedHashMap<>();
        for (Clone clone : phase) {
            if (clone.spec.goals().steady().kind() != null) {
                jobs.computeIfAbsent(clone.stop(), flag -> new ArrayList<>()).add(clone);
            }
        }
        steady.clear();
        jobs.forEach((flag, clones) -> {
            SteadyWatch watch = new SteadyWatch(clones, flag, System.nanoTime());
            clones.forEach(clone -> clone.steadyBy(watch.check()));
            steady.add(watch);
        });
    }

    private TailReport explainedTail(List<Clone> phase) throws IOException {
        if (tail == null) {
            return null;
        }
        TailReport explained = tail.finish(JobStats.sum(
                phase.stream().map(clone -> clone.generator().stats()).toList()));
        endTail(phase);
        return explained;
    }

    private void endTail(List<Clone> phase) {
        phase.forEach(clone -> clone.generator().explainTail(null));
        tail.close();
        tail = null;
    }

    /** Makes everything written stable, through one queue of each target. */
    private void flush(List<Clone> phase, List<String> troubles) throws IOException {
        List<Clone> firsts = phase.stream()
                .filter(clone -> clone.queue == 0 && clone.target.isChanged()
                        && clone.target.guest.canFlush())
                .toList();
        Set<Clone> done = ConcurrentHashMap.newKeySet();
        inThreads(firsts, clone -> {
            if (clone.flush()) {
                done.add(clone);
            }
        }, p -> { });
        firsts.stream().filter(clone -> !done.contains(clone))
                .forEach(clone -> troubles.add("the final flush of " + clone.target.name
                        + " failed: what was written may not be on the disk"));
    }

    /** Does something for each clone on its thread, and waits for all. */
    private void inThreads(List<Clone> clones, Consumer<Clone> work, Consumer<Progress> shown)
            throws IOException {
        List<JobThread> busy = new ArrayList<>();
        try {
            for (Clone clone : clones) {
                JobThread thread = threads.get(indexOf(clone));
                busy.add(thread);
                thread.begin(() -> work.accept(clone));
            }
            for (JobThread thread : busy) {
                while (!thread.awaitIdle(LOOK_MS)) {
                    look(shown);
                }
            }
        } catch (InterruptedException e) {
            stop();
            threads.forEach(JobThread::close);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException | RuntimeException e) {
            // The jobs look at guest memory, which the caller is going to unmap.
            stop.abandon();
            threads.forEach(JobThread::close);
            throw e;
        }
        checkCrash(clones);
    }

    private int indexOf(Clone clone) {
        for (List<Clone> phase : phases) {
            int index = phase.indexOf(clone);
            if (index >= 0) {
                return index;
            }
        }
        throw new IllegalArgumentException("no clone of this run");
    }

    private void checkCrash(List<Clone> clones) throws IOException {
        Throwable cause = crash.get();
        if (cause == null) {
            return;
        }
        if (cause instanceof UncheckedIOException unchecked) {
            throw unchecked.getCause();
        }
        for (Clone clone : clones) {
            clone.target.guest.blame(cause);
        }
        if (cause instanceof IllegalArgumentException wrong) {
            throw wrong;
        }
        throw new IllegalStateException("a job ended unexpectedly", cause);
    }

    private void look(Consumer<Progress> shown) throws IOException {
        for (OpenTarget target : targets.values()) {
            target.guest.checkAlive();
        }
        if (tail != null) {
            tail.look();
        }
        long nowNs = System.nanoTime();
        steady.forEach(watch -> watch.look(nowNs));
        phases.forEach(phase -> phase.forEach(clone -> clone.lookAtLogs(nowNs)));
        if (status != null) {
            status.look(phases, nowNs);
        }
        if (nowNs - shownNs >= progressNs) {
            shownNs = nowNs;
            Progress.Totals totals = totals();
            double bytesPerNs = (double) totals.bytes() / Math.max(1, nowNs - beganNs);
            StringBuilder states = new StringBuilder();
            phases.forEach(phase -> phase.forEach(
                    clone -> states.append(clone.state(nowNs).letter())));
            progress = progress.next(nowNs - beganNs, totals, states.toString(),
                    CloneState.leftNs(phases, nowNs, bytesPerNs));
            shown.accept(progress);
        }
    }

    private Progress.Totals totals() {
        Progress.Totals totals = Progress.Totals.ZERO;
        for (List<Clone> phase : phases) {
            for (Clone clone : phase) {
                totals = totals.plus(clone.generator().stats());
            }
        }
        return totals;
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        try {
            if (tail != null) {
                tail.close();
            }
        } finally {
            for (OpenTarget target : targets.values()) {
                try {
                    target.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
