// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static io.vblk.fio.FioOption.Kind.AMOUNT;
import static io.vblk.fio.FioOption.Kind.BOOL;
import static io.vblk.fio.FioOption.Kind.FLAG;
import static io.vblk.fio.FioOption.Kind.NUMBER;
import static io.vblk.fio.FioOption.Kind.TEXT;
import static io.vblk.fio.FioOption.Kind.TRIPLE;
import static io.vblk.fio.FioOption.of;

import java.util.ArrayList;
import java.util.List;

/** Options about what is done and where. Thread: any. */
final class AccessOptions {
    private static final double BASE_HASHED = -1;
    private static final double ZIPF_DEFAULT = 1.1;
    private static final double PARETO_DEFAULT = 0.2;
    private static final double WHOLE = 100;
    private static final int ZONES_MAX = 256;

    static final List<FioOption> ROWS = List.of(
            of("rw readwrite", TEXT, "read", "what to do: read, write, randread, randwrite, rw, "
                    + "randrw, trim, randtrim, trimwrite or randtrimwrite; :N is requests in a row "
                    + "from each random offset, or the hole after each sequential request",
                    AccessOptions::setRw),
            of("rwmixread", NUMBER, "50", "reads of a mixed load, in percent",
                    (job, v) -> job.rwMixRead = v.integer(0, 100)),
            of("rwmixwrite", NUMBER, "50", "writes of a mixed load, in percent; the later of the "
                    + "two counts", (job, v) -> job.rwMixRead = 100 - v.integer(0, 100)),
            of("bs blocksize", TRIPLE, "4k", "size of a request",
                    (job, v) -> JobBuilder.fill(job.sizes, v.triple(v::bytes))),
            of("bsrange blocksize_range", TRIPLE, "", "sizes of requests from MIN-MAX, multiples "
                    + "of MIN; stronger than bs",
                    (job, v) -> JobBuilder.fill(job.ranges, v.triple(word -> range(v, word)))),
            of("bssplit", TRIPLE, "", "sizes with a share each, such as 4k/60:64k/40; without a "
                    + "share, alike of what is left; stronger than bsrange",
                    (job, v) -> JobBuilder.fill(
                            job.splits, v.triple(word -> split(job, v, word)))),
            of("random_distribution", TEXT, "random", "which offsets a random load likes: random, "
                    + "zipf[:THETA[:BASE]], pareto[:H[:BASE]], normal:DEVIATION[:BASE], "
                    + "zoned:SHARE/SIZE:... in percent, zoned_abs:SHARE/SIZE:... in bytes",
                    (job, v) -> job.distribution = distribution(v)),
            of("norandommap", FLAG, "0", "a random load may ask for a block again before it has "
                    + "asked for all", (job, v) -> job.randomMap = !v.bool()),
            of("randrepeat", BOOL, "1", "the same offsets in each run",
                    (job, v) -> job.repeatable = v.bool()),
            of("allrandrepeat", BOOL, "0", "the same in all that is random; vblk has one seed for "
                    + "all", (job, v) -> job.repeatable |= v.bool()),
            of("randseed", NUMBER, "1", "seed of offsets, sizes, mixes and data",
                    (job, v) -> job.randSeed = v.number(Long.MIN_VALUE, Long.MAX_VALUE)),
            of("libblkio_write_zeroes_on_trim write_zeroes_on_trim", FLAG, "0",
                    "trims are WRITE_ZEROES and not DISCARD",
                    (job, v) -> job.zeroesForTrims = v.bool()),
            of("size", AMOUNT, "100%", "length of the region, and what a run transfers",
                    (job, v) -> job.size = v.amount()),
            of("filesize", AMOUNT, "", "the same where size is not given",
                    (job, v) -> job.fileSize = v.amount()),
            of("io_size io_limit", AMOUNT, "size", "what a run transfers, if that is not the size "
                    + "of the region", (job, v) -> job.ioSize = v.amount()),
            of("offset fileoffset", AMOUNT, "0", "start of the region",
                    (job, v) -> job.offset = v.amount()),
            of("offset_increment", AMOUNT, "0", "how much later the region of each further clone "
                    + "starts", (job, v) -> job.offsetIncrement = v.amount()),
            of("loops", NUMBER, "1", "how often the region is gone through",
                    (job, v) -> job.loops = v.integer(1)),
            of("number_ios", NUMBER, "0", "most requests of a clone, 0 for no limit",
                    (job, v) -> job.numberIos = v.number(0, Long.MAX_VALUE)));

    private AccessOptions() {}

    private static void setRw(JobBuilder job, OptionValue v) {
        int colon = v.text().indexOf(':');
        job.rw = ReadWrite.parse(colon < 0 ? v.text() : v.text().substring(0, colon));
        job.sequence = 1;
        job.skipBytes = 0;
        if (colon < 0) {
            return;
        }
        long number = Units.number(v.text().substring(colon + 1), v.kbBase());
        if (!job.rw.random()) {
            job.skipBytes = number;
        } else if (number < 1 || number > Integer.MAX_VALUE) {
            throw v.wrong("at least 1 request from each offset");
        } else {
            job.sequence = (int) number;
        }
    }

