// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Map;

/** Makes a job of what its options left, and checks what they mean together. Thread: one. */
final class JobAssembly {
    private static final int BYTES_DEFAULT = 4096;
    private static final int KIND_READ = Direction.READ.ordinal();
    private static final int KIND_WRITE = Direction.WRITE.ordinal();
    private static final int KIND_TRIM = Direction.TRIM.ordinal();

    private final JobBuilder job;

    JobAssembly(JobBuilder job) {
        this.job = job;
    }

    JobSpec job(Map<String, String> written) {
        JobSpec spec = new JobSpec(job.name, written, target(), job.clones, job.stonewall,
                job.newGroup, access(), extent(), timing(), queueing(),
                new Syncs(job.fsyncEvery, job.fdatasyncEvery, job.endFsync, job.syncWrites),
                verify(), payload(), goals(), reporting(),
                new Attachment(job.ioengine, job.direct, job.device,
                        new Cpus(job.cpus, job.splitCpus)));
        checkLeast(spec.timing().rate(), spec.goals().least());
        return spec;
    }

    private Access access() {
        boolean uniform = job.distribution.equals(Distribution.UNIFORM);
        long seed = job.randSeed != null ? job.randSeed
                : job.repeatable ? Access.RANDSEED_DEFAULT : System.nanoTime();
        BlockSizes sizes =
                new BlockSizes(sizes(KIND_READ), sizes(KIND_WRITE), sizes(KIND_TRIM));
        return new Access(job.rw, job.rwMixRead, sizes, job.distribution,
                job.randomMap && uniform, seed, job.sequence, job.skipBytes, job.zeroesForTrims);
    }

    /** bssplit is stronger than bsrange, which is stronger than bs, in any order, as in fio. */
    private SizeSplit sizes(int kind) {
        if (job.splits[kind] != null) {
            return job.splits[kind];
        }
        if (job.ranges[kind] != null) {
            return job.ranges[kind];
        }
        return SizeSplit.of(job.sizes[kind] == null ? BYTES_DEFAULT : job.sizes[kind]);
    }

    private Extent extent() {
        return new Extent(job.offset, job.size.isNone() ? job.fileSize : job.size,
                job.offsetIncrement, job.ioSize, job.loops, job.numberIos);
    }

    private Timing timing() {
        ArrivalRate rate = rate(job.rateBytes, job.rateIops, "rate and rate_iops");
        return new Timing(job.runtimeNs, job.timeBased, job.rampNs, job.startDelayNs,
                new Timing.ThinkTime(job.thinkNs, Math.min(job.thinkSpinNs, job.thinkNs),
                        job.thinkBlocks), rate);
    }

    private ArrivalRate rate(Long[] bytes, Long[] requests, String names) {
        boolean inBytes = isSet(bytes);
        if (inBytes && isSet(requests)) {
            throw new JobSyntaxException(names + " exclude each other");
        }
        Long[] rates = inBytes ? bytes : requests;
        return new ArrivalRate(or0(rates[KIND_READ]), or0(rates[KIND_WRITE]),
                or0(rates[KIND_TRIM]), inBytes, job.process);
    }

    private static boolean isSet(Long[] values) {
        for (Long value : values) {
            if (value != null && value != 0) {
                return true;
            }
        }
        return false;
    }

    private static long or0(Long value) {
        return value == null ? 0 : value;
    }

    /** What is beyond iodepth is cut to it, as fio does. */
    private Queueing queueing() {
        int depth = job.depth;
        int submit = job.batchSubmit == 0 ? depth : Math.min(job.batchSubmit, depth);
        int low = job.depthLow == 0 ? depth : Math.min(job.depthLow, depth);
        int min = Math.min(job.batchCompleteMin, depth);
        int max = job.batchCompleteMax == 0 ? Integer.MAX_VALUE
                : Math.max(job.batchCompleteMax, Math.max(1, min));
        return new Queueing(depth, submit, min, max, low, job.waitMode, job.serializeOverlap);
    }

