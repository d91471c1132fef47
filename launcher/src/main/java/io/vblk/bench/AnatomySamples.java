// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import io.vblk.virtioblk.PollState;
import io.vblk.virtioblk.RequestSampling;
import io.vblk.virtioblk.RequestTrace;
import java.util.ArrayList;
import java.util.List;

/**
 * The sampled requests of one job, each with the time that it spent in every stage. Thread: the
 * job's, except where it says control. Allocates nothing while the job runs.
 *
 * <p>When there are more than fit, a fair draw of them is kept.
 */
final class AnatomySamples {
    private static final int CAPACITY_ALL_JOBS = 64 << 10;
    private static final int SLICES_ALL_JOBS = 64 << 10;
    private static final int STAGES = AnatomyStage.WITH_DEVICE.size();
    private static final int SAMPLE_LONGS = STAGES + 1;

    private static final long NOT_TIMED = -2;

    private final RequestSampling sampling;
    /** Null if the device is in another process. */
    private RequestTrace trace;
    private final long[] record = new long[RequestTrace.FIELDS];
    private boolean openLoop;

    // Per slot.
    private boolean[] sampled = {};
    private long[] numbers = {};
    private long[] startNs = {};
    private long[] issuedNs = {};
    private long[] kickedNs = {};

    /** Slots that the next kick is for: those issued at the same moment. */
    private int[] together = {};
    private int togetherCount;
    private long issued;
    private long next;
    /** Nothing is to be done for requests before this one. */
    private long lookAt;

    private final long[] kept;
    private final int capacity;
    private long offered;
    private long lost;

    private final long[] sliceNs;
    private int slices;
    private long timedSlice;
    private long sliceEnd;
    private long sliceBeganNs;
    private boolean counts;

    /**
     * Makes room.
     *
     * @param jobs number of jobs that share the memory for this
     */
    AnatomySamples(RequestSampling sampling, int jobs) {
        this.sampling = sampling;
        this.capacity = CAPACITY_ALL_JOBS / jobs;
        this.kept = new long[capacity * SAMPLE_LONGS];
        this.sliceNs = new long[SLICES_ALL_JOBS / jobs];
    }

    /**
     * A run begins; what earlier ones have left stays. Thread: control.
     *
     * @param device what the device notes of the same requests, null if nobody here knows
     */
    void begin(RequestTrace device, JobSpec spec) {
        trace = device;
        openLoop |= spec.isOpenLoop();
        int depth = spec.iodepth();
        sampled = new boolean[depth];
        numbers = new long[depth];
        startNs = new long[depth];
        issuedNs = new long[depth];
        kickedNs = new long[depth];
        together = new int[depth];
        togetherCount = 0;
        issued = 0;
        next = 0;
        lookAt = 0;
        counts = false;
        timedSlice = NOT_TIMED;
        sliceEnd = 0;
    }

    // ------------------------------------------------------------------ the job

    /**
     * A request can be seen by the device. To be called for each of them, in their order.
     *
     * @param number see {@link RequestPort#number}
     * @param began when it started, or was to start
     */
    void issued(int slot, long number, long began, long nowNs) {
        long counted = number == RequestPort.UNNUMBERED ? issued++ : number;
        if (counted < lookAt) {
            sampled[slot] = false;
        } else {
            look(slot, counted, began, nowNs);
        }
    }

    /** For a few: apart, so that what is done for each request stays small. */
    private void look(int slot, long counted, long began, long nowNs) {
        if (counted >= sliceEnd) {
            turn(counted, nowNs);
        }
        sampled[slot] = counted >= next && isSampled(counted);
        lookAt = Math.min(next, sliceEnd);
        if (sampled[slot]) {
            numbers[slot] = counted;
            startNs[slot] = began;
            issuedNs[slot] = nowNs;
            kickedNs[slot] = 0;
            if (togetherCount > 0 && issuedNs[together[0]] != nowNs
                    || togetherCount == together.length) {
                togetherCount = 0;
            }
            together[togetherCount++] = slot;
        }
    }

