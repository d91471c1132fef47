// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vblk.aio.AioStats;
import io.vblk.aio.HandlerStats;
import io.vblk.aio.IoLimits;
import io.vblk.aio.PollingOptions;
import io.vblk.block.image.ImageSpec;
import io.vblk.fio.Direction;
import io.vblk.fio.Goals;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Reporting;
import io.vblk.virtioblk.VirtioBlkOptions;
import io.vblk.virtioblk.VirtioBlkStats;
import java.io.IOException;
import java.io.StringWriter;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.HdrHistogram.Histogram;

/** fio's JSON: names, nesting and number types are fio's, so that its consumers can read it. */
final class JsonReport {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT);
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final long NANOS_PER_US = 1_000;
    private static final double BYTES_PER_KIB = 1024;

    private final JobReport report;
    private final Map<String, String> globals;
    private final boolean bins;
    private final boolean oneLine;
    private JsonGenerator json;

    /**
     * A report to be written.
     *
     * @param globals options of [global]
     * @param bins whether latencies come with their bins: json+
     * @param oneLine whether it is to be a line of JSON Lines
     */
    JsonReport(JobReport report, Map<String, String> globals, boolean bins, boolean oneLine) {
        this.report = report;
        this.globals = globals;
        this.bins = bins;
        this.oneLine = oneLine;
    }

    String write() throws IOException {
        StringWriter text = new StringWriter();
        json = new JsonFactory().createGenerator(text);
        if (!oneLine) {
            json.useDefaultPrettyPrinter();
        }
        json.writeStartObject();
        json.writeStringField("fio version", "vblk-" + Version.TEXT);
        long startedMs = report.started().toInstant().toEpochMilli();
        json.writeNumberField("timestamp", startedMs / 1000);
        json.writeNumberField("timestamp_ms", startedMs);
        json.writeStringField("time", DATE.format(report.started()));
        if (!globals.isEmpty()) {
            writeStrings("global options", globals);
        }
        json.writeArrayFieldStart("jobs");
        for (JobResult job : report.rows()) {
            writeJob(job);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("disk_util");
        json.writeEndArray();
        json.writeEndObject();
        json.close();
        return text.toString();
    }

    private void writeJob(JobResult result) throws IOException {
        JobStats job = result.stats();
        json.writeStartObject();
        json.writeStringField("jobname", result.spec().name());
        json.writeNumberField("groupid", result.group());
        json.writeNumberField("error", JobReport.errorOf(result));
        json.writeNumberField("eta", 0);
        json.writeNumberField("elapsed", (long) Math.ceil(job.elapsedNs / NANOS_PER_SECOND));
        writeOptions(result);
        for (Direction direction : DirectionStats.KINDS) {
            writeDirection(direction, result);
        }
        json.writeObjectFieldStart("sync");
        json.writeNumberField("total_ios", job.sync.getTotalCount());
        Reporting reporting = result.spec().reporting();
        writeLatency("lat_ns", job.sync, reporting,
                reporting.clatPercentiles() || reporting.latPercentiles());
        json.writeEndObject();
        json.writeNumberField("job_runtime", job.elapsedNs / NANOS_PER_MS * job.jobs);
        number("usr_cpu", TextReport.cpuPercent(job.usage.userTicks(), job));
        number("sys_cpu", TextReport.cpuPercent(job.usage.systemTicks(), job));
        json.writeNumberField("ctx", job.usage.contextSwitches());
        json.writeNumberField("majf", job.usage.majorFaults());
        json.writeNumberField("minf", job.usage.minorFaults());
        writeDepths("iodepth_level", job.levels);
        writeDepths("iodepth_submit", job.submits);
        writeDepths("iodepth_complete", job.completes);
        LatencyClasses classes = LatencyClasses.of(job);
        writeClasses("latency_ns", FioFormat.LATENCY_NS, classes.ns());
        writeClasses("latency_us", FioFormat.LATENCY_US, classes.us());
        writeClasses("latency_ms", FioFormat.LATENCY_MS, classes.ms());
        Goals goals = result.spec().goals();
        if (goals.goesOnAfterErrors()) {
            json.writeNumberField("total_err", job.allErrors());
            json.writeNumberField("first_error", JobReport.errorOf(result));
        }
        Goals.LatencyTarget target = goals.latency();
        json.writeNumberField("latency_depth",
                job.latencyDepth == 0 ? result.spec().iodepth() : job.latencyDepth);
        // In fio's units, which are two.
        json.writeNumberField("latency_target", target.targetNs());
        number("latency_percentile", target.percentile());
        json.writeNumberField("latency_window", target.windowNs() / NANOS_PER_US);
        if (result.steady() != null) {
            writeSteady(result.steady());
        }
        String description = JobReport.descriptionOf(result.spec(), globals);
        if (!description.isEmpty()) {
            json.writeStringField("desc", description);
        }
        writeOwn(result);
        json.writeEndObject();
    }

    /** What was asked for, with what it means where nothing was said. */
    private void writeOptions(JobResult result) throws IOException {
        JobSpec spec = result.spec();
        Map<String, String> options = new LinkedHashMap<>();
        options.put("name", spec.name());
        options.put("filename", result.target().name());
        options.put("ioengine", "vblk");
        options.put("rw", spec.rw().fioName());
        options.put("bs", Integer.toString(spec.access().sizes().maxBytes(spec.rw())));
        options.put("iodepth", Integer.toString(spec.iodepth()));
        options.put("numjobs", Integer.toString(spec.clones()));
        options.put("randseed", Long.toString(spec.access().randSeed()));
        if (spec.rw().reads() && spec.rw().writes()) {
            options.put("rwmixread", Integer.toString(spec.access().rwMixRead()));
        }
        options.put("runtime", spec.timing().runtimeNs() / NANOS_PER_MS + "ms");
        options.put("ramp_time", spec.timing().rampNs() / NANOS_PER_MS + "ms");
        if (spec.isOpenLoop()) {
            options.put("rate_iops", spec.timing().rate().fioText());
            options.put("rate_process", spec.timing().rate().process().fioName());
        }
        // One that is only in [global] stands there, as in fio, unless a consumer looks here.
        globals.forEach(options::replace);
        options.putAll(spec.options());
        writeStrings("job options", options);
    }

    private void writeStrings(String name, Map<String, String> strings) throws IOException {
        json.writeObjectFieldStart(name);
        for (Map.Entry<String, String> option : strings.entrySet()) {
            json.writeStringField(option.getKey(), option.getValue());
        }
        json.writeEndObject();
    }

    private void writeSteady(SteadyCheck steady) throws IOException {
        json.writeObjectFieldStart("steadystate");
        json.writeStringField("ss", steady.fioText());
        json.writeNumberField("duration", (long) (steady.spec().durationNs() / NANOS_PER_SECOND));
        json.writeNumberField("attained", steady.attained() ? 1 : 0);
        json.writeStringField("criterion", String.format(Locale.ROOT, "%f%s", steady.criterion(),
                steady.spec().isPercent() ? "%" : ""));
        number("max_deviation", steady.maxDeviation());
        number("slope", steady.slope());
        json.writeObjectFieldStart("data");
        json.writeNumberField("bw_mean", (long) steady.bytesPerSecondMean());
        json.writeNumberField("iops_mean", (long) steady.iopsMean());
        writeSamples("iops", steady.count(), steady::iops);
        writeSamples("bw", steady.count(), steady::bytesPerSecond);
        if (steady.isLatency()) {
            json.writeNumberField("lat_mean", (long) steady.latencyNsMean());
            writeSamples("lat", steady.count(), steady::latencyNs);
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private void writeSamples(String name, int count, IntToDoubleFunction sample)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (int i = 0; i < count; i++) {
            json.writeNumber((long) sample.applyAsDouble(i));
        }
        json.writeEndArray();
    }

    private void writeDirection(Direction direction, JobResult result) throws IOException {
        JobStats job = result.stats();
        DirectionStats stats = job.of(direction);
        Reporting reporting = result.spec().reporting();
        String name = direction.name().toLowerCase(Locale.ROOT);
        double seconds = job.elapsedNs / NANOS_PER_SECOND;
        long rate = stats.ios == 0 ? 0 : (long) (stats.bytes / seconds);
        json.writeObjectFieldStart(name);
        json.writeNumberField("io_bytes", stats.bytes);
        json.writeNumberField("io_kbytes", (long) (stats.bytes / BYTES_PER_KIB));
        json.writeNumberField("bw_bytes", rate);
        json.writeNumberField("bw", (long) (rate / BYTES_PER_KIB));
        number("iops", stats.ios / seconds);
        json.writeNumberField("runtime", stats.ios == 0 ? 0 : job.elapsedNs / NANOS_PER_MS);
        json.writeNumberField("total_ios", stats.ios);
        json.writeNumberField("short_ios", 0);
        json.writeNumberField("drop_ios", 0);
        writeLatency("slat_ns", stats.slat, reporting, reporting.slatPercentiles());
        writeLatency("clat_ns", stats.clat, reporting, reporting.clatPercentiles());
        writeLatency("lat_ns", stats.lat, reporting,
                reporting.latPercentiles() || result.spec().isOpenLoop());
        RunningStats bw = stats.bandwidth;
        json.writeNumberField("bw_min", Math.round(bw.min()));
        json.writeNumberField("bw_max", Math.round(bw.max()));
        number("bw_agg", report.shareOfGroup(result, direction));
        number("bw_mean", bw.mean());
        number("bw_dev", bw.deviation());
        json.writeNumberField("bw_samples", bw.count());
        RunningStats iops = stats.iops;
        json.writeNumberField("iops_min", Math.round(iops.min()));
        json.writeNumberField("iops_max", Math.round(iops.max()));
        number("iops_mean", iops.mean());
        number("iops_stddev", iops.deviation());
        json.writeNumberField("iops_samples", iops.count());
        json.writeEndObject();
    }

    private void writeLatency(String name, Histogram histogram, Reporting reporting,
            boolean percentiles) throws IOException {
        long count = histogram.getTotalCount();
        json.writeObjectFieldStart(name);
        json.writeNumberField("min", count == 0 ? 0 : histogram.getMinValue());
        json.writeNumberField("max", histogram.getMaxValue());
        number("mean", histogram.getMean());
        number("stddev", histogram.getStdDeviation());
        json.writeNumberField("N", count);
        if (percentiles && count > 0) {
            json.writeObjectFieldStart("percentile");
            for (double percentile : reporting.percentiles()) {
                json.writeNumberField(String.format(Locale.ROOT, "%.6f", percentile),
                        histogram.getValueAtPercentile(percentile));
            }
            json.writeEndObject();
            if (bins) {
                writeBins(FioBins.of(histogram));
            }
        }
        json.writeEndObject();
    }

    private void writeBins(long[] counts) throws IOException {
        json.writeObjectFieldStart("bins");
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                json.writeNumberField(Long.toString(FioBins.valueNs(i)), counts[i]);
            }
        }
        json.writeEndObject();
    }

    private void writeDepths(String name, DepthCounts counts) throws IOException {
        json.writeObjectFieldStart(name);
        for (int i = 0; i < counts.classes(); i++) {
            number(counts.name(i), counts.percent(i));
        }
        json.writeEndObject();
    }

    private void writeClasses(String name, int[] limits, double[] percents) throws IOException {
        json.writeObjectFieldStart(name);
        for (int i = 0; i < percents.length; i++) {
            number(i < limits.length
                    ? Integer.toString(limits[i])
                    : ">=" + limits[limits.length - 1], percents[i]);
        }
        json.writeEndObject();
    }

    /** What fio has no place for. Loop, device and guests are those of the whole run. */
    private void writeOwn(JobResult result) throws IOException {
        JobStats job = result.stats();
        JobSpec spec = result.spec();
        TargetReport target = result.target();
        DeviceReport own = target.own();
        json.writeObjectFieldStart("vblk");
        boolean openLoop = spec.isOpenLoop();
        json.writeStringField("load", openLoop ? "open loop" : "closed loop");
        if (openLoop) {
            json.writeNumberField("backlog", job.backlog);
        }
        json.writeStringField("wait", spec.queueing().waitMode().name().toLowerCase(Locale.ROOT));
        json.writeNumberField("num_queues", target.queues());
        json.writeNumberField("queue_size", target.queueSize());
        json.writeNumberField("logical_block_size", target.blockBytes());
        if (own != null) {
            json.writeStringField("aio", target.engine());
            writeSetup(own);
        }
        if (target.ring() != null) {
            json.writeBooleanField("packed", target.ring().packed());
            json.writeBooleanField("indirect", target.ring().indirect());
            json.writeBooleanField("event_idx", target.ring().eventIdx());
            json.writeBooleanField("in_order", target.ring().inOrder());
        }
        json.writeNumberField("verified_blocks", job.verifiedBlocks);
        json.writeNumberField("verify_errors", job.verifyErrors);
        if (own == null && target.ring() != null) {
            json.writeObjectFieldStart("guest");
            json.writeNumberField("requests", report.completedBy(target));
            json.writeNumberField("kicks", target.kicks());
            json.writeNumberField("calls", target.calls());
            json.writeEndObject();
        } else if (own != null) {
            FilterJson.write(json, own.filters(), '_');
            writeDevice(own.stats());
            writeLoop(own);
        }
        if (report.tail() != null) {
            report.tail().writeTo(json);
        }
        AnatomyReport anatomy = AnatomyReport.of(job.anatomy);
        if (anatomy != null) {
            anatomy.writeTo(json);
        }
        json.writeEndObject();
    }

    private void writeSetup(DeviceReport own) throws IOException {
        VirtioBlkOptions device = own.setup().device();
        ImageSpec image = own.setup().image();
        json.writeStringField("cache", image.cache().toString());
        json.writeStringField("discard", image.keepsStorage() ? "ignore" : "unmap");
        json.writeStringField("detect_zeroes", image.detectZeroes().toString());
        json.writeBooleanField("fixed_buffers", image.fixedBuffers());
        json.writeStringField("serial", device.serial());
        json.writeNumberField("call_delay_ns", device.coalescing().delayNs());
        json.writeNumberField("call_batch_max", device.coalescing().completionsMax());
        json.writeNumberField("iothreads", own.loops().size());
        writeNumbers("iothread_vq_mapping", device.vqMapping());
    }

    private void writeDevice(VirtioBlkStats device) throws IOException {
        json.writeObjectFieldStart("device");
        json.writeNumberField("requests", device.requests());
        json.writeNumberField("errors", device.errors());
        json.writeNumberField("unsupported", device.unsupported());
        json.writeNumberField("malformed", device.malformed());
        json.writeNumberField("flushes", device.flushes());
        json.writeNumberField("batches", device.batches());
        json.writeNumberField("kicks", device.kicks());
        json.writeNumberField("calls", device.calls());
        json.writeNumberField("busy", device.busy());
        json.writeEndObject();
    }

    private void writeLoop(DeviceReport own) throws IOException {
        AioStats loop = own.loopTotal();
        json.writeObjectFieldStart("loop");
        writeParameters(own);
        json.writeNumberField("poll_ns", loop.pollTimeNs());
        json.writeNumberField("poll_peak_ns", loop.pollTimePeakNs());
        json.writeNumberField("iterations", loop.iterations());
        json.writeNumberField("poll_phases", loop.pollPhases());
        json.writeNumberField("poll_skips", loop.pollSkips());
        json.writeNumberField("poll_hits", loop.pollHits());
        json.writeNumberField("poll_vain_ns", loop.pollNs());
        json.writeNumberField("waits", loop.waits());
        json.writeNumberField("wait_ns", loop.waitNs());
        json.writeNumberField("wakeups_sent", loop.wakeupsSent());
        json.writeNumberField("wakeups_elided", loop.wakeupsElided());
        json.writeNumberField("bottom_halves", loop.bottomHalves());
        json.writeNumberField("idle_bottom_halves", loop.idleBottomHalves());
        json.writeNumberField("dispatches", loop.dispatches());
        json.writeNumberField("timers", loop.timers());
        json.writeArrayFieldStart("handlers");
        for (LoopReport one : own.loops()) {
            for (HandlerStats handler : one.handlers()) {
                writeHandler(one.iothread(), handler);
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void writeHandler(int iothread, HandlerStats handler) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", handler.name());
        json.writeNumberField("iothread", iothread);
        json.writeNumberField("fd", handler.fd());
        json.writeNumberField("poll_hits", handler.pollHits());
        json.writeNumberField("ready", handler.fdReadies());
        json.writeNumberField("poll_ns", handler.pollTimeNs());
        json.writeNumberField("poll_peak_ns", handler.pollTimePeakNs());
        json.writeEndObject();
    }

    private void writeParameters(DeviceReport own) throws IOException {
        PollingOptions polling = own.setup().loop().options().polling();
        json.writeStringField("fd_monitor", own.loops().get(0).monitor().toString());
        json.writeStringField("poll_policy", polling.policy().toString());
        json.writeNumberField("poll_max_ns", polling.pollMaxNs());
        json.writeNumberField("poll_grow", polling.pollGrow());
        json.writeNumberField("poll_shrink", polling.pollShrink());
        json.writeNumberField("poll_weight", polling.pollWeight());
        IoLimits limits = own.setup().loop().options().ioLimits();
        json.writeNumberField("aio_max_batch", limits.aioMaxBatch());
        json.writeNumberField("thread_pool_min", limits.threadPoolMin());
        json.writeNumberField("thread_pool_max", limits.threadPoolMax());
        writeNumbers("iothread_cpus", own.setup().loop().cpus());
    }

    private void writeNumbers(String name, List<Integer> numbers) throws IOException {
        json.writeArrayFieldStart(name);
        for (int number : numbers) {
            json.writeNumber(number);
        }
        json.writeEndArray();
    }

    /** A number with fio's six decimals. */
    private void number(String name, double value) throws IOException {
        json.writeFieldName(name);
        json.writeNumber(String.format(Locale.ROOT, "%.6f", value));
    }
}
