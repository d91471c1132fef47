// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Arrays;

/**
 * Which blocks have had their turn: a bitmap, with bitmaps above it that say which 64 are all
 * taken, so that the next free one is found in a step per level. Nothing is allocated after the
 * start, and nothing is cleared: when all are taken, the meaning of the bits is turned. Thread:
 * the owner's.
 *
 * <pre>
 *   level 1   1 0 ...                  one bit for 64 of level 0
 *   level 0   111...1 | 101...0 | ...  one bit for each block
 * </pre>
 */
final class FreeMap {
    private static final int WORD_SHIFT = 6;
    private static final long BIT_MASK = Long.SIZE - 1;

    private final long blocks;
    private final long[][] levels;
    /** Number of bits of each level. */
    private final long[] bits;
    /** Exclusive or of it with a word has ones where blocks are taken. */
    private long meaning;
    private long free;

    /**
     * All blocks free.
     *
     * @param blocks at least 1, at most what arrays can hold: 2^37
     */
    FreeMap(long blocks) {
        this.blocks = blocks;
        int height = 1;
        for (long above = words(blocks); above > 1; above = words(above)) {
            height++;
        }
        this.levels = new long[height][];
        this.bits = new long[height];
        long count = blocks;
        for (int level = 0; level < height; level++) {
            bits[level] = count;
            count = words(count);
            levels[level] = new long[Math.toIntExact(count)];
            Arrays.fill(levels[level], -1);
        }
        freeAll();
    }

    private static long words(long bits) {
        return (bits + BIT_MASK) >>> WORD_SHIFT;
    }

    /** Blocks that are free. */
    long free() {
        return free;
    }

    /** All are free again, when all were taken. */
    void freeAll() {
        assert taken(levels.length - 1, 0) == -1;
        meaning = ~meaning;
        free = blocks;
        for (int level = 0; level < levels.length; level++) {
            long[] words = levels[level];
            long used = bits[level] & BIT_MASK;
            long unused = used == 0 ? 0 : -1L << used;
            words[words.length - 1] ^= unused;
        }
    }

    private long taken(int level, int word) {
        return levels[level][word] ^ meaning;
    }

    /** Whether a block is free. */
    boolean isFree(long block) {
        return (taken(0, (int) (block >>> WORD_SHIFT)) >>> block & 1) == 0;
    }

    /** The first free block from one on, round the end; there must be one. */
    long nextFree(long from) {
        long found = freeFrom(from);
        return found < 0 ? freeFrom(0) : found;
    }

    private long freeFrom(long from) {
        long at = from;
        for (int level = 0; level < levels.length; level++) {
            int word = (int) (at >>> WORD_SHIFT);
            if (word >= levels[level].length) {
                return -1;
            }
            long candidates = ~taken(level, word) & -1L << at;
            if (candidates != 0) {
                return descend(level, word, candidates);
            }
            at = word + 1L;
        }
        return -1;
    }

    private long descend(int fromLevel, int fromWord, long candidates) {
        long at = ((long) fromWord << WORD_SHIFT) + Long.numberOfTrailingZeros(candidates);
        for (int level = fromLevel - 1; level >= 0; level--) {
            long open = ~taken(level, (int) at);
            at = (at << WORD_SHIFT) + Long.numberOfTrailingZeros(open);
        }
        return at;
    }

    /**
     * Takes free blocks in a row, up to the first one that is taken.
     *
     * @param from a free block
     * @return how many, 1 to {@code most}
     */
    int takeRun(long from, int most) {
        int run = 0;
        boolean goesOn = true;
        while (goesOn) {
            long at = from + run;
            int word = (int) (at >>> WORD_SHIFT);
            int bit = (int) (at & BIT_MASK);
            int room = Math.min(Long.SIZE - bit,
                    Long.numberOfTrailingZeros(taken(0, word) >>> bit));
            int part = Math.min(room, most - run);
            take(word, (part == Long.SIZE ? -1 : (1L << part) - 1) << bit);
            run += part;
            goesOn = bit + part == Long.SIZE && run < most && from + run < blocks;
        }
        free -= run;
        return run;
    }

    private void take(int word, long ones) {
        levels[0][word] ^= ones;
        int at = word;
        for (int level = 0; level < levels.length - 1 && taken(level, at) == -1; level++) {
            setTaken(level + 1, at);
            at >>>= WORD_SHIFT;
        }
    }

    private void setTaken(int level, int bit) {
        long one = 1L << bit;
        int word = bit >>> WORD_SHIFT;
        if ((taken(level, word) & one) == 0) {
            levels[level][word] ^= one;
        }
    }
}
