// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A load that builds are compared by: a file of Java properties with bench's options and a few
 * keys of its own. Thread: any.
 *
 * @param name what the file is called
 * @param image the disk as bench takes it; {@code raw:SIZE} is a file that the harness makes
 * @param options bench's options
 * @param pin which processors guests and event loops run on
 * @param gates what is compared, and the least thresholds
 * @param sliceMs least length of a slice in milliseconds
 * @param rateShare percent of the closed loop's rate to ask for; 0 for a closed loop
 * @param startRequests requests of a process that is new for each slice; 0 if it is not
 * @param rounds rounds if nobody says otherwise, 0 for the suite's
 */
record Scenario(String name, String image, Map<String, String> options, Pin pin,
        List<Gate> gates, int sliceMs, int rateShare, int startRequests, int rounds) {
    /** Length of a slice without a word of the scenario. */
    static final int SLICE_MS = 25;
    static final String MADE_IMAGE = "raw:";
    private static final int SLICE_MS_MAX = 1_000;
    private static final int STARTS_MAX = 1_000_000;
    private static final int ROUNDS_MAX = 10_000;
    private static final int PERCENT_MAX = 1_000;
    private static final String GATE = "gate";
    private static final Pattern MADE_SIZE = Pattern.compile("[1-9]\\d{0,3}M");

    /** Where guests and event loops run. */
    enum Pin {
        /** Wherever the kernel puts them. */
        NONE,
        /** All on one processor: they take turns, which suits those that sleep. */
        SAME,
        /** Guests and event loops on different processors, which suits those that poll. */
        APART,
        /** Each guest on the processor of an event loop. */
        PAIRS;

        static Pin of(String name) {
            try {
                return valueOf(name.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "pin=" + name + " is none of none, same, apart, pairs", e);
            }
        }
    }

    /** Reads a scenario; IllegalArgumentException in words for an operator. */
    static Scenario parse(String name, InputStream text) throws IOException {
        Properties properties = new Properties();
        properties.load(new InputStreamReader(text, StandardCharsets.UTF_8));
        Map<String, String> left = new TreeMap<>();
        properties.stringPropertyNames().forEach(
                key -> left.put(key, properties.getProperty(key).trim()));
        try {
            return of(name, left);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("scenario " + name + ": " + e.getMessage(), e);
        }
    }

    private static Scenario of(String name, Map<String, String> left) {
        String image = left.remove("image");
        if (image == null) {
            throw new IllegalArgumentException("says no image");
        }
        int starts = number(left, "start-requests", 0, STARTS_MAX);
        Pin pin = Pin.of(take(left, "pin", "none"));
        int sliceMs = number(left, "slice-ms", SLICE_MS, SLICE_MS_MAX);
        int rateShare = number(left, "rate-share", 0, 100);
        int rounds = number(left, "rounds", 0, ROUNDS_MAX);
        List<Gate> gates = gates(left, starts > 0);
        return new Scenario(name, image, new LinkedHashMap<>(left), pin, gates, sliceMs,
                rateShare, starts, rounds);
    }

    private static List<Gate> gates(Map<String, String> left, boolean isStart) {
        List<Gate> gates = new ArrayList<>();
        String names = take(left, GATE, isStart ? "first,start" : "p50,p99,iops,cpu,poll-hits");
        for (String metricName : names.split(",")) {
            Metric metric = Metric.of(metricName.trim());
            gates.add(new Gate(metric, number(left, GATE + "." + metric,
                    (int) metric.percentDefault(), PERCENT_MAX)));
        }
        return List.copyOf(gates);
    }

    private static String take(Map<String, String> left, String key, String fallback) {
        String value = left.remove(key);
        return value == null ? fallback : value;
    }

    private static int number(Map<String, String> left, String key, int fallback, int most) {
        String value = left.remove(key);
        if (value == null) {
            return fallback;
        }
        if (!value.matches("\\d{1,9}") || Integer.parseInt(value) > most) {
            throw new IllegalArgumentException(
                    key + "=" + value + " is no number from 0 to " + most);
        }
        return Integer.parseInt(value);
    }

    /** Whether each slice is the first of a new process. */
    boolean isStart() {
        return startRequests > 0;
    }

    /** The same with further options, which win. */
    Scenario with(Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(options);
        all.putAll(more);
        return new Scenario(name, image, all, pin, gates, sliceMs, rateShare, startRequests,
                rounds);
    }

    /** Bytes of the file that the harness makes. */
    long madeBytes() {
        String size = image.substring(MADE_IMAGE.length());
        if (!MADE_SIZE.matcher(size).matches()) {
            throw new IllegalArgumentException("scenario " + name + ": image=" + image
                    + " has no size such as 16M");
        }
        return Long.parseLong(size.substring(0, size.length() - 1)) << 20;
    }

    /** A number among bench's options. */
    int option(String key, int fallback) {
        try {
            return Integer.parseInt(options.getOrDefault(key, Integer.toString(fallback)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "scenario " + name + ": " + key + " is no number", e);
        }
    }
}
