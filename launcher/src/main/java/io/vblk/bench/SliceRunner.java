// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.aio.NanoClock;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Timing;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;

/**
 * A load in short pieces, between which device and guests stay as they are: the guests' threads
 * sleep, and so do the event loops. Nothing is verified, and nothing flushed at the end. Thread:
 * control.
 */
public final class SliceRunner implements AutoCloseable {
    private static final long LOOK_MS = 100;

    private final OpenTarget target;
    private final JobSpec spec;
    private final StopFlag stop = new StopFlag();
    private final List<JobThread> threads = new ArrayList<>();
    private final RequestPort[] ports;
    private final AtomicReference<Throwable> crash = new AtomicReference<>();

    private SliceRunner(OpenTarget target, JobSpec spec) {
        this.target = target;
        this.spec = spec;
        this.ports = new RequestPort[spec.clones()];
    }

    /**
     * Opens the target and starts as many sleeping guests as the load has.
     *
     * @param guestCpus processors to run on, one per guest in turn; empty for any
     * @throws IOException if the image or the host says no, in words for an operator
     * @throws IllegalArgumentException if the load does not fit the disk
     */
    public static SliceRunner open(TargetSetup setup, JobSpec job, List<Integer> guestCpus)
            throws IOException {
        JobSpec named = job.withTarget(setup.name());
        GuestCpus.check(named);
        if (!guestCpus.isEmpty() && !named.attachment().cpus().allowed().isEmpty()) {
            throw new IllegalArgumentException(
                    "cpus_allowed and pin both say where guests run: leave one out");
        }
        SliceRunner runner = new SliceRunner(
                OpenTarget.open(setup.name(), setup, List.of(List.of(named))), named);
        try {
            for (int i = 0; i < named.clones(); i++) {
                runner.threads.add(new JobThread("vblk-guest-" + i, e -> {
                    runner.crash.compareAndSet(null, e);
                    runner.stop.request();
                }));
            }
            runner.inThreads(number -> runner.settle(number, guestCpus));
            return runner;
        } catch (IOException | RuntimeException | Error e) {
            runner.close();
            throw e;
        }
    }

    private void settle(int number, List<Integer> cpus) {
        try {
            if (cpus.isEmpty()) {
                GuestCpus.enter(spec, number);
            } else {
                Posix.runOnCpu(cpus.get(number % cpus.size()));
            }
            ports[number] = target.guest.port(number, spec.queueing().waitMode(),
                    spec.access().zeroesForTrims());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs the load for a time.
     *
     * @param lengthNs of the slice in nanoseconds
     * @param dropNs time at its start that does not count
     */
    public SliceResult run(long lengthNs, long dropNs) throws IOException {
        if (dropNs < 0 || lengthNs <= dropNs) {
            throw new IllegalArgumentException("a slice of " + lengthNs + " ns must be longer than"
                    + " the " + dropNs + " ns at its start that are left out");
        }
        Timing timing = spec.timing();
        return measure(spec.withTiming(new Timing(
                lengthNs - dropNs, true, dropNs, 0, timing.think(), timing.rate())));
    }

    /** Runs a number of requests of each guest, or as many as its region has. */
    public SliceResult runRequests(int count) throws IOException {
        if (count < 1) {
            throw new IllegalArgumentException("there must be at least one request: " + count);
        }
        Extent extent = spec.extent();
        Timing timing = spec.timing();
        return measure(new JobSpec(spec.name(), spec.options(), spec.target(), spec.clones(),
                spec.stonewall(), spec.newGroup(), spec.access(),
                new Extent(extent.offset(), extent.size(), extent.offsetIncrement(),
                        extent.ioSize(), extent.loops(), count),
                new Timing(0, false, 0, 0, timing.think(), timing.rate()), spec.queueing(),
                spec.syncs(), spec.verify(), spec.payload(), spec.goals(), spec.reporting(),
                spec.attachment()));
    }

    private SliceResult measure(JobSpec slice) throws IOException {
        List<LoadGenerator> jobs = new ArrayList<>();
        for (int i = 0; i < ports.length; i++) {
            LoadGenerator job = new LoadGenerator(
                    slice, i, target.regionOf(slice, i), stop, NanoClock.MONOTONIC);
            job.use(ports[i], null, i);
            jobs.add(job);
        }
        target.guest.beginReport();
        ProcessorTime before = ProcessorTime.now();
        inThreads(number -> jobs.get(number).run());
        long cpuNs = ProcessorTime.now().since(before);
        TargetReport report = target.guest.report();
        JobStats total = JobStats.sum(jobs.stream().map(LoadGenerator::stats).toList());
        Histogram latency = total.read.lat;
        latency.add(total.write.lat);
        latency.add(total.trim.lat);
        AioStats loops = report.own() == null ? null : report.own().loopTotal();
        return new SliceResult(latency, Math.max(1, total.elapsedNs), total.completed, cpuNs,
                loops == null ? 0 : loops.pollHits(), loops == null ? 0 : loops.waits(),
                report.kicks(), report.calls(), total.errorText);
    }

    /** Does something for each guest on its thread, and waits for all. */
    private void inThreads(IntConsumer work) throws IOException {
        try {
            for (int i = 0; i < threads.size(); i++) {
                int number = i;
                threads.get(i).begin(() -> work.accept(number));
            }
            for (JobThread thread : threads) {
                while (!thread.awaitIdle(LOOK_MS)) {
                    target.guest.checkAlive();
                }
            }
        } catch (InterruptedException e) {
            stop.abandon();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException | RuntimeException e) {
            stop.abandon();
            throw e;
        }
        Throwable cause = crash.get();
        if (cause instanceof UncheckedIOException unchecked) {
            throw unchecked.getCause();
        }
        if (cause instanceof IllegalArgumentException wrong) {
            throw wrong;
        }
        if (cause != null) {
            target.guest.blame(cause);
            throw new IllegalStateException("a guest ended unexpectedly", cause);
        }
    }

    /** Asks a slice under way to end, and all later ones to be empty. Thread: any. */
    public void stop() {
        stop.request();
    }

    @Override
    public void close() throws IOException {
        for (int i = 0; i < threads.size(); i++) {
            int number = i;
            if (ports[i] != null && !threads.get(i).isBusy()) {
                threads.get(i).begin(() -> target.guest.leave(number));
            }
        }
        threads.forEach(JobThread::close);
        target.close();
    }
}
