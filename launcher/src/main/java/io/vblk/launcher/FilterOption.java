// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.block.filter.DelaySpec;
import io.vblk.block.filter.DelayTime;
import io.vblk.block.filter.ErrorSpec;
import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.OpKind;
import io.vblk.block.filter.RateSpec;
import io.vblk.block.filter.StatsSpec;
import io.vblk.block.filter.VerifySpec;
import io.vblk.block.image.SizeParser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The value of {@code --filter}: {@code NAME[:KEY=VALUE[,KEY=VALUE]...]}. Thread: main. */
final class FilterOption {
    static final long SEED_DEFAULT = 1;

    private static final String CONTEXT = "--filter ";
    private static final String ALL = "all";
    private static final Pattern TIME = Pattern.compile("(\\d{1,15})(ns|us|ms|s)");
    private static final Map<String, Long> UNIT_NS = Map.of(
            "ns", 1L, "us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L);

    /** Makes a filter of its keys. */
    @FunctionalInterface
    private interface Maker {
        FilterSpec make(FilterOption option) throws UsageException;
    }

    /** A filter that there is, and the keys that it takes. */
    private record Kind(Maker maker, Set<String> keys) {}

    private static final Map<String, Kind> KINDS = new LinkedHashMap<>();

    static {
        add("delay", FilterOption::delay, "read", "write", "flush", "discard", ALL, "probability",
                "seed", "spin");
        add("error", FilterOption::error, "read", "write", "flush", "discard", ALL, "errno",
                "probability", "seed", "after", "count", "from", "to", "trigger");
        add("rate", FilterOption::rate, "iops", "read-iops", "write-iops", "bps", "read-bps",
                "write-bps", "burst");
        add("stats", FilterOption::stats, "name");
        add("verify", FilterOption::verify, "block");
    }

    private final String text;
    private final KeyValues keys;

    private FilterOption(String text, KeyValues keys) {
        this.text = text;
        this.keys = keys;
    }

    private static void add(String name, Maker maker, String... keys) {
        KINDS.put(name, new Kind(maker, new LinkedHashSet<>(List.of(keys))));
    }

    /** What one {@code --filter} asks for. */
    static FilterSpec parse(String text) throws UsageException {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        Kind kind = KINDS.get(name);
        if (kind == null) {
            throw new UsageException(CONTEXT + text + ": filter '" + name
                    + "' is not one of " + String.join(", ", KINDS.keySet()));
        }
        KeyValues keys = KeyValues.parseIn(
                CONTEXT + text, colon < 0 ? "" : text.substring(colon + 1), null);
        keys.allow(kind.keys());
        FilterOption option = new FilterOption(text, keys);
        try {
            return kind.maker().make(option);
        } catch (IllegalArgumentException e) {
            throw option.wrong(e.getMessage());
        }
    }

    private UsageException wrong(String message) {
        return new UsageException(CONTEXT + text + ": " + message);
    }

    // ------------------------------------------------------------------ filters

    private FilterSpec delay() throws UsageException {
        DelayTime[] times = new DelayTime[OpKind.values().length];
        Arrays.fill(times, time(ALL, DelayTime.NONE));
        for (OpKind kind : OpKind.values()) {
            times[kind.ordinal()] = time(kind.toString(), times[kind.ordinal()]);
        }
        return new DelaySpec(text, List.of(times), probability(), seed(), isOn("spin", false));
    }

    private FilterSpec error() throws UsageException {
        Set<OpKind> kinds = EnumSet.noneOf(OpKind.class);
        boolean named = false;
        for (OpKind kind : OpKind.values()) {
            named |= keys.has(kind.toString());
        }
        boolean all = isOn(ALL, !named);
        for (OpKind kind : OpKind.values()) {
            if (isOn(kind.toString(), all)) {
                kinds.add(kind);
            }
        }
        String errno = keys.take("errno", "EIO");
        if (!ErrorSpec.ERRNOS.containsKey(errno)) {
            throw wrong("errno=" + errno + " is none of "
                    + String.join(", ", ErrorSpec.ERRNOS.keySet()));
        }
        String trigger = keys.take("trigger", null);
        return new ErrorSpec(text, kinds, ErrorSpec.ERRNOS.get(errno),
                new ErrorSpec.Chance(probability(), seed(), keys.takeNumber("after", 0),
                        keys.takeNumber("count", 0)),
                keys.takeSize("from", 0), keys.takeSize("to", Long.MAX_VALUE),
                trigger == null ? null : Path.of(trigger));
    }

    private FilterSpec rate() throws UsageException {
        String burst = keys.take("burst", RateSpec.BURST_NS_DEFAULT + "ns");
        return new RateSpec(text,
                new RateSpec.Limits(keys.takeNumber("iops", 0), keys.takeNumber("read-iops", 0),
                        keys.takeNumber("write-iops", 0)),
                new RateSpec.Limits(keys.takeSize("bps", 0), keys.takeSize("read-bps", 0),
                        keys.takeSize("write-bps", 0)),
                timeNs("burst", burst, burst));
    }

    private FilterSpec stats() {
        // It is in the text already, by which reports call the filter.
        keys.take("name", null);
        return new StatsSpec(text);
    }

    private FilterSpec verify() throws UsageException {
        long bytes = keys.takeSize("block", VerifySpec.BLOCK_BYTES_DEFAULT);
        return new VerifySpec(text, (int) Math.min(bytes, Integer.MAX_VALUE));
    }

    // ------------------------------------------------------------------ values

    /** 200us, 100us-2ms, or exp:200us. */
    private DelayTime time(String key, DelayTime fallback) throws UsageException {
        String value = keys.take(key, null);
        if (value == null) {
            return fallback;
        }
        if (value.startsWith("exp:")) {
            return DelayTime.exponential(
                    timeNs(key, value, value.substring("exp:".length())));
        }
        List<Long> ends = new ArrayList<>();
        for (String end : value.split("-", 2)) {
            ends.add(timeNs(key, value, end));
        }
        return DelayTime.between(ends.get(0), ends.get(ends.size() - 1));
    }

    /** The time that a part of a value is. */
    private long timeNs(String key, String value, String part) throws UsageException {
        Matcher time = TIME.matcher(part);
        if (!time.matches()) {
            if (part.equals("0")) {
                return 0;
            }
            throw wrong(key + "=" + value
                    + " is no time: write a number with ns, us, ms or s, such as 200us");
        }
        try {
            return Math.multiplyExact(
                    Long.parseLong(time.group(1)), UNIT_NS.get(time.group(2)));
        } catch (ArithmeticException e) {
            throw wrong(key + "=" + value + " is too long");
        }
    }

    private double probability() throws UsageException {
        String value = keys.take("probability", "1");
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw wrong("probability=" + value + " is not a number from 0 to 1");
        }
    }

    private long seed() throws UsageException {
        return keys.takeNumber("seed", SEED_DEFAULT);
    }

    private boolean isOn(String key, boolean fallback) throws UsageException {
        String value = keys.take(key, fallback ? "1" : "0");
        return switch (value) {
            case "0" -> false;
            case "1" -> true;
            default -> throw wrong(key + "=" + value + " is none of 0, 1");
        };
    }
}