    private VerifySpec verify() {
        VerifySpec.Method method = job.verify != null ? job.verify
                : job.verifyPattern != null ? VerifySpec.Method.PATTERN_HDR
                : VerifySpec.Method.NONE;
        boolean needs = method == VerifySpec.Method.PATTERN
                || method == VerifySpec.Method.PATTERN_HDR;
        if (needs && job.verifyPattern == null) {
            throw new JobSyntaxException(
                    "verify=" + method.fioName() + " needs a verify_pattern");
        }
        if (job.verifyOnly && method == VerifySpec.Method.NONE) {
            throw new JobSyntaxException("verify_only needs a verify, such as verify=crc32c");
        }
        if (job.verifyOnly && job.timeBased) {
            throw new JobSyntaxException("verify_only goes through all that an equal job writes, "
                    + "and with time_based that has no end: leave out time_based");
        }
        return new VerifySpec(method, job.verifyPattern, job.verifyInterval, job.doVerify,
                job.verifyBacklog, job.verifyBacklogBatch, job.verifyFatal, job.verifyDump,
                job.verifyOnly, job.trimVerifyZero);
    }

    private Payload payload() {
        return new Payload(job.zeroBuffers, job.bufferPattern, job.compressPercent,
                job.compressChunk, job.refillBuffers, job.scrambleBuffers, job.dedupePercent);
    }

    private Goals goals() {
        if (job.latencyTargetNs > 0 && job.latencyWindowNs == 0) {
            throw new JobSyntaxException(
                    "latency_target needs a latency_window, such as latency_window=5s");
        }
        if (job.steadyKind == null && job.steadyNs > 0) {
            throw new JobSyntaxException("steadystate_duration needs a steadystate, such as "
                    + "steadystate=iops:5%");
        }
        if (job.steadyKind != null && job.steadyNs == 0) {
            throw new JobSyntaxException("steadystate needs a steadystate_duration");
        }
        if (job.steadyIntervalNs == 0 || job.steadyNs > 0 && job.steadyIntervalNs > job.steadyNs) {
            throw new JobSyntaxException("steadystate_check_interval must be above 0 and at most "
                    + "steadystate_duration");
        }
        ArrivalRate least =
                rate(job.leastBytes, job.leastIops, "rate_min and rate_iops_min");
        return new Goals(
                job.latencyTargetNs == 0 ? Goals.LatencyTarget.NONE
                        : new Goals.LatencyTarget(job.latencyTargetNs, job.latencyWindowNs,
                                job.latencyPercentile, job.latencyRun),
                job.steadyKind == null ? Goals.SteadyState.NONE
                        : new Goals.SteadyState(job.steadyKind, job.steadyLimit,
                                job.steadyIsPercent, job.steadyNs, job.steadyRampNs,
                                job.steadyIntervalNs),
                job.maxLatencyNs, least, job.exitAll, job.continueOnRead, job.continueOnWrite,
                job.continueOnVerify);
    }

    private Reporting reporting() {
        if (job.histLog != null && job.logHistMs == 0) {
            throw new JobSyntaxException("write_hist_log needs a log_hist_msec");
        }
        return new Reporting(job.group, job.percentiles, job.slatPercentiles,
                job.clatPercentiles, job.latPercentiles,
                new Logs(job.bwLog, job.latLog, job.iopsLog, job.histLog, job.hdrLog,
                        job.logAverageMs, job.logHistMs, job.logCoarseness, job.logOffset,
                        job.logUnixEpoch));
    }

    private String target() {
        return new TargetName(job).resolve();
    }

    private static void checkLeast(ArrivalRate rate, ArrivalRate least) {
        boolean alike = rate.inBytes() == least.inBytes();
        for (Direction kind : Direction.values()) {
            if (alike && rate.of(kind) > 0 && least.of(kind) > rate.of(kind)) {
                throw new JobSyntaxException("a least rate of " + least.of(kind)
                        + " is above the rate, " + rate.of(kind));
            }
        }
    }
}
