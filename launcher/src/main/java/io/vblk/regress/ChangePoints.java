// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Where a series begins to be about something else: the place that divides it into two parts which
 * differ most by their energy distance, if shuffled series hardly ever have such a place; then the
 * same in both parts (E-divisive, Matteson and James, 2014). Thread: any.
 */
final class ChangePoints {
    /** Fewer values are no part. */
    static final int PART_MIN = 3;
    /** Longer series are looked at from here on back: what was before is known. */
    static final int SERIES_MAX = 300;
    private static final int SHUFFLES = 499;
    private static final double PROBABILITY_MAX = 0.01;
    private static final long SEED = 1;

    /**
     * A change.
     *
     * @param index of the first value that belongs to what is new
     * @param before median of the part before
     * @param after median of the part from there on
     * @param probability share of shuffled series with a change as large
     */
    record Change(int index, double before, double after, double probability) {}

    private final double[] values;
    private final double least;
    private final List<Change> changes = new ArrayList<>();
    private final Random random = new Random(SEED);

    private ChangePoints(double[] values, double least) {
        this.values = values;
        this.least = least;
    }

    /**
     * The changes of a series in its order.
     *
     * @param least smallest difference of medians that matters
     */
    static List<Change> of(double[] values, double least) {
        ChangePoints points = new ChangePoints(values, least);
        points.search(Math.max(0, values.length - SERIES_MAX), values.length);
        Collections.sort(points.changes, (a, b) -> a.index - b.index);
        return points.changes;
    }

    private void search(int from, int to) {
        if (to - from < 2 * PART_MIN) {
            return;
        }
        double[] part = Arrays.copyOfRange(values, from, to);
        int[] place = new int[1];
        double distance = largest(part, place);
        int asLarge = 0;
        for (int i = 0; i < SHUFFLES; i++) {
            shuffle(part);
            asLarge += largest(part, new int[1]) >= distance ? 1 : 0;
        }
        double probability = (asLarge + 1.0) / (SHUFFLES + 1);
        int index = from + place[0];
        double before = Quantiles.median(Arrays.copyOfRange(values, from, index));
        double after = Quantiles.median(Arrays.copyOfRange(values, index, to));
        if (probability > PROBABILITY_MAX) {
            return;
        }
        if (Math.abs(after - before) >= least) {
            changes.add(new Change(index, before, after, probability));
        }
        search(from, index);
        search(index, to);
    }

    private void shuffle(double[] part) {
        for (int i = part.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            double value = part[i];
            part[i] = part[j];
            part[j] = value;
        }
    }

    /**
     * The largest energy distance between the two parts of a series, each weighted by how many it
     * has; and where. One step moves one value from the right part to the left.
     */
    private static double largest(double[] part, int[] place) {
        int n = part.length;
        double[] toLeft = new double[n];
        double[] toRight = new double[n];
        double right = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double distance = Math.abs(part[i] - part[j]);
                toLeft[i] += j < i ? distance : 0;
                toRight[i] += j > i ? distance : 0;
            }
            right += toRight[i];
        }
        double left = 0;
        double between = 0;
        double largest = -1;
        for (int k = 1; k < n; k++) {
            // The value before k has just come from the right.
            left += toLeft[k - 1];
            right -= toRight[k - 1];
            between += toRight[k - 1] - toLeft[k - 1];
            double m = k;
            double others = n - k;
            if (k >= PART_MIN && others >= PART_MIN) {
                double energy = 2 * between / (m * others) - 2 * left / (m * m)
                        - 2 * right / (others * others);
                double weighted = m * others / n * energy;
                if (weighted > largest) {
                    largest = weighted;
                    place[0] = k;
                }
            }
        }
        return largest;
    }
}
