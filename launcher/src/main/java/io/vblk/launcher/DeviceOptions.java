// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static io.vblk.launcher.CommonOptions.flag;
import static io.vblk.launcher.CommonOptions.integer;
import static io.vblk.launcher.CommonOptions.number;
import static io.vblk.launcher.CommonOptions.text;
import static io.vblk.launcher.CommonOptions.toggle;
import static io.vblk.launcher.CommonOptions.value;

import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoLimits;
import io.vblk.aio.NanoClock;
import io.vblk.aio.PollingOptions;
import io.vblk.aio.PollingPolicyKind;
import io.vblk.bench.DeviceSetup;
import io.vblk.bench.LoopSetup;
import io.vblk.bench.RingSetup;
import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.filter.DelaySpec;
import io.vblk.block.filter.DelayTime;
import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.Filters;
import io.vblk.block.image.DetectZeroes;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageSpec;
import io.vblk.fio.JobSpec;
import io.vblk.fio.QueueDemand;
import io.vblk.virtioblk.CallCoalescing;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** Options of the device and of the event loops that serve it. Thread: main. */
final class DeviceOptions {
    private static final String SERIAL = "vblk";
    private static final long NANOS_PER_US = 1_000;
    private static final Pattern DELAY = Pattern.compile("(\\d{1,8})(?:-(\\d{1,8}))?");
    private static final Pattern NUMBER_RANGE = Pattern.compile("(\\d{1,4})(?:-(\\d{1,4}))?");

    private DeviceOptions() {}

    /** How the image is opened, the device is made and its loops run. */
    static void addTo(Options options) {
        addDevice(options);
        addRing(options);
        addLoop(options);
    }

    private static void addDevice(Options options) {
        options.addOption(value("format", "FORMAT",
                "raw, null or memory; default: raw for a file, refused if it looks like another"));
        options.addOption(flag("read-only", "offer the disk read-only"));
        options.addOption(value("aio", "ENGINE",
                "how files are read and written: auto (io_uring where the host allows it, else "
                        + "threads), io_uring, threads (worker threads) or sync (in the event "
                        + "loop, which waits); default: auto"));
        options.addOption(toggle("fixed-buffers",
                "io_uring registers the guest's memory, which pins all of it; default: 0"));
        options.addOption(value("cache", "MODE",
                "writeback, none, writethrough, directsync or unsafe: page cache or O_DIRECT, and "
                        + "when writes are stable; default: " + CacheMode.WRITEBACK));
        options.addOption(value("discard", "MODE",
                "what discards of guests do: unmap (give storage back) or ignore (nothing, and "
                        + "zeroes keep their storage); default: unmap"));
        options.addOption(value("detect-zeroes", "MODE",
                "what becomes of writes whose data are zeroes: off (written), on (zeroed by the "
                        + "host) or unmap (storage given back); default: off"));
        options.addOption(value("logical-block-size", "BYTES",
                "block size that guests see, 512 or 4096 (4k); default: the image's own"));
        options.addOption(value("filter", "NAME[:KEY=VALUE[,...]]",
                "put a filter around the disk, several times for several, the first next to the "
                        + "guest: delay, error, rate, stats or verify; see docs/filters.md"));
        options.addOption(value("delay-us", "MIN[-MAX]",
                "a slow disk: each request waits so long, drawn at random; default: 0. The same "
                        + "as a delay filter after all others"));
        options.addOption(value("delay-seed", "N", "seed of these delays; default: 1"));
        options.addOption(value("num-queues", "N",
                "virtqueues of the device; default: one per simulated guest, 1 on a socket"));
        options.addOption(value("queue-size", "N",
                "descriptors of a virtqueue, a power of two up to 1024; default: 256, or what "
                        + "iodepth needs; on a socket the most that a guest may take, 1024"));
        options.addOption(value("seg-max", "N",
                "most data segments of a request, 1 to 254; default: "
                        + VirtioBlkOptions.SEG_MAX_DEFAULT));
        options.addOption(value("serial", "TEXT", "serial number, up to 20 characters"));
        options.addOption(value("call-delay-us", "US",
                "longest time that a call is held back for more completions; default: 0"));
        options.addOption(value("call-batch-max", "N",
                "most completions that a call held back waits for; default: "
                        + CallCoalescing.COMPLETIONS_MAX_DEFAULT));
    }

