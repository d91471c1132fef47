// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** fio's bins, by values that fio 3.33 printed and by what must hold for all of them. */
final class FioBinsTest {
    @Test
    void valuesAreThoseThatFioPrints() {
        // A latency that fio logged, and what it is in json+ and percentiles.
        long[][] seen = {{60, 60}, {127, 127}, {128, 129}, {201, 201}, {43_643, 43_776},
            {2_234, 2_224}, {9_653_346, 9_633_792}, {34_385, 34_560}};
        for (long[] pair : seen) {
            assertEquals(pair[1], FioBins.valueNs(FioBins.index(pair[0])), "of " + pair[0]);
        }
    }

    @Test
    void binsFollowEachOther() {
        assertEquals(1856, FioBins.COUNT);
        for (int i = 0; i < FioBins.COUNT; i++) {
            assertEquals(i, FioBins.index(FioBins.valueNs(i)));
        }
        assertEquals(FioBins.COUNT - 1, FioBins.index(Long.MAX_VALUE));
        assertEquals(0, FioBins.index(-1));
    }

    @Test
    void noBinOfOursLiesAcrossABorder() {
        Histogram histogram = DirectionStats.histogram();
        long ns = 0;
        while (ns < DirectionStats.LATENCY_MAX_NS) {
            assertEquals(FioBins.index(histogram.lowestEquivalentValue(ns)),
                    FioBins.index(histogram.highestEquivalentValue(ns)), "at " + ns);
            ns = histogram.nextNonEquivalentValue(ns);
        }
    }

    @Test
    void nothingIsLost() {
        Histogram histogram = DirectionStats.histogram();
        for (long ns = 0; ns < 100_000_000_000L; ns = ns * 5 / 4 + 1) {
            histogram.recordValue(ns);
        }
        long[] bins = FioBins.of(histogram);

        assertEquals(histogram.getTotalCount(), Arrays.stream(bins).sum());
        assertTrue(bins[FioBins.COUNT - 1] > 1, "what is longer than 17 s is in the last");
    }
}
