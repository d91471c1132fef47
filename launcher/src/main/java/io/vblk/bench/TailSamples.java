// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.posix.ErrnoException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.HdrHistogram.Histogram;

/**
 * The slow requests of one job, each with what its guest could see of the reasons. Thread: the
 * job's, except where it says control. Allocates nothing while the job runs.
 *
 * <p>Slow is what is above the 99th percentile so far, so that the final 99.9th is above it nearly
 * always. When there are more than fit, a fair draw of them is kept, and the slowest.
 *
 * <p>What the kernel counts of the threads is read after slow requests have been timed, and at
 * least every ten milliseconds; what it then has counted since the reading before is set against
 * all slow requests that ended in between.
 */
final class TailSamples implements AutoCloseable {
    // Fields of a sample.
    static final int ISSUED = 0;
    static final int ENDED = 1;
    /** Longest that one thread it depended on waited for a processor, within its window. */
    static final int WAITED = 2;
    /** Processor time that the JIT compiler took, within its window. */
    static final int COMPILED = 7;
    /** Page faults of guest and event loop, within its window. */
    static final int FAULTS = 3;
    /** Time in it that the guest did not look at the ring, and had not given its processor up. */
    static final int HELD_UP = 4;
    /** Time in it between a kick and the first completion after that. */
    static final int WAKE_UP = 5;
    /** Time in it that the guest spent on reading counters. */
    static final int MEASURING = 6;
    static final int FIELDS = 8;

    private static final double SLOW_PERCENTILE = 99;
    /** Requests from one look at the percentile to the next: it takes some microseconds. */
    private static final long RANKED_EACH = 1 << 14;
    private static final int CAPACITY_ALL_JOBS = 64 << 10;
    /** Two looks at the ring are tens of nanoseconds apart. */
    private static final long HELD_UP_MIN_NS = 2_000;
    /** Between readings: they take 10 us, so 1 % of the time at most. */
    private static final long READ_GAP_NS = 1_000_000;
    private static final long READ_AT_LEAST_NS = 10_000_000;

    private final long[] kept;
    private final int capacity;
    private final int[] pending;
    private int pendingCount;
    private long offered;
    private long slowestNs = -1;

    private long thresholdNs;
    private long rankAt = 1_000;

    private final RecentSpans heldUp = new RecentSpans();
    private final RecentSpans wakeUps = new RecentSpans();
    private final RecentSpans readings = new RecentSpans();
    private long lookedNs;
    private long kickedNs;
    private boolean isKicked;

    private final ThreadFiles.Scratch scratch = new ThreadFiles.Scratch();
    /** Those of the guest, from its beginning on. */
    private ThreadFiles guest;
    /** Those of the device, if it is in this process; replaced by control. */
    private volatile ThreadFiles[] device = {};
    private volatile ThreadFiles[] compilers = {};
    private long readNs;
    long kicks;
    long turns;
    long faults;

    /**
     * Makes room.
     *
     * @param jobs number of jobs that share the memory for this
     */
    TailSamples(int iodepth, int jobs) throws ErrnoException {
        capacity = CAPACITY_ALL_JOBS / jobs;
        // The last place is the slowest request's.
        kept = new long[(capacity + 1) * FIELDS];
        pending = new int[Math.max(iodepth, 64)];
    }

    /** Reads a thread of the device, too. Thread: control. */
    void watch(ThreadFiles thread) {
        device = with(device, thread);
    }

    /** Reads a thread of the JIT compiler, too. Thread: control. */
    void watchCompiler(ThreadFiles thread) {
        compilers = with(compilers, thread);
    }

    private static ThreadFiles[] with(ThreadFiles[] before, ThreadFiles thread) {
        ThreadFiles[] after = Arrays.copyOf(before, before.length + 1);
        after[before.length] = thread;
        return after;
    }

    /** Number of threads that are read, beside the guest. Thread: control. */
    int watched() {
        return device.length + compilers.length;
    }

