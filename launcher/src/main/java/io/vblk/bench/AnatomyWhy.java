// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.virtioblk.PollState;
import java.util.Locale;

/**
 * Why the slowest hundredth of the requests was slow. Immutable; thread: any.
 *
 * @param slowest how many requests that hundredth is
 * @param medianNs the 50th percentile of all samples, from start to end
 * @param p99Ns the 99th
 * @param stage the stage with the most of what the slowest took longer than is usual
 * @param share how much of it, 0 to 1
 * @param shares the same of every stage
 * @param slow how the slowest came; null if the device is in another process
 * @param all how all of them came
 */
record AnatomyWhy(int slowest, long medianNs, long p99Ns, AnatomyStage stage, double share,
        double[] shares, Group slow, Group all) {
    /**
     * How some requests came and went.
     *
     * @param requests how many they are
     * @param polls shares of each {@link PollState}, 0 to 1
     * @param ahead mean of the chains that the device took before, in the same run over the ring
     * @param together mean of the completions that were shown at once
     * @param queued share of those that the disk did not finish at once
     */
    record Group(int requests, double[] polls, double ahead, double together, double queued) {
        double of(PollState state) {
            return polls[state.ordinal()];
        }
    }

    /** Beyond this one group's mean or share is said to differ from the other's. */
    private static final double MORE_BY = 1.5;
    private static final double SHARE_MORE_BY = 0.2;
    /** Fewer are an accident. */
    private static final int SLOWEST_MIN = 10;
    private static final double PERCENT = 100;
    private static final double NANOS_PER_US = 1e3;

    /** The answer in words. */
    String sentence() {
        if (share == 0) {
            return "the slowest requests take no longer than the others";
        }
        StringBuilder out = new StringBuilder(String.format(Locale.ROOT,
                "p99 is %.2f us and p50 %.2f us: %.0f %% of what the slowest hundredth takes "
                        + "longer is %s (%s)", p99Ns / NANOS_PER_US, medianNs / NANOS_PER_US,
                PERCENT * share, stage.key(), stage.text()));
        if (slow != null) {
            out.append(whatElse());
        }
        if (slowest < SLOWEST_MIN) {
            out.append(String.format(Locale.ROOT, "; they are %d only: run longer, or look at more",
                    slowest));
        }
        return out.toString();
    }

    private String whatElse() {
        StringBuilder out = new StringBuilder();
        for (PollState state : PollState.values()) {
            if (slow.of(state) - all.of(state) > SHARE_MORE_BY) {
                out.append(String.format(Locale.ROOT, "; %.0f %% of them were %s (of all %.0f %%)",
                        PERCENT * slow.of(state), state.name().toLowerCase(Locale.ROOT),
                        PERCENT * all.of(state)));
            }
        }
        if (slow.ahead > MORE_BY * all.ahead + 1) {
            out.append(String.format(Locale.ROOT, "; %.1f others were taken before them "
                    + "(usually %.1f)", slow.ahead, all.ahead));
        }
        if (slow.together > MORE_BY * all.together + 1) {
            out.append(String.format(Locale.ROOT, "; they were shown in batches of %.1f "
                    + "(usually %.1f)", slow.together, all.together));
        }
        if (slow.queued - all.queued > SHARE_MORE_BY) {
            out.append(String.format(Locale.ROOT, "; %.0f %% of them the disk did not finish at "
                    + "once (of all %.0f %%)", PERCENT * slow.queued, PERCENT * all.queued));
        }
        return out.toString();
    }
}
