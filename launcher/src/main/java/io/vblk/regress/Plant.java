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
    private static final double PERCENT = 100;
    /** The option that a slowdown is. */
    static final String FILTER = "filter";

    /** Such as {@code p50:10%}; IllegalArgumentException in words for an operator. */
    public static Plant parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) == 0) {
            throw new IllegalArgumentException(
                    "plant=" + text + " is no slowdown such as p50:10% or p99:30%");
        }
        return new Plant(matcher.group(1), Integer.parseInt(matcher.group(2)));
    }

    /** Why it cannot be put into a scenario, in words for an operator; null if it can. */
    String unfit(Scenario scenario) {
        if (scenario.options().containsKey(FILTER)) {
            return "a slowdown cannot be planted: it has a filter";
        }
        boolean gated = scenario.gates().stream().anyMatch(gate -> gate.metric() == slowed());
        if (!gated) {
            return "a slowdown cannot be planted: " + metric + " is not compared";
        }
        return scenario.isStart()
                ? "a slowdown cannot be planted: each slice is a new process" : null;
    }

    /** What gets slower. */
    Metric slowed() {
        return Metric.of(metric);
    }

    /** The delay that it takes, about, in nanoseconds, of a disk that measured so much without. */
    double delayNs(Scenario scenario, double p50Ns, double p99Ns) {
        return slowed() == Metric.P50
                ? delayNs(scenario, percent * p50Ns / PERCENT)
                : (1 + percent / PERCENT) * p99Ns - p50Ns;
    }

    /**
     * How much longer a delay has to be for so much more latency, in nanoseconds.
     *
     * <p>With requests queued up behind each other each waits for all before it, so a part of what
     * it shall cost is enough. In the tail only one of them is delayed.
     */
    double delayNs(Scenario scenario, double latencyNs) {
        return slowed() == Metric.P50 ? latencyNs / queued(scenario) : latencyNs;
    }

    /** The filter for it: the event loop spins, so that the cost is one of code and of no timer. */
    String filter(Scenario scenario, double delayNs) {
        return delay(delayNs, slowed() == Metric.P50 ? 1 : TAIL_PROBABILITY / queued(scenario));
    }

    /** The scenario with it. */
    Scenario in(Scenario scenario, double delayNs) {
        return scenario.with(Map.of(FILTER, filter(scenario, delayNs)));
    }

    private static int queued(Scenario scenario) {
        return scenario.option("iodepth", 1);
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
