// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * Latencies and rates of a job's reads or writes, all in nanoseconds. Thread: the job's; the
 * counters may be read by others as they are, the histograms only after the job has ended.
 */
final class DirectionStats {
    /** The kinds that have figures like these, in fio's order. */
    static final List<Direction> KINDS = List.of(Direction.READ, Direction.WRITE, Direction.TRIM);
    /** Longer latencies count as this: 100 seconds. */
    static final long LATENCY_MAX_NS = 100_000_000_000L;
    /** Between two samples of the rate, as fio has it: half a second. */
    static final long SAMPLE_NS = 500_000_000L;

    /** 256 classes for each power of two, as fine as fio's four times: 0.4 % wide. */
    private static final int SIGNIFICANT_DIGITS = 2;
    private static final double BYTES_PER_KIB = 1024;
    private static final double NANOS_PER_SECOND = 1e9;

    /** From the start of a request to its submission. */
    final Histogram slat = histogram();
    /** From submission to completion. */
    final Histogram clat = histogram();
    /** From start to completion. */
    final Histogram lat = histogram();
    /** KiB/s per sample interval. */
    RunningStats bandwidth = new RunningStats();
    /** Requests per second per sample interval. */
    RunningStats iops = new RunningStats();

    long ios;
    long bytes;
    /** Sum of all lat: may be read by others as it is. */
    long latSumNs;
    private long sampledIos;
    private long sampledBytes;
    private double lastIosRate;
    private double lastBytesRate;

    static Histogram histogram() {
        return new Histogram(1, LATENCY_MAX_NS, SIGNIFICANT_DIGITS);
    }

    void record(long startNs, long issueNs, long endNs, int lengthBytes) {
        record(slat, issueNs - startNs);
        record(clat, endNs - issueNs);
        record(lat, endNs - startNs);
        ios++;
        bytes += lengthBytes;
        latSumNs += endNs - startNs;
    }

    static void record(Histogram histogram, long ns) {
        histogram.recordValue(Math.max(0, Math.min(ns, LATENCY_MAX_NS)));
    }

    /** Takes a sample of the rate over the time since the last one. */
    void sample(long intervalNs) {
        double seconds = intervalNs / NANOS_PER_SECOND;
        lastBytesRate = (bytes - sampledBytes) / seconds;
        lastIosRate = (ios - sampledIos) / seconds;
        bandwidth.add(lastBytesRate / BYTES_PER_KIB);
        iops.add(lastIosRate);
        sampledIos = ios;
        sampledBytes = bytes;
    }

    /** Forgets what was measured. */
    void forget() {
        slat.reset();
        clat.reset();
        lat.reset();
        bandwidth = new RunningStats();
        iops = new RunningStats();
        ios = 0;
        bytes = 0;
        latSumNs = 0;
        sampledIos = 0;
        sampledBytes = 0;
    }

    /** Requests, or bytes, per second of the last sample. */
    double lastRate(boolean inBytes) {
        return inBytes ? lastBytesRate : lastIosRate;
    }

    /** Adds the figures of a job that ran beside this; both have ended. */
    void add(DirectionStats other) {
        addCounts(other);
        bandwidth.addBeside(other.bandwidth);
        iops.addBeside(other.iops);
    }

    /** Adds what the same job measured later. */
    void addLater(DirectionStats later) {
        addCounts(later);
        bandwidth.addLater(later.bandwidth);
        iops.addLater(later.iops);
    }

    private void addCounts(DirectionStats other) {
        slat.add(other.slat);
        clat.add(other.clat);
        lat.add(other.lat);
        ios += other.ios;
        bytes += other.bytes;
        latSumNs += other.latSumNs;
    }
}