    private boolean isSampled(long number) {
        boolean is = sampling.next(number) == number;
        next = sampling.next(number + 1);
        return is;
    }

    /** A slice is over: those with samples take longer than the blank ones. */
    private void turn(long number, long nowNs) {
        long slice = sampling.slice(number);
        if (slices < sliceNs.length) {
            if (slice == timedSlice + 1) {
                long ns = Math.max(1, nowNs - sliceBeganNs);
                sliceNs[slices++] = sampling.isBlank(timedSlice) ? -ns : ns;
            } else if (slices > 0) {
                sliceNs[slices++] = 0;
            }
        }
        timedSlice = counts ? slice : NOT_TIMED;
        sliceBeganNs = nowNs;
        sliceEnd = (slice + 1) * sampling.sliceRequests();
    }

    /** The guest kicked the device for what it issued last. */
    void kicked(long beganNs, long nowNs) {
        for (int i = 0; i < togetherCount; i++) {
            if (issuedNs[together[i]] == beganNs) {
                kickedNs[together[i]] = nowNs;
            }
        }
        togetherCount = 0;
    }

    /** The guest saw a completion that counts. */
    void seen(int slot, long nowNs) {
        if (sampled[slot]) {
            take(slot, nowNs);
        }
    }

    private void take(int slot, long nowNs) {
        counts = true;
        sampled[slot] = false;
        long place = offered < capacity
                ? offered : Long.remainderUnsigned(Mixing.scramble(offered), offered + 1);
        if (place >= capacity) {
            offered++;
            return;
        }
        if (trace != null && !trace.read(numbers[slot], record)) {
            lost++;
            return;
        }
        offered++;
        int at = (int) place * SAMPLE_LONGS;
        AnatomyStage.split(
                startNs[slot], issuedNs[slot], kickedNs[slot], nowNs,
                trace == null ? null : record, kept, at);
        if (trace != null) {
            kept[at + STAGES] = record[RequestTrace.INFO];
            if (record[RequestTrace.NOTICED] - issuedNs[slot] < 0) {
                // It came while the loop was at work on the queue, whatever had brought it there.
                kept[at + STAGES] = RequestTrace.withPollState(
                        record[RequestTrace.INFO], PollState.POLLED);
            }
        }
    }

    // ------------------------------------------------------------------ control, after the job

    /** Number of samples that are kept. */
    int count() {
        return (int) Math.min(offered, capacity);
    }

    /** Number of samples that there were. */
    long offered() {
        return offered;
    }

    /** Samples of which the device has no record, since others had overtaken them. */
    long lost() {
        return lost;
    }

    /** Nanoseconds of a sample in the stage of a number. */
    long stageNs(int sample, int stage) {
        return kept[sample * SAMPLE_LONGS + stage];
    }

    /** What the device has noted of a sample beside times, see {@link RequestTrace#INFO}. */
    long info(int sample) {
        return kept[sample * SAMPLE_LONGS + STAGES];
    }

    /** Number of slices that were timed, and of gaps between them. */
    int slices() {
        return slices;
    }

    /** How long a slice took: negative if it was one without samples, 0 for a gap. */
    long sliceNs(int slice) {
        return sliceNs[slice];
    }

    /** Which requests are sampled. */
    RequestSampling sampling() {
        return sampling;
    }

    /** Whether the device's stages are known. */
    boolean ofDevice() {
        return trace != null;
    }

    /** Whether the job was at a rate. */
    boolean isOpenLoop() {
        return openLoop;
    }

    /** Each of both once. */
    static List<AnatomySamples> union(List<AnatomySamples> some, List<AnatomySamples> others) {
        List<AnatomySamples> all = new ArrayList<>(some);
        for (AnatomySamples other : others) {
            if (!all.contains(other)) {
                all.add(other);
            }
        }
        return all;
    }
}
