// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static io.vblk.fio.FioOption.Kind.BOOL;
import static io.vblk.fio.FioOption.Kind.FLAG;
import static io.vblk.fio.FioOption.Kind.LIST;
import static io.vblk.fio.FioOption.Kind.NUMBER;
import static io.vblk.fio.FioOption.Kind.OPTIONAL;
import static io.vblk.fio.FioOption.Kind.TEXT;
import static io.vblk.fio.FioOption.of;

import java.util.BitSet;
import java.util.List;

/** Options about jobs: their target, their number, their queues, their reports. Thread: any. */
final class JobOptions {
    static final List<FioOption> TARGET_ROWS = List.of(
            of("name", TEXT, "the section", "name of the job; on a command line each begins a job",
                    (job, v) -> job.name = v.text()),
            of("description", TEXT, "", "a text that is shown with the results",
                    (job, v) -> { }),
            of("ioengine", TEXT, "vblk", "who does the work: vblk (a device in this process), "
                    + "vhost-user or libblkio (one in another), io_uring, libaio, posixaio, psync, "
                    + "sync, vsync, pvsync or pvsync2 (straight on the file), null",
                    (job, v) -> job.ioengine = Engines.parse(v.text())),
            of("filename", TEXT, "that of the command line", "the target: an image, or the socket "
                    + "or file that the engine needs; one for a job",
                    (job, v) -> job.filename = v.text()),
            of("directory", TEXT, "", "where a filename that does not begin with / is",
                    (job, v) -> job.directory = v.text()),
            of("direct", BOOL, "", "past the host's page cache: cache=none for an image",
                    (job, v) -> job.direct = v.bool()),
            of("buffered", BOOL, "", "the opposite of direct",
                    (job, v) -> job.direct = !v.bool()),
            of("libblkio_driver", TEXT, "", "of ioengine=libblkio: virtio-blk-vhost-user or "
                    + "io_uring", (job, v) -> job.blkioDriver = v.text()),
            of("libblkio_path", TEXT, "", "its socket or file",
                    (job, v) -> job.blkioPath = v.text()),
            of("kb_base", NUMBER, "1024", "what k is, 1024 or 1000; kib is the other",
                    JobOptions::setKbBase));

    static final List<FioOption> JOB_ROWS = List.of(
            of("numjobs", NUMBER, "1", "clones of the job, each with a queue of its own",
                    (job, v) -> job.clones = v.integer(1, JobSpec.CLONES_MAX)),
            of("stonewall wait_for_previous", FLAG, "0", "start when all jobs before have ended",
                    (job, v) -> job.stonewall = v.bool()),
            of("new_group", FLAG, "0", "a new group of reports starts with this job",
                    (job, v) -> job.newGroup = v.bool()),
            of("exitall", FLAG, "0", "the first clone of a group to end ends the group",
                    (job, v) -> job.exitAll = v.bool()),
            of("cpus_allowed", TEXT, "all", "processors of the guests' threads, such as 0-3,6",
                    (job, v) -> job.cpus = v.cpus()),
            of("cpumask", NUMBER, "", "the same as a number, a bit for each",
                    (job, v) -> job.cpus = BitSet.valueOf(
                            new long[] {v.number(1, Long.MAX_VALUE)})),
            of("cpus_allowed_policy", TEXT, "shared", "shared: each clone may use all of them; "
                    + "split: each clone of the run has one, in turn",
                    (job, v) -> job.splitCpus = switch (v.text()) {
                        case "shared" -> false;
                        case "split" -> true;
                        default -> throw v.wrong("is none of shared, split");
                    }),
            of("group_reporting", FLAG, "0", "report a group as one",
                    (job, v) -> job.group = v.bool()),
            of("iodepth", NUMBER, "1", "most requests in flight of a clone",
                    (job, v) -> job.depth = v.integer(1)),
            of("iodepth_batch iodepth_batch_submit", NUMBER, "1", "requests that are shown to the "
                    + "device at once, 0 for iodepth",
                    (job, v) -> job.batchSubmit = v.integer(0)),
            of("iodepth_batch_complete_min iodepth_batch_complete", NUMBER, "1", "completions to "
                    + "wait for, 0 to look without a wait",
                    (job, v) -> job.batchCompleteMin = v.integer(0)),
            of("iodepth_batch_complete_max", NUMBER, "no limit", "most completions taken at once",
                    (job, v) -> job.batchCompleteMax = v.integer(0)),
            of("iodepth_low", NUMBER, "iodepth", "how far a full queue drains before it is filled "
                    + "again", (job, v) -> job.depthLow = v.integer(0)),
            of("serialize_overlap", BOOL, "0", "no two requests in flight overlap",
                    (job, v) -> job.serializeOverlap = v.bool()),
            of("wait", TEXT, "poll", "how a guest waits for completions: poll or event",
                    (job, v) -> job.waitMode = switch (v.text()) {
                        case "poll" -> WaitMode.POLL;
                        case "event" -> WaitMode.EVENT;
                        default -> throw v.wrong("is none of poll, event");
                    }),
            of("libblkio_wait_mode wait_mode", TEXT, "", "the same in libblkio's words: loop is "
                    + "poll; block and eventfd are event",
                    (job, v) -> job.waitMode = switch (v.text()) {
                        case "loop" -> WaitMode.POLL;
                        case "block", "eventfd" -> WaitMode.EVENT;
                        default -> throw v.wrong("is none of block, eventfd, loop");
                    }));

