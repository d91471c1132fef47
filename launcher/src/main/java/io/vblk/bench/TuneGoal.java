// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Locale;

/** What a setting is to be good at. Thread: any. */
public enum TuneGoal {
    /** The 99th percentile of latency. */
    P99,
    /** The median of latency. */
    P50,
    /** Requests per second. */
    IOPS,
    /** Processor time of the device for a request. */
    CPU;

    /** The goal of a name as operators write it. */
    public static TuneGoal of(String name) {
        for (TuneGoal goal : values()) {
            if (goal.toString().equals(name)) {
                return goal;
            }
        }
        throw new IllegalArgumentException("goal=" + name + " is none of p99, p50, iops, cpu");
    }

    /** A figure of a slice of which less is better; not a number where it is not known. */
    double cost(TuneSlice slice) {
        return switch (this) {
            case P99 -> slice.p99Ns();
            case P50 -> slice.p50Ns();
            case IOPS -> 1 / slice.iops();
            case CPU -> slice.cpuNs();
        };
    }

    /** The ratio of the figure itself, of which more may be better. */
    double shown(double costRatio) {
        return this == IOPS ? 1 / costRatio : costRatio;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
