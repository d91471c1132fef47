// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Random numbers of one seed: splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
 * number generators", 2014), here with a state that can be mixed from several numbers. Nothing is
 * allocated. Thread: the owner's.
 */
final class RandomStream {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;
    /** The lower bits of a random number that a double does not hold. */
    private static final int BITS_BELOW_UNIT = 11;
    private static final double UNIT = 0x1.0p-53;

    private long state;

    /** The numbers of a seed. */
    RandomStream(long seed) {
        this.state = seed;
    }

    /**
     * A seed of its own for each use of each thread of a job.
     *
     * @param randSeed what the operator gave
     * @param thread number of the thread
     * @param use what the numbers are for
     */
    static long seed(long randSeed, int thread, int use) {
        return scramble(scramble(randSeed + scramble(thread + 1L)) + use * GAMMA);
    }

    /** A permutation of all longs that leaves no resemblance. */
    static long scramble(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** All longs alike. */
    long next() {
        state += GAMMA;
        return scramble(state);
    }

    /**
     * All numbers from 0 to below a bound alike: to within bound / 2^63.
     *
     * @param bound 1 to 2^62
     */
    long below(long bound) {
        return Math.multiplyHigh(next() >>> 1, bound << 1);
    }

    /** From 0, included, to 1, excluded. */
    double unit() {
        return (next() >>> BITS_BELOW_UNIT) * UNIT;
    }

    /** Above 0, up to 1, included: of which there is a logarithm. */
    double unitAboveZero() {
        return 1 - unit();
    }
}