    private static SizeSplit range(OptionValue v, String word) {
        int hyphen = word.indexOf('-') >= 0 ? word.indexOf('-') : word.indexOf(':');
        if (hyphen < 0) {
            throw v.wrong("is no range such as 4k-64k");
        }
        int first = v.bytes(word.substring(0, hyphen));
        int second = v.bytes(word.substring(hyphen + 1));
        return SizeSplit.range(Math.min(first, second), Math.max(first, second));
    }

    private static SizeSplit split(JobBuilder job, OptionValue v, String word) {
        String[] entries = word.split(":", -1);
        if (entries.length > SizeSplit.PARTS_MAX) {
            throw v.wrong("at most " + SizeSplit.PARTS_MAX + " sizes");
        }
        int[] shares = new int[entries.length];
        int[] sizes = new int[entries.length];
        int said = 0;
        int open = 0;
        for (int i = 0; i < entries.length; i++) {
            int slash = entries[i].indexOf('/');
            sizes[i] = v.bytes(slash < 0 ? entries[i] : entries[i].substring(0, slash));
            String share = slash < 0 ? "" : entries[i].substring(slash + 1);
            shares[i] = share.isEmpty() ? -1 : share(v, share);
            open += shares[i] < 0 ? 1 : 0;
            said += Math.max(0, shares[i]);
        }
        if (said > WHOLE) {
            throw v.wrong("the shares are " + said + " percent in all");
        }
        int left = (int) WHOLE - said;
        if (open == 0 && left > 0) {
            job.warnings.add(v.name() + "=" + v.text() + ": the shares are " + said
                    + " percent in all, the last size gets the rest");
        }
        return new SizeSplit(parts(sizes, shares, open, left));
    }

    private static int share(OptionValue v, String word) {
        long share = Units.number(word, v.kbBase());
        if (share < 0 || share > WHOLE) {
            throw v.wrong("a share is 0 to 100 percent, not " + word);
        }
        return (int) share;
    }

    /** The last size without a share, or the last of all, gets what a division leaves. */
    private static List<SizeSplit.Part> parts(int[] sizes, int[] shares, int open, int left) {
        List<SizeSplit.Part> parts = new ArrayList<>();
        int undecided = open;
        int rest = left;
        for (int i = 0; i < sizes.length; i++) {
            int share = shares[i];
            if (share < 0) {
                share = rest / undecided;
                rest -= share;
                undecided--;
            } else if (open == 0 && i == sizes.length - 1) {
                share += rest;
            }
            parts.add(new SizeSplit.Part(sizes[i], sizes[i], share));
        }
        return parts;
    }

    private static Distribution distribution(OptionValue v) {
        String[] words = v.text().split(":", -1);
        boolean absolute = words[0].equals("zoned_abs");
        if (absolute || words[0].equals("zoned")) {
            return zoned(v, words, absolute);
        }
        if (words.length > 3 || words[0].equals("random") && words.length > 1) {
            throw v.wrong("too many numbers");
        }
        double base = words.length > 2 ? Units.real(words[2]) : BASE_HASHED;
        if (words.length > 2 && !(base >= 0 && base <= 1)) {
            throw v.wrong("the base is a share of the region, 0 to 1");
        }
        return switch (words[0]) {
            case "random" -> Distribution.UNIFORM;
            case "zipf" -> new Distribution.Zipf(
                    words.length > 1 ? Units.real(words[1]) : ZIPF_DEFAULT, base);
            case "pareto" -> new Distribution.Pareto(
                    words.length > 1 ? Units.real(words[1]) : PARETO_DEFAULT, base);
            case "normal", "gauss" -> {
                if (words.length < 2) {
                    throw v.wrong("needs a deviation, such as normal:20");
                }
                yield new Distribution.Normal(Units.real(words[1]), base);
            }
            default -> throw v.wrong(
                    "is none of random, zipf, pareto, normal, zoned, zoned_abs");
        };
    }

    private static Distribution zoned(OptionValue v, String[] words, boolean absolute) {
        if (words.length > ZONES_MAX + 1) {
            throw v.wrong("at most " + ZONES_MAX + " zones");
        }
        List<Distribution.Zone> zones = new ArrayList<>();
        double requests = 0;
        double lengths = 0;
        for (int i = 1; i < words.length; i++) {
            int slash = words[i].indexOf('/');
            if (slash < 0 || words[i].indexOf(',') >= 0) {
                throw v.wrong("zones are SHARE/SIZE, the same for reads, writes and trims");
            }
            double share = Units.real(words[i].substring(0, slash));
            long length = Units.number(words[i].substring(slash + 1), v.kbBase());
            if (!(share >= 0) || length < 0 || share > 0 && length == 0) {
                throw v.wrong("a zone has a share from 0 and a size above 0");
            }
            requests += share;
            lengths += length;
            zones.add(new Distribution.Zone(share, length));
        }
        if (requests != WHOLE || !absolute && lengths != WHOLE) {
            throw v.wrong("the shares are " + requests + " percent in all, the sizes "
                    + lengths + (absolute ? " bytes" : " percent"));
        }
        return new Distribution.Zoned(zones, absolute);
    }
}