    static final List<FioOption> REPORT_ROWS = List.of(
            of("percentile_list", LIST, "fio's 17", "percentiles that are shown, up to 20",
                    (job, v) -> job.percentiles = v.reals(0, 100).stream().sorted().toList()),
            of("clat_percentiles", BOOL, "1", "of completion latencies",
                    (job, v) -> job.clatPercentiles = v.bool()),
            of("lat_percentiles", BOOL, "0", "of total latencies",
                    (job, v) -> job.latPercentiles = v.bool()),
            of("slat_percentiles", BOOL, "0", "of submission latencies",
                    (job, v) -> job.slatPercentiles = v.bool()),
            of("write_bw_log", OPTIONAL, "", "prefix of bandwidth logs; the job's name without "
                    + "a value", (job, v) -> job.bwLog = job.logName(v)),
            of("write_lat_log", OPTIONAL, "", "prefix of latency logs",
                    (job, v) -> job.latLog = job.logName(v)),
            of("write_iops_log", OPTIONAL, "", "prefix of IOPS logs",
                    (job, v) -> job.iopsLog = job.logName(v)),
            of("write_hist_log", OPTIONAL, "", "prefix of histogram logs",
                    (job, v) -> job.histLog = job.logName(v)),
            of("write_hdr_log", OPTIONAL, "", "prefix of HdrHistogram interval logs; not in fio",
                    (job, v) -> job.hdrLog = job.logName(v)),
            of("log_avg_msec", NUMBER, "0", "window of a log entry in milliseconds, 0 for each "
                    + "request", (job, v) -> job.logAverageMs = v.integer(0)),
            of("log_hist_msec", NUMBER, "0", "window of a histogram in milliseconds",
                    (job, v) -> job.logHistMs = v.integer(0)),
            of("log_hist_coarseness", NUMBER, "0", "how often pairs of bins are merged, 0 to 6",
                    (job, v) -> job.logCoarseness = v.integer(0, 6)),
            of("log_offset", BOOL, "0", "log entries have the offset",
                    (job, v) -> job.logOffset = v.bool()),
            of("log_unix_epoch", BOOL, "0", "log entries have the time since 1970",
                    (job, v) -> job.logUnixEpoch = v.bool()));

    private JobOptions() {}

    private static void setKbBase(JobBuilder job, OptionValue v) {
        job.kbBase = switch (v.text()) {
            case "1000" -> 1000;
            case "1024" -> 1024;
            default -> throw v.wrong("is none of 1000, 1024");
        };
    }
}
