// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoLimits;
import io.vblk.aio.NanoClock;
import io.vblk.aio.PollingOptions;
import io.vblk.aio.PollingPolicyKind;
import io.vblk.bench.JobSpec;
import io.vblk.bench.LoopSetup;
import io.vblk.bench.ReadWrite;
import io.vblk.bench.WaitMode;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.SizeParser;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Options that commands share, defined once and parsed into records. Thread: main. */
final class CommonOptions {
    private static final int BLOCK_BYTES_DEFAULT = 4096;
    private static final int RWMIX_DEFAULT = 50;
    private static final int RANDSEED_DEFAULT = 1;
    private static final String SERIAL = "vblk";
    private static final Pattern CPU_RANGE = Pattern.compile("(\\d{1,4})(?:-(\\d{1,4}))?");

    private CommonOptions() {}

    static Option value(String name, String argument, String text) {
        return Option.builder().longOpt(name).hasArg().argName(argument).desc(text).get();
    }

    static Option flag(String name, String text) {
        return Option.builder().longOpt(name).desc(text).get();
    }

    /** A flag that may be written with {@code =0} or {@code =1}, as fio's can. */
    static Option toggle(String name, String text) {
        return Option.builder().longOpt(name).hasArg().optionalArg(true).argName("0|1")
                .desc(text).get();
    }

    /** Gives toggles without a value the 1 that they mean, or they took the next word for it. */
    static String[] completeToggles(Options options, List<String> words) {
        return words.stream().map(word -> {
            Option option = word.startsWith("-") ? options.getOption(word) : null;
            return option != null && option.hasOptionalArg() ? word + "=1" : word;
        }).toArray(String[]::new);
    }

    static boolean isOn(CommandLine line, String name) throws UsageException {
        String value = text(line, name, "0");
        return switch (value) {
            case "0" -> false;
            case "1" -> true;
            default -> throw new UsageException(name + "=" + value + " is none of 0, 1");
        };
    }

    /** What an option was given, the last time if several times, as fio has it. */
    static String text(CommandLine line, String name, String fallback) {
        String[] values = line.getOptionValues(name);
        return values == null ? fallback : values[values.length - 1];
    }

    /** How the image is opened and the device is made. */
    static void addDevice(Options options) {
        options.addOption(value("format", "FORMAT",
                "raw, null or memory; default: raw for a file, refused if it looks like another"));
        options.addOption(flag("read-only", "offer the disk read-only"));
        options.addOption(value("aio", "ENGINE",
                "sync (in the event loop) or threads (worker threads); default: threads"));
        options.addOption(value("num-queues", "N",
                "virtqueues of the device; default: one per guest"));
        options.addOption(value("queue-size", "N",
                "descriptors of a virtqueue, a power of two up to 1024; default: 256, or what "
                        + "iodepth needs"));
        options.addOption(value("serial", "TEXT", "serial number, up to 20 characters"));
        options.addOption(value("poll-max-ns", "NS",
                "longest busy polling of the event loop, 0 for none; default: 32768"));
        options.addOption(value("poll-grow", "N",
                "factor by which polling time grows; default: 0, which is 2"));
        options.addOption(value("poll-shrink", "N",
                "divisor by which it shrinks; default: 0, which is to nothing at once (classic) "
                        + "or 2 (weighted)"));
        options.addOption(value("poll-weight", "N",
                "how slowly a queue's share follows, 0 to 63 (weighted); default: 3"));
        options.addOption(value("poll-policy", "POLICY",
                "classic (one time for the loop) or weighted (a share per queue); default: "
                        + PollingOptions.POLICY_DEFAULT));
        options.addOption(value("fd-monitor", "KIND",
                "how the event loop waits: auto, ppoll, epoll or io_uring; default: auto"));
        options.addOption(value("aio-max-batch", "N",
                "most requests handed to the host in one go, 0 for no limit; default: 32"));
        options.addOption(value("thread-pool-min", "N",
                "worker threads of aio=threads that stay when idle; default: 0"));
        options.addOption(value("thread-pool-max", "N",
                "most worker threads of aio=threads; default: 64"));
        options.addOption(value("iothread-cpus", "LIST",
                "processors for the event loops, such as 0,2-3: the first for the first loop"));
    }

    /** What the simulated guests do. */
    static void addWorkload(Options options) {
        options.addOption(value("rw", "MODE",
                "read, write, randread, randwrite, rw (readwrite) or randrw; default: read"));
        options.addOption(value("rwmixread", "PERCENT", "reads of a mixed load; default: 50"));
        options.addOption(value("bs", "SIZE", "size of a request, such as 4k; default: 4k"));
        options.addOption(value("iodepth", "N", "requests in flight per guest; default: 1"));
        options.addOption(value("runtime", "TIME", "longest run: seconds, or with us, ms, m, h"));
        options.addOption(value("size", "SIZE", "length of the region; default: all"));
        options.addOption(value("offset", "SIZE", "start of the region; default: 0"));
        options.addOption(value("randseed", "N",
                "seed of offsets, mixes and data; default: 1"));
        options.addOption(value("verify", "METHOD",
                "crc32c: compare reads with what was written or is in the image; or none"));
        options.addOption(value("wait", "MODE",
                "how a guest waits for completions: poll (bench does) or event (serve does)"));
        options.addOption(flag("allow-write",
                "let the load overwrite an image that is not one of vblk's own"));
    }

