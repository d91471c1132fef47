// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.fio.Access;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.SizeSplit;
import io.vblk.fio.Timing;
import io.vblk.fio.VerifySpec;
import io.vblk.fio.WaitMode;
import io.vblk.block.image.SizeParser;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Options that commands share, defined once and parsed into records. Thread: main. */
final class CommonOptions {
    private static final int BLOCK_BYTES_DEFAULT = 4096;

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

    static boolean isOn(CommandLine line, String name, boolean fallback) throws UsageException {
        String value = text(line, name, fallback ? "1" : "0");
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

    /**
     * The job that the workload options describe.
     *
     * @param jobs number of guests
     * @param timeBased whether to go on until the runtime is over, or for ever without one
     */
    static JobSpec job(CommandLine line, int jobs, boolean timeBased, WaitMode waitDefault)
            throws UsageException {
        long blockBytes = size(line, "bs", BLOCK_BYTES_DEFAULT);
        if (blockBytes > SizeSplit.BYTES_MAX) {
            throw new UsageException("bs must be at most 64M: " + text(line, "bs", ""));
        }
        Access access = Access.of(ReadWrite.parse(text(line, "rw", "read")), (int) blockBytes)
                .withMix(integer(line, "rwmixread", Access.RWMIX_DEFAULT))
                .withSeed(number(line, "randseed", Access.RANDSEED_DEFAULT));
        Timing timing = new Timing(time(line, "runtime"), timeBased, time(line, "ramp_time"), 0,
                Timing.ThinkTime.NONE, rate(line));
        return JobSpec.of(access, Extent.of(size(line, "offset", 0), size(line, "size", 0)),
                timing, Queueing.of(integer(line, "iodepth", 1), wait(line, waitDefault)))
                .withClones(jobs).withVerify(verify(line));
    }

    /** What rate_iops and rate_process ask for. */
    static ArrivalRate rate(CommandLine line) throws UsageException {
        try {
            return ArrivalRate.parse(text(line, "rate_iops", "0"),
                    ArrivalRate.Process.parse(text(line, "rate_process", "linear")));
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
    }

    private static VerifySpec verify(CommandLine line) {
        return VerifySpec.of(VerifySpec.Method.parse(text(line, "verify", "none")));
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

    static long size(CommandLine line, String name, long fallback)
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
