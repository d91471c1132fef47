// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Where a series changes, and that one that does not has no such place. */
final class ChangePointsTest {
    private static double[] steps(long seed, double sd, double... levels) {
        Random random = new Random(seed);
        double[] values = new double[20 * levels.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = levels[i / 20] + sd * random.nextGaussian();
        }
        return values;
    }

    @Test
    void findsAStep() {
        List<ChangePoints.Change> changes = ChangePoints.of(steps(1, 1, 0, 8), 2);

        assertEquals(1, changes.size(), changes.toString());
        assertEquals(20, changes.get(0).index());
        assertEquals(8, changes.get(0).after() - changes.get(0).before(), 1);
        assertTrue(changes.get(0).probability() <= 0.01);
    }

    @Test
    void findsTheWayBackToo() {
        List<ChangePoints.Change> changes = ChangePoints.of(steps(2, 1, 0, 8, 0), 2);

        assertEquals(List.of(20, 40), changes.stream().map(ChangePoints.Change::index).toList());
    }

    @Test
    void aStepThatDoesNotMatterIsNotNamed() {
        assertEquals(List.of(), ChangePoints.of(steps(3, 0.1, 0, 1), 2));
    }

    @Test
    void noiseHasNoSteps() {
        int found = 0;
        for (long seed = 1; seed <= 60; seed++) {
            found += ChangePoints.of(steps(seed, 2, 0, 0), 2).size();
        }

        assertTrue(found <= 2, found + " false changes in 60 series");
    }

    @Test
    void oneWildValueIsNoChange() {
        double[] values = steps(4, 0.5, 0, 0);
        values[13] = 60;

        assertEquals(List.of(), ChangePoints.of(values, 2));
    }

    @Test
    void tooShortASeriesHasNone() {
        assertEquals(List.of(), ChangePoints.of(new double[] {0, 0, 9, 9, 9}, 2));
        assertEquals(List.of(), ChangePoints.of(new double[0], 2));
    }

    @Test
    void theSameSeriesGivesTheSameAnswer() {
        double[] values = steps(5, 3, 0, 3, 6);

        assertEquals(ChangePoints.of(values, 2), ChangePoints.of(values, 2));
    }
}
