// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

/**
 * How far apart two builds have to be in one metric to be called different: by both the
 * Hodges-Lehmann effect, which sees what most slices say, and the lower quartile, which one burst
 * of noise does not move. Thread: any.
 *
 * @param metric what is compared
 * @param percent the least threshold, in percent of the baseline or points of a share
 */
record Gate(Metric metric, double percent) {
    /** The lower quartile has to move by so much of the threshold. */
    private static final double QUARTILE_SHARE = 0.6;
    /** A threshold that noise has made so much wider would let the wrong things pass. */
    private static final double LIMIT_TIMES_MAX = 2;
    /** Fewer pairs of slices say nothing. */
    static final int PAIRS_MIN = 20;

    /** The metric's own threshold. */
    static Gate of(Metric metric) {
        return new Gate(metric, metric.percentDefault());
    }

    /**
     * Compares.
     *
     * @param a costs of the baseline by fork and round, NaN for a slice that does not count
     * @param again costs of the baseline once more, in forks of its own; null without
     * @param b costs of the candidate
     */
    Finding judge(double[][] a, double[][] again, double[][] b, long seed) {
        Effect effect = Effect.of(a, b, seed);
        Effect equal = again == null ? null : Effect.alone(a, again);
        double spread = again == null ? 0 : ForkSplits.largest(a, again);
        double least = metric.effect(percent);
        double threshold = Math.max(least, metric.factor() * spread);
        String doubt = doubt(effect, equal, least, threshold);
        Verdict verdict = verdict(effect, threshold, doubt);
        return new Finding(metric, verdict, effect, equal, least, threshold,
                verdict == Verdict.INCONCLUSIVE ? doubt : null);
    }

    private Verdict verdict(Effect effect, double threshold, String doubt) {
        if (effect.pairs() >= PAIRS_MIN) {
            if (isBeyond(effect.hl(), effect.q25(), threshold)) {
                return Verdict.REGRESSED;
            }
            if (isBeyond(-effect.hl(), -effect.q25(), threshold)) {
                return Verdict.IMPROVED;
            }
        }
        if (doubt != null) {
            return Verdict.INCONCLUSIVE;
        }
        boolean maybeNothing = effect.low() <= 0 && effect.high() >= 0;
        return maybeNothing ? Verdict.NO_CHANGE : Verdict.WITHIN_NOISE;
    }

    private static boolean isBeyond(double hl, double q25, double threshold) {
        return hl > threshold && q25 > QUARTILE_SHARE * threshold;
    }

    /** Why "no regression" would be too much said; null if it would not. */
    private String doubt(Effect effect, Effect equal, double least, double threshold) {
        if (effect.pairs() < PAIRS_MIN) {
            return "only " + effect.pairs() + " pairs of slices";
        }
        if (!metric.isFixed()) {
            return null;
        }
        if (equal != null && Math.abs(equal.hl()) > least / 2) {
            return "the baseline differs from itself by "
                    + Units.percent(metric.percent(equal.hl()));
        }
        if (threshold > LIMIT_TIMES_MAX * least) {
            return "forks of the baseline differ by up to " + Units.percent(
                    metric.percent(threshold / metric.factor()));
        }
        if (effect.hl() > threshold) {
            return "slower, but not in the quiet slices";
        }
        if (effect.hl() > least) {
            return "slower, but forks of the baseline differ too much";
        }
        return null;
    }

    /**
     * What a gate says.
     *
     * @param metric what was compared
     * @param verdict what it came to
     * @param effect of the candidate beside the baseline
     * @param equal of the baseline beside itself; null without
     * @param least the threshold without noise, as an effect
     * @param threshold the one that was used, as an effect
     * @param doubt why nothing was said, or would not have been; null without
     */
    record Finding(Metric metric, Verdict verdict, Effect effect, Effect equal, double least,
            double threshold, String doubt) {
        /** The same with another verdict. */
        Finding as(Verdict other, String why) {
            return new Finding(metric, other, effect, equal, least, threshold, why);
        }

        /** Of a regression whose second run said nothing. */
        Finding unconfirmed(String why) {
            return as(Verdict.INCONCLUSIVE, "the second run: " + why);
        }

        /** Of a regression that was looked for a second time, in new forks. */
        Finding confirmedBy(Finding second) {
            return switch (second.verdict) {
                case REGRESSED -> this;
                case INCONCLUSIVE -> unconfirmed(second.doubt);
                default -> second.as(Verdict.WITHIN_NOISE, "slower at first by "
                        + Units.percent(metric.percent(effect.hl())) + ", not in a second run");
            };
        }
    }
}
