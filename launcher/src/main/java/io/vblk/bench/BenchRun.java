// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.image.ImageException;
import io.vblk.virtioblk.VirtioBlkStats;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One run of a load against a device in this process. Thread: control, except where it says any.
 */
public final class BenchRun implements AutoCloseable {
    private static final long PROGRESS_MS = 1_000;

    private final DeviceSetup setup;
    private final InProcessGuest guest;
    private final JobSpec spec;
    private final VerifyMap verify;
    private final StopFlag stop = new StopFlag();
    private final List<LoadGenerator> jobs = new ArrayList<>();
    private final AtomicReference<Throwable> crash = new AtomicReference<>();

    private BenchRun(DeviceSetup setup, InProcessGuest guest, JobSpec spec, VerifyMap verify) {
        this.setup = setup;
        this.guest = guest;
        this.spec = spec;
        this.verify = verify;
    }

    /**
     * Opens the image and prepares the jobs.
     *
     * @throws IOException if the image or the host says no, in words for an operator
     * @throws IllegalArgumentException if the job does not fit the disk
     */
    public static BenchRun open(DeviceSetup setup, JobSpec spec) throws IOException {
        InProcessGuest guest = InProcessGuest.open(setup);
        VerifyMap verify = null;
        try {
            JobSpec fitted =
                    spec.onDisk(guest.limits().capacityBytes(), guest.limits().blockBytes());
            verify = spec.verify() ? VerifyMap.of(fitted, guest.image()) : null;
            BenchRun run = new BenchRun(setup, guest, fitted, verify);
            guest.plugIn(setup, fitted);
            for (int i = 0; i < fitted.numjobs(); i++) {
                run.jobs.add(new LoadGenerator(fitted, i, guest.driver(i), verify, run.stop));
            }
            return run;
        } catch (IOException | RuntimeException | Error e) {
            if (verify != null) {
                verify.close();
            }
            guest.close();
            throw e;
        }
    }

    /** The job as it fits the disk. */
    public JobSpec spec() {
        return spec;
    }

    /**
     * Takes over what the disk has gained on the host, while the load runs. The load keeps to the
     * region that it began with.
     *
     * @return the capacity in bytes that the guests see now, or 0 if it did not grow
     * @throws ImageException if it shrank or cannot be looked at
     */
    public long followSize() throws ImageException {
        return guest.followSize();
    }

    /** Asks the jobs to end after the requests in flight. Thread: any. */
    public void stop() {
        stop.request();
    }

    /**
     * Runs all jobs to their end, then reads back what was written if data is verified, and
     * flushes what was written.
     *
     * @param progress hears once a second how far things are, on this thread
     */
    public JobReport run(Consumer<Progress> progress) throws IOException {
        ZonedDateTime started = ZonedDateTime.now();
        List<LoopReport> loopsBefore = guest.loops();
        VirtioBlkStats deviceBefore = guest.deviceStats();
        inThreads(LoadGenerator::run, progress);
        List<LoopReport> loops = new ArrayList<>();
        for (LoopReport loop : guest.loops()) {
            loops.add(loop.since(loopsBefore.get(loop.iothread())));
        }
        VirtioBlkStats device = guest.deviceStats().since(deviceBefore);
        boolean flushed = true;
        if (spec.rw().writes()) {
            if (verify != null) {
                inThreads(LoadGenerator::readBack, p -> { });
            }
            flushed = guest.flush();
        }
        List<JobStats> stats = jobs.stream().map(LoadGenerator::stats).toList();
        return new JobReport(
                setup, guest.image(), spec, started, stats, loops, device,
                flushed);
    }

    private void inThreads(Consumer<LoadGenerator> work, Consumer<Progress> progress)
            throws IOException {
        long beganNs = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (LoadGenerator job : jobs) {
            Thread thread = new Thread(() -> work.accept(job), "vblk-guest-" + threads.size());
            thread.setUncaughtExceptionHandler((t, e) -> {
                crash.compareAndSet(null, e);
                stop();
            });
            thread.start();
            threads.add(thread);
        }
        try {
            long shownNs = beganNs;
            Progress last = Progress.START;
            for (Thread thread : threads) {
                while (thread.isAlive()) {
                    thread.join(PROGRESS_MS);
                    if (!guest.isAlive()) {
                        throw new IllegalStateException("the event loop has ended");
                    }
                    long nowNs = System.nanoTime();
                    if (nowNs - shownNs >= PROGRESS_MS * 900_000) {
                        last = last.next(nowNs - beganNs, sum(false), sum(true),
                                (int) threads.stream().filter(Thread::isAlive).count());
                        progress.accept(last);
                        shownNs = nowNs;
                    }
                }
            }
        } catch (InterruptedException e) {
            endJobs(threads);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (RuntimeException e) {
            if (guest.isAlive()) {
                endJobs(threads);
            }
            throw e;
        }
        if (crash.get() != null) {
            throw new IllegalStateException("a job ended unexpectedly", crash.get());
        }
    }

    /** The jobs look at guest memory, which the caller is going to unmap. */
    private void endJobs(List<Thread> threads) {
        stop();
        threads.forEach(BenchRun::joinUninterruptibly);
    }

    private static void joinUninterruptibly(Thread thread) {
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                // Interrupted already: the caller says so once all jobs have ended.
            }
        }
    }

    private Progress.Totals sum(boolean write) {
        Stream<DirectionStats> all = jobs.stream().map(job -> job.stats().of(write));
        return all.reduce(new Progress.Totals(0, 0),
                (total, stats) -> new Progress.Totals(
                        total.ios() + stats.ios, total.bytes() + stats.bytes),
                (a, b) -> new Progress.Totals(a.ios() + b.ios(), a.bytes() + b.bytes()));
    }

    @Override
    public void close() throws IOException {
        try {
            if (verify != null) {
                verify.close();
            }
        } finally {
            guest.close();
        }
    }
}