    /**
     * The job begins, on this thread.
     *
     * @throws UncheckedIOException if what the kernel counts of it cannot be read
     */
    void begin(long nowNs) {
        try {
            guest = ThreadFiles.ofCurrentThread();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lookedNs = nowNs;
        read(nowNs);
        kicks = 0;
        turns = 0;
        faults = 0;
    }

    /** The guest looked at the ring, or was busy with it. */
    void look(long nowNs) {
        if (nowNs - lookedNs >= HELD_UP_MIN_NS) {
            heldUp.add(lookedNs, nowNs);
        }
        lookedNs = nowNs;
    }

    /** The guest goes on after a call that may sleep. */
    void resume(long nowNs) {
        lookedNs = nowNs;
    }

    /** The guest sent a kick. */
    void kicked(long beganNs, long nowNs) {
        kicks++;
        if (!isKicked) {
            isKicked = true;
            kickedNs = beganNs;
        }
        lookedNs = nowNs;
    }

    /** Completions have come. */
    void reaped(long nowNs) {
        look(nowNs);
        if (isKicked) {
            isKicked = false;
            wakeUps.add(kickedNs, nowNs);
        }
    }

    /** A request is over. */
    void completed(long issuedNs, long endedNs) {
        long tookNs = endedNs - issuedNs;
        if (tookNs < thresholdNs) {
            return;
        }
        if (tookNs > slowestNs) {
            slowestNs = tookNs;
            note(capacity, issuedNs, endedNs);
        }
        long place = offered < capacity
                ? offered : Long.remainderUnsigned(Mixing.scramble(offered), offered + 1);
        offered++;
        if (place < capacity) {
            note((int) place, issuedNs, endedNs);
        }
    }

    private void note(int place, long issuedNs, long endedNs) {
        if (pendingCount == pending.length) {
            read(endedNs);
        }
        pending[pendingCount++] = place;
        int at = place * FIELDS;
        kept[at + ISSUED] = issuedNs;
        kept[at + ENDED] = endedNs;
        kept[at + HELD_UP] = heldUp.overlapNs(issuedNs, endedNs);
        kept[at + WAKE_UP] = wakeUps.overlapNs(issuedNs, endedNs);
        kept[at + MEASURING] = readings.overlapNs(issuedNs, endedNs);
        kept[at + WAITED] = 0;
        kept[at + FAULTS] = 0;
        kept[at + COMPILED] = 0;
    }

    /** The completions of a batch are timed: the time for what takes some. Returns the clock. */
    long settle(long nowNs, JobStats stats) {
        long idleNs = nowNs - readNs;
        if (idleNs >= READ_AT_LEAST_NS || pendingCount > 0 && idleNs >= READ_GAP_NS) {
            read(nowNs);
        }
        long ios = stats.ios();
        if (ios >= rankAt) {
            rankAt = ios + Math.min(ios, RANKED_EACH);
            thresholdNs = Math.min(slow(stats.read.clat),
                    Math.min(slow(stats.write.clat), slow(stats.trim.clat)));
        }
        long afterNs = System.nanoTime();
        lookedNs = afterNs;
        return afterNs;
    }

    private static long slow(Histogram clat) {
        return clat.getTotalCount() == 0
                ? Long.MAX_VALUE : clat.getValueAtPercentile(SLOW_PERCENTILE);
    }

    private void read(long nowNs) {
        guest.read(scratch);
        long waitedNs = guest.waitedNs;
        long faulted = guest.faults;
        turns += guest.turns;
        for (ThreadFiles thread : device) {
            thread.read(scratch);
            waitedNs = Math.max(waitedNs, thread.waitedNs);
            faulted += thread.faults;
            turns += thread.turns;
        }
        long compiledNs = 0;
        for (ThreadFiles thread : compilers) {
            thread.read(scratch);
            compiledNs += thread.ranNs;
        }
        faults += faulted;
        for (int i = 0; i < pendingCount; i++) {
            kept[pending[i] * FIELDS + WAITED] = waitedNs;
            kept[pending[i] * FIELDS + FAULTS] = faulted;
            kept[pending[i] * FIELDS + COMPILED] = compiledNs;
        }
        pendingCount = 0;
        readNs = System.nanoTime();
        readings.add(nowNs, readNs);
    }

    /** The job has ended. */
    void end() {
        read(System.nanoTime());
    }

    /** Number of samples. Thread: control, after the job. */
    int count() {
        return (int) Math.min(offered, capacity);
    }

    /** A field of a sample; the slowest is sample {@link #slowest}. */
    long get(int sample, int field) {
        return kept[sample * FIELDS + field];
    }

    /** The sample that is the slowest request; -1 if there was none. */
    int slowest() {
        return slowestNs < 0 ? -1 : capacity;
    }

    /** Closes everything. Thread: control, after the job. */
    @Override
    public void close() {
        for (ThreadFiles thread : device) {
            thread.close();
        }
        for (ThreadFiles thread : compilers) {
            thread.close();
        }
        device = new ThreadFiles[0];
        compilers = new ThreadFiles[0];
        if (guest != null) {
            guest.close();
            guest = null;
        }
        scratch.close();
    }
}
