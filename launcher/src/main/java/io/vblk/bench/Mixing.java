// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/** Bits that look random, from bits that do not. Thread: any. */
final class Mixing {
    private Mixing() {}

    /** A permutation of all longs, each bit of the result depending on all (SplitMix64). */
    static long scramble(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
