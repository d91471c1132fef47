// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.BitSet;

/**
 * Where the threads of a job may run. Thread: any; nobody changes the set.
 *
 * @param allowed numbers of processors; empty for all that the process may use
 * @param split whether each clone of the run has one of them, in turn, and not all have all
 */
public record Cpus(BitSet allowed, boolean split) {
    /** Where the host puts them. */
    public static final Cpus ANY = new Cpus(new BitSet(), false);
    /** The highest number that a thread's mask has room for here. */
    static final int NUMBER_MAX = 1023;

    /** Those of a clone of that number among all of the run, as in fio. */
    public BitSet of(int clone) {
        if (!split || allowed.isEmpty()) {
            return allowed;
        }
        int turn = clone % allowed.cardinality();
        BitSet one = new BitSet();
        one.set(allowed.stream().skip(turn).findFirst().getAsInt());
        return one;
    }
}
