// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An order of numbers without memory. */
final class PermutationTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 31, 63, 64, 65, 1000, 65_535, 65_537})
    void hasEachNumberOnce(int count) {
        Permutation permutation = new Permutation(count);
        RandomStream random = new RandomStream(count);
        for (int order = 0; order < 5; order++) {
            permutation.shuffle(random);
            BitSet seen = new BitSet();
            for (int i = 0; i < count; i++) {
                long number = permutation.at(i);
                assertTrue(number >= 0 && number < count);
                seen.set((int) number);
            }
            assertEquals(count, seen.cardinality());
        }
    }

    @Test
    void staysInsideVeryLargeCounts() {
        Permutation permutation = new Permutation((1L << 61) + 1);
        permutation.shuffle(new RandomStream(1));
        for (int i = 0; i < 1_000; i++) {
            long number = permutation.at(i);
            assertTrue(number >= 0 && number <= 1L << 61);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 37, 100})
    void eachNumberIsAsLikelyAtEachPlace(int count) {
        Permutation permutation = new Permutation(count);
        RandomStream random = new RandomStream(5);
        long[] first = new long[count];
        long[] distance = new long[count];
        for (int order = 0; order < 20_000; order++) {
            permutation.shuffle(random);
            first[(int) permutation.at(0)]++;
            distance[(int) Math.floorMod(permutation.at(4) - permutation.at(3), (long) count)]++;
        }

        assertTrue(Statistics.chiSquare(first) < Statistics.chiSquareLimit(count - 1));
        long[] others = Arrays.copyOfRange(distance, 1, count);
        for (long times : others) {
            assertEquals(20_000.0 / (count - 1), times, 20_000.0 / (count - 1) * 0.5);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 20, (1 << 20) + 1, 3_000_017})
    void neighboursInTimeAreAsFarApartAsDrawnOnes(long count) {
        Permutation permutation = new Permutation(count);
        permutation.shuffle(new RandomStream(count));
        int cells = 32;
        long[] pairs = new long[cells * cells];
        for (int i = 0; i + 1 < 400_000; i += 2) {
            int one = (int) (permutation.at(i) * cells / count);
            int next = (int) (permutation.at(i + 1) * cells / count);
            pairs[one * cells + next]++;
        }

        assertTrue(Statistics.chiSquare(pairs) < Statistics.chiSquareLimit(pairs.length - 1),
                "chi-square " + Statistics.chiSquare(pairs));
    }
}
