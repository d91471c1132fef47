// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;

/**
 * A load in short pieces, between which device and guests stay as they are: the guests' threads
 * sleep, and so do the event loops. Thread: control.
 */
public final class SliceRunner implements AutoCloseable {
    private static final long LOOK_MS = 100;
    private static final Runnable LEAVE = () -> { };

    private final GuestTarget guest;
    private final JobSpec spec;
    private final StopFlag stop = new StopFlag();
    private final List<GuestThread> threads = new ArrayList<>();

    private SliceRunner(GuestTarget guest, JobSpec spec) {
        this.guest = guest;
        this.spec = spec;
    }

    /**
     * Opens the image, starts the device and as many sleeping guests as the load has.
     *
     * @param guestCpus processors to run on, one per guest in turn; empty for any
     * @throws IOException if the image or the host says no, in words for an operator
     * @throws IllegalArgumentException if the load does not fit the disk
     */
    public static SliceRunner open(DeviceSetup setup, JobSpec spec, List<Integer> guestCpus)
            throws IOException {
        InProcessGuest guest = InProcessGuest.open(setup);
        SliceRunner runner = null;
        try {
            JobSpec fitted = spec.onDisk(guest.capacityBytes(), guest.blockBytes());
            guest.plugIn(fitted);
            runner = new SliceRunner(guest, fitted);
            for (int i = 0; i < fitted.numjobs(); i++) {
                runner.threads.add(new GuestThread(i,
                        guestCpus.isEmpty() ? -1 : guestCpus.get(i % guestCpus.size())));
            }
            for (GuestThread thread : runner.threads) {
                thread.awaitStart();
            }
            return runner;
        } catch (IOException | RuntimeException | Error e) {
            if (runner != null) {
                runner.close();
            } else {
                guest.close();
            }
            throw e;
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
        return drive(new JobSpec(spec.rw(), spec.rwMixRead(), spec.blockBytes(), spec.iodepth(),
                spec.numjobs(), lengthNs - dropNs, true, dropNs, spec.offset(), spec.sizeBytes(),
                spec.randSeed(), false, spec.waitMode(), spec.rate()));
    }

    /**
     * Runs a number of requests of each guest, in the first blocks of the region.
     *
     * @throws IllegalArgumentException if the region has fewer blocks
     */
    public SliceResult runRequests(int count) throws IOException {
        long bytes = (long) count * spec.blockBytes();
        if (count < 1 || bytes > spec.sizeBytes()) {
            throw new IllegalArgumentException(count + " requests are not 1 to " + spec.blocks()
                    + ", the blocks of the region");
        }
        return drive(new JobSpec(spec.rw(), spec.rwMixRead(), spec.blockBytes(), spec.iodepth(),
                spec.numjobs(), 0, false, 0, spec.offset(), bytes, spec.randSeed(), false,
                spec.waitMode(), spec.rate()));
    }

    private SliceResult drive(JobSpec slice) throws IOException {
        List<LoadGenerator> jobs = new ArrayList<>();
        for (int i = 0; i < threads.size(); i++) {
            jobs.add(new LoadGenerator(slice, i, guest.driver(i), null, stop));
        }
        guest.beginReport();
        ProcessorTime before = ProcessorTime.now();
        CountDownLatch running = new CountDownLatch(threads.size());
        AtomicReference<Throwable> crash = new AtomicReference<>();
        for (int i = 0; i < threads.size(); i++) {
            LoadGenerator job = jobs.get(i);
            threads.get(i).begin(() -> runJob(job, crash, running));
        }
        await(running);
        if (crash.get() != null) {
            guest.blame(crash.get());
            throw new IllegalStateException("a guest ended unexpectedly", crash.get());
        }
        long cpuNs = ProcessorTime.now().since(before);
        TargetReport target = guest.report();
        JobStats total = JobStats.sum(jobs.stream().map(LoadGenerator::stats).toList());
        Histogram latency = total.read.lat;
        latency.add(total.write.lat);
        AioStats loops = target.own().loopTotal();
        return new SliceResult(latency, total.elapsedNs, total.completed, cpuNs,
                loops.pollHits(), loops.waits(), target.kicks(), target.calls(),
                total.errorText == null ? null : total.errorText + " failed");
    }

    private void runJob(LoadGenerator job, AtomicReference<Throwable> crash, CountDownLatch ends) {
        try {
            job.run();
        } catch (Throwable t) {
            // Belongs to the control thread, which waits for the end of all guests.
            crash.compareAndSet(null, t);
            stop.request();
        } finally {
            ends.countDown();
        }
    }

    private void await(CountDownLatch running) throws IOException {
        try {
            while (!running.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                guest.checkAlive();
            }
        } catch (InterruptedException e) {
            stop.abandon();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException | RuntimeException e) {
            stop.abandon();
            throw e;
        }
    }

    /** Asks a slice under way to end, and all later ones to be empty. Thread: any. */
    public void stop() {
        stop.request();
    }

    @Override
    public void close() throws IOException {
        threads.forEach(GuestThread::end);
        guest.close();
    }

    /** A guest's thread: sleeps until there is a slice to run. */
    private static final class GuestThread {
        private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
        private final CountDownLatch started = new CountDownLatch(1);
        private final Thread thread;
        private final int cpu;
        private volatile ErrnoException refused;

        GuestThread(int number, int cpu) {
            this.cpu = cpu;
            this.thread = new Thread(this::run, "vblk-guest-" + number);
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            try {
                if (cpu >= 0) {
                    Posix.runOnCpu(cpu);
                }
            } catch (ErrnoException e) {
                refused = e;
            }
            started.countDown();
            try {
                for (Runnable next = work.take(); next != LEAVE; next = work.take()) {
                    next.run();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        void awaitStart() throws IOException {
            try {
                started.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            if (refused != null) {
                throw refused;
            }
        }

        void begin(Runnable slice) {
            work.add(slice);
        }

        /** Also when interrupted: the guest looks at memory that is unmapped next. */
        void end() {
            work.add(LEAVE);
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