    /** What the simulated guests take of the rings' features. */
    private static void addRing(Options options) {
        options.addOption(toggle("packed",
                "guests use packed rings instead of split ones; default: 0"));
        options.addOption(toggle("indirect",
                "guests use indirect tables, one descriptor per request; default: 1"));
        options.addOption(toggle("event-idx",
                "guests use event indices to suppress notifications; default: 1"));
        options.addOption(toggle("in-order",
                "offer IN_ORDER, and guests take it; default: 0"));
    }

    private static void addLoop(Options options) {
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
                "worker threads that stay when idle, of aio=threads and for what io_uring leaves "
                        + "to them; default: 0"));
        options.addOption(value("thread-pool-max", "N",
                "most of these worker threads; default: 64"));
        options.addOption(value("iothreads", "N",
                "event loops that share the queues, each a thread; default: 1"));
        options.addOption(value("iothread-vq-mapping", "LIST",
                "the event loop of each queue, such as 0,0,1; default: in turn"));
        options.addOption(value("iothread-cpus", "LIST",
                "processors for the event loops, such as 0,2-3: the first for the first loop"));
    }

    /** All of them. */
    static Options all() {
        Options options = new Options();
        addTo(options);
        return options;
    }

    /** What the options describe, for guests with these jobs. */
    static DeviceSetup setup(CommandLine line, ImageSpec image, List<JobSpec> jobs)
            throws UsageException {
        RingSetup ring = ring(line, RingSetup.DEFAULT);
        LoopSetup loop = loop(line);
        VirtioBlkOptions device = device(line, QueueDemand.of(jobs), ring);
        checkHomes(device, loop);
        return new DeviceSetup(image, device, loop, ring);
    }

    /** The device that the options describe, for guests in other processes. */
    static VirtioBlkOptions served(CommandLine line) throws UsageException {
        VirtioBlkOptions device = new VirtioBlkOptions(text(line, "serial", SERIAL),
                integer(line, "num-queues", 1),
                integer(line, "queue-size", VirtioBlkOptions.QUEUE_SIZE_MAX), segMax(line),
                numbers(line, "iothread-vq-mapping"),
                CommonOptions.isOn(line, "in-order", false), coalescing(line),
                cache(line).writeCache());
        checkHomes(device, loop(line));
        return device;
    }

    private static void checkHomes(VirtioBlkOptions device, LoopSetup loop)
            throws UsageException {
        if (loop.count() > device.numQueues()) {
            throw new UsageException("iothreads=" + loop.count() + " is more than the queues, "
                    + device.numQueues() + ": see --num-queues");
        }
        for (int iothread : device.vqMapping()) {
            if (iothread >= loop.count()) {
                throw new UsageException("iothread-vq-mapping names iothread " + iothread
                        + ", there are 0 to " + (loop.count() - 1) + ": see --iothreads");
            }
        }
    }

    private static int segMax(CommandLine line) throws UsageException {
        return integer(line, "seg-max", VirtioBlkOptions.SEG_MAX_DEFAULT);
    }

    private static CallCoalescing coalescing(CommandLine line) throws UsageException {
        return new CallCoalescing(
                NANOS_PER_US * integer(line, "call-delay-us", 0),
                integer(line, "call-batch-max", CallCoalescing.COMPLETIONS_MAX_DEFAULT));
    }

    /** What the options say of the rings' features, and the rest of {@code others}. */
    static RingSetup ring(CommandLine line, RingSetup others) throws UsageException {
        return new RingSetup(
                CommonOptions.isOn(line, "packed", others.packed()),
                CommonOptions.isOn(line, "indirect", others.indirect()),
                CommonOptions.isOn(line, "event-idx", others.eventIdx()),
                CommonOptions.isOn(line, "in-order", others.inOrder()));
    }

    /** The options of a device in this process and its loops, not those of the guests' rings. */
    static Options ofOwnDevice() {
        Options options = new Options();
        addDevice(options);
        addLoop(options);
        return options;
    }

    private static VirtioBlkOptions device(CommandLine line, QueueDemand demand,
            RingSetup ring) throws UsageException {
        int queues = integer(line, "num-queues", demand.queues());
        if (queues < demand.queues()) {
            throw new UsageException("num-queues=" + queues + " is too few: each of the "
                    + demand.queues() + " guests has a queue of its own");
        }
        long descriptors = (long) demand.iodepth() * ring.descriptorsPerRequest();
        VirtioBlkOptions device = new VirtioBlkOptions(text(line, "serial", SERIAL), queues,
                integer(line, "queue-size", ring.queueSizeFor(demand.iodepth())), segMax(line),
                numbers(line, "iothread-vq-mapping"), ring.inOrder(), coalescing(line),
                cache(line).writeCache());
        if (descriptors > device.queueSize()) {
            throw new UsageException("iodepth=" + demand.iodepth() + " does not fit a queue of "
                    + device.queueSize() + (ring.indirect() ? "" : " without indirect tables")
                    + (line.hasOption("queue-size") ? "" : ", the largest that there is"));
        }
        return device;
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

    /** The event loops that the options describe. */
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
                numbers(line, "iothread-cpus"), integer(line, "iothreads", 1));
    }

    /** The numbers of a list such as 0,2-3, in its order. */
    private static List<Integer> numbers(CommandLine line, String name) throws UsageException {
        String list = text(line, name, "");
        List<Integer> numbers = new ArrayList<>();
        if (list.isEmpty() && !line.hasOption(name)) {
            return numbers;
        }
        for (String part : list.split(",", -1)) {
            Matcher range = NUMBER_RANGE.matcher(part);
            if (!range.matches()) {
                throw new UsageException(
                        name + "=" + list + " is no list of numbers such as 0,2-3");
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first) {
                throw new UsageException(name + "=" + list + " has a range backwards");
            }
            IntStream.rangeClosed(first, last).forEach(numbers::add);
        }
        return numbers;
    }

    /** What stands between guests and the image. */
    static Filters filters(CommandLine line) throws UsageException {
        String[] words = line.getOptionValues("filter");
        List<FilterSpec> stack = new ArrayList<>();
        if (words != null) {
            for (String word : words) {
                stack.add(FilterOption.parse(word));
            }
        }
        FilterSpec delay = delay(line);
        if (delay != null) {
            stack.add(delay);
        }
        return new Filters(stack, false);
    }

    /** The delay filter that delay-us stands for; null for none. */
    private static FilterSpec delay(CommandLine line) throws UsageException {
        String text = text(line, "delay-us", "0");
        Matcher delay = DELAY.matcher(text);
        if (!delay.matches()) {
            throw new UsageException(
                    "delay-us=" + text + " is no time or range of times such as 100-2000");
        }
        long seed = number(line, "delay-seed", FilterOption.SEED_DEFAULT);
        long minNs = NANOS_PER_US * Long.parseLong(delay.group(1));
        long maxNs = delay.group(2) == null
                ? minNs : NANOS_PER_US * Long.parseLong(delay.group(2));
        if (minNs > maxNs || maxNs > DelayTime.DELAY_NS_MAX) {
            throw new UsageException("delay-us must be 0 to "
                    + DelayTime.DELAY_NS_MAX / NANOS_PER_US + ", the smaller number first, not "
                    + text);
        }
        return maxNs == 0 ? null : DelaySpec.all("delay-us=" + text, minNs, maxNs, seed);
    }

    static ImageFormat format(CommandLine line) {
        String name = text(line, "format", null);
        return name == null ? null : ImageFormat.of(name);
    }

    static IoEngineKind engine(CommandLine line) {
        return IoEngineKind.of(text(line, "aio", IoEngineKind.AUTO.toString()));
    }

    static CacheMode cache(CommandLine line) {
        return CacheMode.of(text(line, "cache", CacheMode.WRITEBACK.toString()));
    }

    static int blockBytes(CommandLine line) throws UsageException {
        long bytes = CommonOptions.size(line, "logical-block-size", 0);
        if (line.hasOption("logical-block-size") && (bytes == 0 || bytes != (int) bytes)) {
            throw new UsageException("logical-block-size must be 512 or 4096, not " + bytes);
        }
        return (int) bytes;
    }

    /** The image with the answers to discards and to writes of zeroes that the options ask for. */
    static ImageSpec withStorage(CommandLine line, ImageSpec image) throws UsageException {
        DetectZeroes zeroes =
                DetectZeroes.of(text(line, "detect-zeroes", DetectZeroes.OFF.toString()));
        String discard = text(line, "discard", "unmap");
        boolean keeps = switch (discard) {
            case "unmap", "on" -> false;
            case "ignore", "off" -> true;
            default -> throw new UsageException(
                    "discard=" + discard + " is none of ignore, unmap");
        };
        return image.withStorage(keeps, zeroes);
    }
}
