// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.image.ImageException;
import io.vblk.virtioblk.VirtioBlkDriver;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One run of a load against a device in this process or a back-end in another one. Thread:
 * control, except where it says any.
 */
public final class BenchRun implements AutoCloseable {
    private static final long PROGRESS_MS = 1_000;
    /** How often it is looked whether the device is still there. */
    private static final long LOOK_MS = 100;
    private static final long FLUSH_WAIT_NS = 100_000_000L;

    private final GuestTarget guest;
    private final JobSpec spec;
    private final VerifyMap verify;
    private final StopFlag stop = new StopFlag();
    private final List<LoadGenerator> jobs = new ArrayList<>();
    private final AtomicReference<Throwable> crash = new AtomicReference<>();
    private TailWatch tail;

    private BenchRun(GuestTarget guest, JobSpec spec, VerifyMap verify) {
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
        return prepare(InProcessGuest.open(setup), spec);
    }

    /**
     * Connects to a back-end and prepares the jobs.
     *
     * @throws IOException if the back-end or the host says no, in words for an operator
     * @throws IllegalArgumentException if the job does not fit the disk or what is offered
     */
    public static BenchRun open(VhostUserSetup setup, JobSpec spec) throws IOException {
        return prepare(VhostUserGuest.open(setup, spec.rw().writes()), spec);
    }

    private static BenchRun prepare(GuestTarget guest, JobSpec spec) throws IOException {
        VerifyMap verify = null;
        try {
            JobSpec fitted = spec.onDisk(guest.capacityBytes(), guest.blockBytes());
            verify = spec.verify() ? guest.verifyMap(fitted) : null;
            BenchRun run = new BenchRun(guest, fitted, verify);
            guest.plugIn(fitted);
            for (int i = 0; i < fitted.numjobs(); i++) {
                run.jobs.add(new LoadGenerator(fitted, i, guest.driver(i), verify, run.stop));
            }
            return run;
        } catch (IOException | RuntimeException | Error e) {
            try {
                if (verify != null) {
                    verify.close();
                }
                guest.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
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

    /**
     * Lets the report of the next run say why its slowest requests were slow. It costs a recording
     * of what the JVM does and a little of each request's time.
     *
     * @throws IOException if the host does not tell, in words for an operator
     */
    public void explainTail() throws IOException {
        List<int[]> deviceThreads = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            deviceThreads.add(guest.deviceThreads(i));
        }
        tail = new TailWatch(spec, deviceThreads);
        for (int i = 0; i < jobs.size(); i++) {
            jobs.get(i).explainTail(tail.samples(i));
        }
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
        guest.beginReport();
        if (tail != null) {
            tail.begin();
        }
        inThreads(LoadGenerator::run, progress);
        TargetReport target = guest.report();
        List<JobStats> stats = jobs.stream().map(LoadGenerator::stats).toList();
        TailReport explained = null;
        if (tail != null) {
            explained = tail.finish(JobStats.sum(stats));
            endTail();
        }
        boolean flushed = true;
        if (spec.rw().writes()) {
            if (verify != null) {
                inThreads(LoadGenerator::readBack, p -> { });
            }
            flushed = !guest.canFlush() || flush();
        }
        return new JobReport(target, spec, started, stats, flushed, explained);
    }

    private void endTail() {
        jobs.forEach(job -> job.explainTail(null));
        tail.close();
        tail = null;
    }

    /** Makes everything written stable, through the first queue; whether the device says so. */
    private boolean flush() throws IOException {
        VirtioBlkDriver driver = guest.driver(0);
        if (!driver.flush(0)) {
            return false;
        }
        driver.kick();
        while (driver.poll() == VirtioBlkDriver.NOTHING) {
            if (!guest.serves(0)) {
                return false;
            }
            driver.await(FLUSH_WAIT_NS);
        }
        return driver.status(0) == VirtioBlkDriver.STATUS_OK;
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
                    thread.join(LOOK_MS);
                    guest.checkAlive();
                    if (tail != null) {
                        tail.look();
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
            stop();
            joinAll(threads);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException | RuntimeException e) {
            stop.abandon();
            joinAll(threads);
            throw e;
        }
        if (crash.get() != null) {
            guest.blame(crash.get());
            throw new IllegalStateException("a job ended unexpectedly", crash.get());
        }
    }

    /** The jobs look at guest memory, which the caller is going to unmap. */
    private static void joinAll(List<Thread> threads) {
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
            if (tail != null) {
                endTail();
            }
            if (verify != null) {
                verify.close();
            }
        } finally {
            guest.close();
        }
    }
}
