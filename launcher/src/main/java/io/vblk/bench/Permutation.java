// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * The numbers from 0 to below a count in an order that looks drawn, each once, without memory:
 * rounds of steps that can be undone (add, multiply by an odd number, exclusive or with the upper
 * half) over the next power of two, walked on until a number is below the count (cycle walking:
 * Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). Not for secrets. Thread: the
 * owner's.
 */
final class Permutation {
    private final long count;
    private final long mask;
    private final int half;
    private long addFirst;
    private long addSecond;
    private long addThird;
    private long timesFirst;
    private long timesSecond;
    private long timesThird;

    /**
     * Some order; {@link #shuffle} makes another.
     *
     * @param count 1 to 2^62
     */
    Permutation(long count) {
        int bits = Math.max(1, Long.SIZE - Long.numberOfLeadingZeros(count - 1));
        this.count = count;
        this.mask = (1L << bits) - 1;
        this.half = (bits + 1) / 2;
    }

    /** How many numbers. */
    long count() {
        return count;
    }

    /** Makes another order. */
    void shuffle(RandomStream random) {
        addFirst = random.next();
        addSecond = random.next();
        addThird = random.next();
        timesFirst = random.next() | 1;
        timesSecond = random.next() | 1;
        timesThird = random.next() | 1;
    }

    /** The number at a place, 0 to below the count. */
    long at(long place) {
        long number = place;
        do {
            number = (number + addFirst) * timesFirst & mask;
            number ^= number >>> half;
            number = (number + addSecond) * timesSecond & mask;
            number ^= number >>> half;
            number = (number + addThird) * timesThird & mask;
            number ^= number >>> half;
        } while (number >= count);
        return number;
    }
}
