// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Mean and deviation of a stream, also of streams put together. */
final class RunningStatsTest {
    private static RunningStats of(double... values) {
        RunningStats stats = new RunningStats();
        for (double value : values) {
            stats.add(value);
        }
        return stats;
    }

    @Test
    void nothingIsZero() {
        RunningStats none = new RunningStats();

        assertEquals(0, none.count());
        assertEquals(0, none.min());
        assertEquals(0, none.max());
        assertEquals(0, none.mean());
        assertEquals(0, none.deviation());
    }

    @Test
    void oneHasNoDeviation() {
        RunningStats one = of(-5);

        assertEquals(1, one.count());
        assertEquals(-5, one.min());
        assertEquals(-5, one.max());
        assertEquals(-5, one.mean());
        assertEquals(0, one.deviation());
    }

    @Test
    void someByHand() {
        RunningStats stats = of(2, 4, 4, 4, 5, 5, 7, 9);

        assertEquals(8, stats.count());
        assertEquals(2, stats.min());
        assertEquals(9, stats.max());
        assertEquals(5, stats.mean(), 1e-12);
        assertEquals(Math.sqrt(32.0 / 7), stats.deviation(), 1e-12);
    }

    @Test
    void largeOffsetsLoseNothing() {
        assertEquals(1, of(1e9 + 1, 1e9 + 2, 1e9 + 3).deviation(), 1e-6);
    }

    /** Two jobs that move 100 and 40 a second move 140 together. */
    @Test
    void streamsBesideEachOtherAddUp() {
        RunningStats sum = new RunningStats();
        sum.addBeside(of(90, 100, 110));
        sum.addBeside(of(38, 40, 42));

        assertEquals(6, sum.count());
        assertEquals(128, sum.min());
        assertEquals(152, sum.max());
        assertEquals(140, sum.mean(), 1e-12);
        assertEquals(Math.sqrt(100 + 4), sum.deviation(), 1e-9);
    }

    @Test
    void nothingBesideAStreamChangesNothing() {
        RunningStats sum = new RunningStats();
        sum.addBeside(of(90, 100, 110));
        sum.addBeside(new RunningStats());

        assertEquals(100, sum.mean());
        assertEquals(10, sum.deviation(), 1e-9);
    }
}
