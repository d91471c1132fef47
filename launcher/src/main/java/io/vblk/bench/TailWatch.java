// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.bench.TailCause.Background;
import io.vblk.bench.TailCause.Sample;
import io.vblk.posix.ErrnoException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.HdrHistogram.Histogram;

/**
 * Finds out while a load runs why its slowest requests are slow: asks the Flight Recorder and the
 * host, and puts together what the jobs have seen. Thread: control.
 */
final class TailWatch implements AutoCloseable {
    private static final String GUEST = "vblk-guest-";
    private static final String EVENT_LOOP = "vblk-iothread-";
    private static final String WORKER = "vblk-aio-";
    /** How the kernel's names of the compiler's threads begin: "C2 CompilerThre". */
    private static final Set<String> COMPILERS = Set.of("C1", "C2");
    private static final Path STAT = Path.of("/proc/stat");
    private static final File TASKS = new File("/proc/self/task");
    /** Of the line "cpu": user, nice, system, idle, iowait, irq, softirq, steal. */
    private static final int STEAL = 8;
    /** Most threads read after a slow request: each takes a microsecond. */
    private static final int THREADS_MAX = 16;

    private final List<TailSamples> jobs = new ArrayList<>();
    private final boolean ofDevice;
    private final TailRecording recording;
    private final Set<Integer> known = new HashSet<>();
    private final List<Intervals.Span> stolen = new ArrayList<>();
    private long beganNs;
    private long lookedNs;
    private long stealTicks;
    private long stealTicksAtStart;

    /**
     * Starts a recording.
     *
     * @param depths of each job, most requests in flight
     * @param deviceThreads of each job, the threads of this process that serve its queue
     */
    TailWatch(List<Integer> depths, List<int[]> deviceThreads) throws IOException {
        boolean device = false;
        ThreadFiles.ofCurrentThread().close(); // or there is no point in starting the load
        try {
            for (int i = 0; i < depths.size(); i++) {
                int[] threads = deviceThreads.get(i);
                TailSamples samples = new TailSamples(depths.get(i), depths.size());
                jobs.add(samples);
                for (int thread : threads) {
                    samples.watch(new ThreadFiles(thread, true));
                    device = true;
                }
            }
            recording = new TailRecording();
        } catch (IOException | RuntimeException | Error e) {
            jobs.forEach(TailSamples::close);
            throw e;
        }
        ofDevice = device;
    }

    /** Where a job notes its slow requests. */
    TailSamples samples(int job) {
        return jobs.get(job);
    }

    /** The load begins. */
    void begin() {
        // What starting the recorder left behind shall not be collected while it runs.
        System.gc();
        beganNs = System.nanoTime();
        lookedNs = beganNs;
        stealTicksAtStart = readSteal();
        stealTicks = stealTicksAtStart;
        watchNewThreads();
        recording.mark();
    }

    /** Looks at what changes slowly; to be called some times a second. */
    void look() {
        recording.mark();
        long nowNs = System.nanoTime();
        long ticks = readSteal();
        if (ticks > stealTicks) {
            stolen.add(new Intervals.Span(lookedNs, nowNs));
        }
        stealTicks = ticks;
        lookedNs = nowNs;
        watchNewThreads();
    }

    private static long readSteal() {
        try {
            String all = Files.readString(STAT);
            String[] fields = all.substring(0, all.indexOf('\n')).split(" +");
            return fields.length > STEAL ? Long.parseLong(fields[STEAL]) : 0;
        } catch (IOException e) {
            return 0; // a host without /proc/stat tells nothing
        }
    }

    /** Workers of the engine and compilers come and go; which worker had a request is not known. */
    private void watchNewThreads() {
        String[] threads = TASKS.list();
        for (String thread : threads == null ? new String[0] : threads) {
            int number = Integer.parseInt(thread);
            if (!known.contains(number)) {
                try {
                    watch(number, Files.readString(TASKS.toPath().resolve(thread + "/comm")));
                } catch (IOException e) {
                    continue; // it has ended in the meantime
                }
            }
        }
    }

    private void watch(int thread, String name) throws ErrnoException {
        boolean isCompiler = COMPILERS.contains(name.split("[ _]")[0]);
        if (!isCompiler && !(ofDevice && name.startsWith(WORKER))) {
            return;
        }
        for (TailSamples job : jobs) {
            if (job.watched() >= THREADS_MAX) {
                continue;
            }
            ThreadFiles files = new ThreadFiles(thread, false);
            if (isCompiler) {
                job.watchCompiler(files);
            } else {
                job.watch(files);
            }
            known.add(thread);
        }
    }

