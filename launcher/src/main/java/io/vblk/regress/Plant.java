// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A slowdown put into the candidate's disk, to see whether it is found: the test of the test.
 *
 * @param metric what gets slower, the median or p99
 * @param percent by how much
 */
public record Plant(String metric, int percent) {
    private static final Pattern TEXT = Pattern.compile("(p50|p99):(\\d{1,3})%?");
    /** A slow request in fifty is twice what p99 leaves out. */
    private static final double TAIL_PROBABILITY = 0.02;
    private static final String FILTER = "filter";

    /** Such as {@code p50:10%}; IllegalArgumentException in words for an operator. */
    public static Plant parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) == 0) {
            throw new IllegalArgumentException(
                    "plant=" + text + " is no slowdown such as p50:10% or p99:30%");
        }
        return new Plant(matcher.group(1), Integer.parseInt(matcher.group(2)));
    }

    /**
     * The options that slow a scenario down, of a disk that measured so much without.
     *
     * <p>The event loop spins, so that the cost is one of code and not of a timer. With requests
     * queued up behind each other each waits for all before it, so a part of the delay is enough.
     *
     * @param p50Ns median latency in nanoseconds
     * @param p99Ns latency that 99 % keep
     */
    Map<String, String> options(Scenario scenario, double p50Ns, double p99Ns) {
        if (scenario.options().containsKey(FILTER)) {
            throw new IllegalArgumentException("scenario " + scenario.name()
                    + " has a filter: a slowdown cannot be planted in it");
        }
        int queued = scenario.option("iodepth", 1);
        double share = percent / 100.0;
        if (metric.equals("p50")) {
            return Map.of(FILTER, delay(share * p50Ns / queued, 1));
        }
        return Map.of(FILTER, delay((1 + share) * p99Ns - p50Ns, TAIL_PROBABILITY / queued));
    }

    private static String delay(double ns, double probability) {
        return "delay:all=" + Math.max(1, Math.round(ns)) + "ns,spin=1"
                + (probability < 1
                        ? String.format(Locale.ROOT, ",probability=%.6f", probability) : "");
    }

    @Override
    public String toString() {
        return metric + ":" + percent + "%";
    }
}
