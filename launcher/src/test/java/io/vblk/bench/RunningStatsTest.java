// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

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

    @RepeatedTest(50)
    void partsTogetherAreTheWhole(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        RunningStats whole = new RunningStats();
        RunningStats sum = new RunningStats();
        for (int part = 0; part < 5; part++) {
            RunningStats stats = new RunningStats();
            int count = random.nextInt(4) * random.nextInt(100);
            for (int i = 0; i < count; i++) {
                double value = random.nextGaussian() * 100 + part;
                stats.add(value);
                whole.add(value);
            }
            sum.add(stats);
        }

        assertEquals(whole.count(), sum.count());
        assertEquals(whole.min(), sum.min());
        assertEquals(whole.max(), sum.max());
        assertEquals(whole.mean(), sum.mean(), 1e-9);
        assertEquals(whole.deviation(), sum.deviation(), 1e-9);
    }
}
