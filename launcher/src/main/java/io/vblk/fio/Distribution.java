// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.List;

/** Which offsets a random job likes: fio's {@code random_distribution}. Thread: any. */
public sealed interface Distribution {
    /** All alike, each block once if there is a random map. */
    Distribution UNIFORM = new Uniform();

    /** All alike. */
    record Uniform() implements Distribution {}

    /**
     * The n-th most liked block is asked for 1/n to the power of theta as often as the first.
     *
     * @param theta more than 0 and not 1
     * @param base where the most liked block lies, a share of the region from 0 to 1; negative for
     *     anywhere. The others are scattered in both cases
     */
    record Zipf(double theta, double base) implements Distribution {
        /** Checks the range. */
        public Zipf {
            if (!(theta > 0) || theta == 1 || base > 1) {
                throw new IllegalArgumentException(
                        "random_distribution=zipf: theta must be above 0 and not 1: " + theta);
            }
        }
    }

    /**
     * A share of {@code h} of the blocks gets the rest of the requests, and so on within both.
     *
     * @param h between 0 and 1, both excluded
     * @param base as of {@link Zipf}
     */
    record Pareto(double h, double base) implements Distribution {
        /** Checks the range. */
        public Pareto {
            if (!(h > 0 && h < 1) || base > 1) {
                throw new IllegalArgumentException(
                        "random_distribution=pareto: the power must be between 0 and 1: " + h);
            }
        }
    }

    /**
     * A bell over the region.
     *
     * @param deviationPercent deviation, in percent of the region
     * @param base where its middle lies, as of {@link Zipf}; negative is the middle
     */
    record Normal(double deviationPercent, double base) implements Distribution {
        /** Checks the range. */
        public Normal {
            if (!(deviationPercent > 0 && deviationPercent <= 100) || base > 1) {
                throw new IllegalArgumentException("random_distribution=normal: the deviation "
                        + "must be above 0 and at most 100 percent: " + deviationPercent);
            }
        }
    }

    /**
     * Zones of the region, each with its share of the requests; within a zone all alike.
     *
     * @param zones in the order of offsets
     * @param absolute whether lengths are bytes and not percent of the region
     */
    record Zoned(List<Zone> zones, boolean absolute) implements Distribution {
        /** Copies the list. */
        public Zoned {
            zones = List.copyOf(zones);
            if (zones.isEmpty()) {
                throw new IllegalArgumentException("random_distribution=zoned: no zone");
            }
        }
    }

    /**
     * One zone.
     *
     * @param requestsPercent share of the requests
     * @param length percent of the region, or bytes
     */
    record Zone(double requestsPercent, long length) {}
}