    /** Says why, after all jobs have ended. */
    TailReport finish(JobStats total) throws IOException {
        look();
        TailRecording.Found found = recording.finish(List.of(GUEST, EVENT_LOOP), beganNs);
        Background background = new Background(new Intervals(found.gc()),
                new Intervals(found.safepoints()), new Intervals(found.deoptimized()),
                new Intervals(stolen));
        Histogram clat = total.read.clat.copy();
        clat.add(total.write.clat);
        clat.add(total.trim.clat);
        return new Table(clat, background).report(found);
    }

    /** Counts the samples by cause. */
    private final class Table {
        private final Background background;
        private final long medianNs;
        private final long p999Ns;
        private final long p9999Ns;
        private final long above;
        private final long[] samples = new long[TailCause.values().length];
        private final long[] samples9999 = new long[samples.length];
        private final long[] longestNs = new long[samples.length];
        private long looked;
        private long looked9999;
        private TailReport.Slowest slowest;

        Table(Histogram clat, Background background) {
            this.background = background;
            medianNs = clat.getValueAtPercentile(50);
            p999Ns = clat.lowestEquivalentValue(clat.getValueAtPercentile(99.9));
            p9999Ns = clat.lowestEquivalentValue(clat.getValueAtPercentile(99.99));
            above = clat.getCountBetweenValues(p999Ns, clat.getMaxValue());
            for (TailSamples job : jobs) {
                for (int i = 0; i < job.count(); i++) {
                    count(sample(job, i));
                }
                if (job.slowest() >= 0) {
                    rank(sample(job, job.slowest()));
                }
            }
        }

        private Sample sample(TailSamples job, int i) {
            return new Sample(job.get(i, TailSamples.ISSUED), job.get(i, TailSamples.ENDED),
                    job.get(i, TailSamples.WAITED), job.get(i, TailSamples.COMPILED),
                    job.get(i, TailSamples.FAULTS), job.get(i, TailSamples.HELD_UP),
                    job.get(i, TailSamples.WAKE_UP), job.get(i, TailSamples.MEASURING));
        }

        private void count(Sample sample) {
            if (sample.tookNs() < p999Ns) {
                return;
            }
            int cause = TailCause.of(sample, background, medianNs).ordinal();
            looked++;
            samples[cause]++;
            if (sample.tookNs() >= p9999Ns) {
                looked9999++;
                samples9999[cause]++;
            }
            longestNs[cause] = Math.max(longestNs[cause], sample.tookNs());
        }

        private void rank(Sample sample) {
            if (slowest == null || sample.tookNs() > slowest.tookNs()) {
                slowest = new TailReport.Slowest(sample.tookNs(), sample.issuedNs() - beganNs,
                        TailCause.of(sample, background, medianNs));
            }
        }

        TailReport report(TailRecording.Found found) {
            Map<TailCause, Long> events = new EnumMap<>(TailCause.class);
            events.put(TailCause.GC, sinceBeginning(found.gc()));
            events.put(TailCause.SAFEPOINT, sinceBeginning(found.safepoints()));
            events.put(TailCause.JIT, sinceBeginning(found.compilations()));
            events.put(TailCause.SCHEDULER, jobs.stream().mapToLong(job -> job.turns).sum());
            events.put(TailCause.DEOPTIMISED, sinceBeginning(found.deoptimized()));
            events.put(TailCause.PAGE_FAULT, jobs.stream().mapToLong(job -> job.faults).sum());
            events.put(TailCause.HOST_STEAL, stealTicks - stealTicksAtStart);
            events.put(TailCause.WAKE_UP, jobs.stream().mapToLong(job -> job.kicks).sum());
            List<TailReport.Row> rows = new ArrayList<>();
            for (TailCause cause : TailCause.values()) {
                int i = cause.ordinal();
                rows.add(new TailReport.Row(cause, events.getOrDefault(cause, 0L),
                        what(cause, found), samples[i], samples9999[i], longestNs[i]));
            }
            return new TailReport(p999Ns, p9999Ns, above, looked, looked9999, rows, slowest,
                    ofDevice);
        }

        private long sinceBeginning(List<Intervals.Span> spans) {
            return spans.stream().filter(span -> span.toNs() - beganNs > 0).count();
        }

        private String what(TailCause cause, TailRecording.Found found) {
            return switch (cause) {
                case GC -> "pauses";
                case SAFEPOINT -> "stops " + found.operations();
                case JIT -> "compilations";
                case DEOPTIMISED -> "deoptimisations";
                case SCHEDULER -> "turns on a processor";
                case PAGE_FAULT -> "faults";
                case HOST_STEAL -> "hundredths of a second";
                case WAKE_UP -> "kicks";
                default -> "";
            };
        }
    }

    @Override
    public void close() {
        recording.close();
        jobs.forEach(TailSamples::close);
    }
}
