// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.fio.Direction;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What a short run with one setting measured. What is not known is not a number. Thread: any.
 *
 * @param iops requests per second of all guests
 * @param p50Ns median latency: from submission, of an open loop from the time that a request was
 *     due
 * @param p99Ns the 99th percentile of it
 * @param cpuNs processor time of the device's threads for a request
 * @param cpuPercent processor time of the device's threads, in hundredths of one processor
 * @param pollHits polls that found work, for a request
 * @param pollSkips polls left out because they are in vain, for a request
 * @param kicks kicks for a request
 */
public record TuneSlice(double iops, double p50Ns, double p99Ns, double cpuNs, double cpuPercent,
        double pollHits, double pollSkips, double kicks) {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double PERCENT = 100;
    private static final List<Direction> KINDS =
            List.of(Direction.READ, Direction.WRITE, Direction.TRIM);

    /**
     * What a report comes to.
     *
     * @param report of one run
     * @param cpuNs processor time of the device's threads meanwhile, negative if it is not known
     * @param lengthNs how long the run took, with its ramp
     */
    public static TuneSlice of(JobReport report, long cpuNs, long lengthNs) {
        Histogram latency = DirectionStats.histogram();
        double iops = 0;
        double completed = 0;
        for (JobResult job : report.results()) {
            JobStats stats = job.stats();
            for (Direction kind : KINDS) {
                latency.add(job.spec().isOpenLoop() ? stats.of(kind).lat : stats.of(kind).clat);
            }
            iops += stats.ios() * NANOS_PER_SECOND / stats.elapsedNs;
            completed += stats.completed;
        }
        double cpu = cpuNs < 0 ? Double.NaN : cpuNs;
        double kicks = 0;
        double hits = 0;
        double skips = 0;
        boolean isOwn = true;
        for (TargetReport target : report.targets()) {
            kicks += target.kicks();
            isOwn &= target.own() != null;
            if (target.own() != null) {
                AioStats loops = target.own().loopTotal();
                hits += loops.pollHits();
                skips += loops.pollSkips();
            }
        }
        return new TuneSlice(iops, latency.getValueAtPercentile(50),
                latency.getValueAtPercentile(99), cpu / completed, PERCENT * cpu / lengthNs,
                isOwn ? hits / completed : Double.NaN,
                isOwn ? skips / completed : Double.NaN, kicks / completed);
    }
}
