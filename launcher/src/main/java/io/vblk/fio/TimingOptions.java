// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static io.vblk.fio.FioOption.Kind.BOOL;
import static io.vblk.fio.FioOption.Kind.FLAG;
import static io.vblk.fio.FioOption.Kind.MICROSECONDS;
import static io.vblk.fio.FioOption.Kind.NUMBER;
import static io.vblk.fio.FioOption.Kind.REAL;
import static io.vblk.fio.FioOption.Kind.SECONDS;
import static io.vblk.fio.FioOption.Kind.TEXT;
import static io.vblk.fio.FioOption.Kind.TRIPLE;
import static io.vblk.fio.FioOption.of;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Options about when requests start, and what ends a job. Thread: any. */
final class TimingOptions {
    private static final long KIB = 1024;

    static final List<FioOption> ROWS = List.of(
            of("runtime timeout", SECONDS, "0", "longest run, 0 for no limit",
                    (job, v) -> job.runtimeNs = v.timeNs(Units.SECOND_NS)),
            of("time_based", FLAG, "0", "go on from the start of the region until the runtime is "
                    + "over", (job, v) -> job.timeBased = v.bool()),
            of("ramp_time", SECONDS, "0", "time at the start that does not count",
                    (job, v) -> job.rampNs = v.timeNs(Units.SECOND_NS)),
            of("startdelay", SECONDS, "0", "time before the start",
                    (job, v) -> job.startDelayNs = v.timeNs(Units.SECOND_NS)),
            of("thinktime", MICROSECONDS, "0", "pause after thinktime_blocks requests",
                    (job, v) -> job.thinkNs = v.timeNs(Units.MICROSECOND_NS)),
            of("thinktime_spin", MICROSECONDS, "0", "the part of the pause with a busy processor",
                    (job, v) -> job.thinkSpinNs = v.timeNs(Units.MICROSECOND_NS)),
            of("thinktime_blocks", NUMBER, "1", "requests between two pauses",
                    (job, v) -> job.thinkBlocks = v.integer(1)),
            of("rate", TRIPLE, "", "bytes per second and clone: an open loop, whose latencies "
                    + "count from the intended start",
                    (job, v) -> JobBuilder.fill(job.rateBytes, rates(v, true))),
            of("rate_iops", TRIPLE, "", "requests per second and clone: an open loop, as with "
                    + "rate", (job, v) -> JobBuilder.fill(job.rateIops, rates(v, false))),
            of("rate_process", TEXT, "linear", "how a rate spreads requests: linear or poisson",
                    (job, v) -> job.process = ArrivalRate.Process.parse(v.text())),
            of("rate_min ratemin", TRIPLE, "", "the job fails below so many bytes per second",
                    (job, v) -> JobBuilder.fill(job.leastBytes, rates(v, true))),
            of("rate_iops_min", TRIPLE, "", "the job fails below so many requests per second",
                    (job, v) -> JobBuilder.fill(job.leastIops, rates(v, false))),
            of("max_latency", MICROSECONDS, "", "a slower request is an error",
                    (job, v) -> job.maxLatencyNs = v.timeNs(Units.MICROSECOND_NS)),
            of("latency_target", MICROSECONDS, "", "look for the deepest queue within this "
                    + "latency", (job, v) -> job.latencyTargetNs = v.timeNs(Units.MICROSECOND_NS)),
            of("latency_window", MICROSECONDS, "", "how long each depth is tried",
                    (job, v) -> job.latencyWindowNs = v.timeNs(Units.MICROSECOND_NS)),
            of("latency_percentile", REAL, "100", "how many requests must be within it",
                    (job, v) -> job.latencyPercentile = v.real(0, 100)),
            of("latency_run", BOOL, "0", "go on at the depth that was found",
                    (job, v) -> job.latencyRun = v.bool()),
            of("steadystate ss", TEXT, "", "end when a figure has settled: iops, bw, lat, "
                    + "iops_slope, bw_slope or lat_slope, then :LIMIT or :LIMIT%",
                    TimingOptions::setSteadyState),
            of("steadystate_duration ss_dur", SECONDS, "0", "for how long it must have settled",
                    (job, v) -> job.steadyNs = v.timeNs(Units.SECOND_NS)),
            of("steadystate_ramp_time ss_ramp", SECONDS, "0", "time before the first look",
                    (job, v) -> job.steadyRampNs = v.timeNs(Units.SECOND_NS)),
            of("steadystate_check_interval ss_interval", SECONDS, "1", "time between two looks",
                    (job, v) -> job.steadyIntervalNs = v.timeNs(Units.SECOND_NS)),
            of("continue_on_error", TEXT, "none", "errors that only count: none, read, write, io, "
                    + "verify or all", TimingOptions::setContinue));

    private TimingOptions() {}

    private static List<Long> rates(OptionValue v, boolean bytes) {
        long most = bytes ? ArrivalRate.BYTES_PER_SECOND_MAX : ArrivalRate.PER_SECOND_MAX;
        return v.triple(word -> {
            long rate = Units.number(word, v.kbBase());
            if (rate < 0 || rate > most) {
                throw v.wrong("must be 0 to " + most);
            }
            return rate;
        });
    }

    private static void setSteadyState(JobBuilder job, OptionValue v) {
        int colon = v.text().indexOf(':');
        String figure = colon < 0 ? v.text() : v.text().substring(0, colon);
        job.steadyKind = Arrays.stream(Goals.SteadyState.Kind.values())
                .filter(kind -> kind.name().toLowerCase(Locale.ROOT).equals(figure))
                .findFirst()
                .orElseThrow(() -> v.wrong(
                        "is none of iops, bw, lat, iops_slope, bw_slope, lat_slope"));
        if (colon < 0) {
            throw v.wrong("needs a limit, such as " + figure + ":2%");
        }
        String limit = v.text().substring(colon + 1);
        job.steadyIsPercent = limit.endsWith("%");
        if (job.steadyIsPercent) {
            job.steadyLimit = Units.real(limit.substring(0, limit.length() - 1));
        } else {
            job.steadyLimit = switch (job.steadyKind) {
                case IOPS, IOPS_SLOPE -> Units.real(limit);
                case BW, BW_SLOPE -> (double) Units.number(limit, v.kbBase()) / KIB;
                case LAT, LAT_SLOPE -> Units.timeNs(limit, Units.MICROSECOND_NS);
            };
        }
        if (!(job.steadyLimit >= 0)) {
            throw v.wrong("the limit must not be negative");
        }
    }

    private static void setContinue(JobBuilder job, OptionValue v) {
        boolean all = v.text().equals("all") || v.text().equals("1");
        boolean io = all || v.text().equals("io");
        job.continueOnRead = io || v.text().equals("read");
        job.continueOnWrite = io || v.text().equals("write");
        job.continueOnVerify = all || v.text().equals("verify");
        boolean none = v.text().equals("none") || v.text().equals("0");
        if (!none && !job.continueOnRead && !job.continueOnWrite && !job.continueOnVerify) {
            throw v.wrong("is none of none, read, write, io, verify, all, 0, 1");
        }
    }
}