    static VirtioBlkOptions device(CommandLine line, JobSpec job) throws UsageException {
        int queues = integer(line, "num-queues", job.numjobs());
        if (queues < job.numjobs()) {
            throw new UsageException("num-queues=" + queues + " is too few: each of the "
                    + job.numjobs() + " guests has a queue of its own");
        }
        VirtioBlkOptions device = new VirtioBlkOptions(
                text(line, "serial", SERIAL), queues,
                integer(line, "queue-size", queueSizeFor(job.iodepth())));
        if (job.iodepth() > device.queueSize()) {
            throw new UsageException("iodepth=" + job.iodepth() + " does not fit a queue of "
                    + device.queueSize() + (line.hasOption("queue-size")
                            ? "" : ", the largest that there is"));
        }
        return device;
    }

    private static int queueSizeFor(int depth) {
        int size = VirtioBlkOptions.QUEUE_SIZE_DEFAULT;
        while (size < depth && size < VirtioBlkOptions.QUEUE_SIZE_MAX) {
            size *= 2;
        }
        return size;
    }

    private static PollingOptions polling(CommandLine line) throws UsageException {
        return new PollingOptions(
                number(line, "poll-max-ns", PollingOptions.POLL_MAX_NS_DEFAULT),
                number(line, "poll-grow", 0),
                number(line, "poll-shrink", 0),
                integer(line, "poll-weight", PollingOptions.POLL_WEIGHT_DEFAULT),
                PollingPolicyKind.of(text(
                        line, "poll-policy", PollingOptions.POLICY_DEFAULT.toString())));
    }

    /** The iothread that the options describe. */
    static LoopSetup loop(CommandLine line) throws UsageException {
        IoLimits limits = new IoLimits(
                integer(line, "aio-max-batch", IoLimits.AIO_MAX_BATCH_DEFAULT),
                integer(line, "thread-pool-min", IoLimits.DEFAULT.threadPoolMin()),
                integer(line, "thread-pool-max", IoLimits.THREAD_POOL_MAX_DEFAULT));
        FdMonitorKind monitor =
                FdMonitorKind.of(text(line, "fd-monitor", FdMonitorKind.AUTO.toString()));
        return new LoopSetup(
                new AioOptions(polling(line), monitor, AioOptions.EPOLL_THRESHOLD_DEFAULT,
                        NanoClock.MONOTONIC, NanoClock.REALTIME, limits),
                cpus(line));
    }

    /** The processors of a list such as 0,2-3, in its order. */
    private static List<Integer> cpus(CommandLine line) throws UsageException {
        String list = text(line, "iothread-cpus", "");
        List<Integer> cpus = new ArrayList<>();
        if (list.isEmpty() && !line.hasOption("iothread-cpus")) {
            return cpus;
        }
        for (String part : list.split(",", -1)) {
            Matcher range = CPU_RANGE.matcher(part);
            if (!range.matches()) {
                throw new UsageException(
                        "iothread-cpus=" + list + " is no list of processors such as 0,2-3");
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first) {
                throw new UsageException("iothread-cpus=" + list + " has a range backwards");
            }
            IntStream.rangeClosed(first, last).forEach(cpus::add);
        }
        return cpus;
    }

    static ImageFormat format(CommandLine line) {
        String name = text(line, "format", null);
        return name == null ? null : ImageFormat.of(name);
    }

    static IoEngineKind engine(CommandLine line) {
        return IoEngineKind.of(text(line, "aio", IoEngineKind.THREADS.toString()));
    }

    /**
     * The job that the workload options describe.
     *
     * @param jobs number of guests
     * @param timeBased whether to go on until the runtime is over, or for ever without one
     */
    static JobSpec job(CommandLine line, int jobs, boolean timeBased, WaitMode waitDefault)
            throws UsageException {
        long blockBytes = size(line, "bs", BLOCK_BYTES_DEFAULT);
        if (blockBytes > JobSpec.BLOCK_BYTES_MAX) {
            throw new UsageException("bs must be at most 64M: " + text(line, "bs", ""));
        }
        return new JobSpec(
                ReadWrite.parse(text(line, "rw", "read")),
                integer(line, "rwmixread", RWMIX_DEFAULT),
                (int) blockBytes,
                integer(line, "iodepth", 1),
                jobs,
                time(line, "runtime"),
                timeBased,
                time(line, "ramp_time"),
                size(line, "offset", 0),
                size(line, "size", 0),
                number(line, "randseed", RANDSEED_DEFAULT),
                verify(line),
                wait(line, waitDefault));
    }

    private static boolean verify(CommandLine line) throws UsageException {
        String method = text(line, "verify", "none");
        return switch (method) {
            case "none", "0" -> false;
            case "crc32c" -> true;
            default -> throw new UsageException(
                    "verify=" + method + " is none of crc32c, none");
        };
    }

    private static WaitMode wait(CommandLine line, WaitMode fallback) throws UsageException {
        String mode = text(line, "wait", fallback.name().toLowerCase(Locale.ROOT));
        return switch (mode) {
            case "poll" -> WaitMode.POLL;
            case "event" -> WaitMode.EVENT;
            default -> throw new UsageException("wait=" + mode + " is none of poll, event");
        };
    }

    static int integer(CommandLine line, String name, int fallback) throws UsageException {
        long value = number(line, name, fallback);
        if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
            throw new UsageException(name + "=" + value + " is too large");
        }
        return (int) value;
    }

    static long number(CommandLine line, String name, long fallback) throws UsageException {
        String text = text(line, name, null);
        if (text == null) {
            return fallback;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new UsageException(name + "=" + text + " is not a number");
        }
    }

    private static long size(CommandLine line, String name, long fallback)
            throws UsageException {
        String text = text(line, name, null);
        if (text == null) {
            return fallback;
        }
        try {
            return SizeParser.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + ": " + e.getMessage());
        }
    }

    private static long time(CommandLine line, String name) throws UsageException {
        try {
            return Durations.parseNs(text(line, name, "0"));
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + ": " + e.getMessage());
        }
    }
}
