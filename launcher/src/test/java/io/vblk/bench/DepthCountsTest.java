// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** fio's classes: a depth counts for the power of two below it, a batch for that above it. */
final class DepthCountsTest {
    private static String classOf(DepthCounts counts, int value) {
        counts.count(value, 1);
        String found = null;
        for (int i = 0; i < counts.classes(); i++) {
            if (counts.percent(i) == 100) {
                found = counts.name(i);
            }
        }
        return found;
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 2", "4, 4", "7, 4", "8, 8", "15, 8", "16, 16", "31, 16",
        "32, 32", "63, 32", "64, >=64", "1024, >=64"})
    void levels(int depth, String name) {
        assertEquals(name, classOf(DepthCounts.ofLevels(), depth));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 4", "4, 4", "5, 8", "8, 8", "9, 16", "16, 16", "17, 32", "32, 32",
        "33, 64", "63, 64", "64, 64", "65, >=64", "1024, >=64"})
    void batches(int size, String name) {
        assertEquals(name, classOf(DepthCounts.ofBatches(), size));
    }

    @Test
    void sharesAreOfAll() {
        DepthCounts counts = DepthCounts.ofLevels();
        assertEquals(0, counts.percent(0));
        counts.count(1, 3);
        counts.count(100, 1);

        assertEquals(75, counts.percent(0));
        assertEquals(25, counts.percent(counts.classes() - 1));
    }

    @Test
    void sumsOfJobs() {
        DepthCounts one = DepthCounts.ofBatches();
        one.count(1, 1);
        DepthCounts other = DepthCounts.ofBatches();
        other.count(5, 3);
        one.add(other);

        assertEquals(25, one.percent(1));
        assertEquals(75, one.percent(2));
    }
}
