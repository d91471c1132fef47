// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.Direction;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** fio's classes of latency: every request is in exactly one. */
final class LatencyClassesTest {
    private static JobStats job(long... latenciesNs) {
        JobStats job = new JobStats();
        List<Direction> kinds = List.of(Direction.READ, Direction.WRITE, Direction.TRIM);
        for (int i = 0; i < latenciesNs.length; i++) {
            job.of(kinds.get(i % kinds.size())).record(0, 0, latenciesNs[i], 4096);
        }
        return job;
    }

    private static double sum(LatencyClasses classes) {
        return Arrays.stream(classes.ns()).sum() + Arrays.stream(classes.us()).sum()
                + Arrays.stream(classes.ms()).sum();
    }

    @Test
    void nothingIsInNone() {
        assertEquals(0, sum(LatencyClasses.of(new JobStats())));
    }

    @ParameterizedTest
    @CsvSource({
        "0, ns, 2", "1, ns, 2", "3, ns, 4", "15, ns, 20", "999, ns, 1000",
        "1500, us, 2", "3000, us, 4", "70000, us, 100", "300000, us, 500", "990000, us, 1000",
        "1500000, ms, 2", "300000000, ms, 500", "1900000000, ms, 2000",
        "2100000000, ms, 2001", "99000000000, ms, 2001", "500000000000, ms, 2001"})
    void eachLatencyHasItsClass(long ns, String unit, int limit) {
        LatencyClasses classes = LatencyClasses.of(job(ns));
        double[] shares = unit.equals("ns") ? classes.ns()
                : unit.equals("us") ? classes.us() : classes.ms();
        int[] limits = unit.equals("ms") ? FioFormat.LATENCY_MS : FioFormat.LATENCY_NS;
        int index = Arrays.binarySearch(limits, limit);

        assertEquals(100, shares[index < 0 ? limits.length : index]);
        assertEquals(100, sum(classes));
    }

    @Test
    void readsAndWritesCountTogether() {
        LatencyClasses classes = LatencyClasses.of(job(1, 1_500, 1_500_000, 3));

        assertArrayEquals(new double[] {25, 25}, Arrays.copyOf(classes.ns(), 2));
        assertEquals(25, classes.us()[0]);
        assertEquals(25, classes.ms()[0]);
    }

    @RepeatedTest(30)
    void sharesAreAll(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        long[] latencies = new long[1 + random.nextInt(5000)];
        for (int i = 0; i < latencies.length; i++) {
            latencies[i] = (long) Math.exp(random.nextDouble() * Math.log(5e11)) - 1;
        }
        LatencyClasses classes = LatencyClasses.of(job(latencies));

        assertEquals(100, sum(classes), 1e-9);
        assertTrue(Arrays.stream(classes.us()).allMatch(share -> share >= 0));
    }

    @Test
    void limitsOfClassesAreInOneClassOnly() {
        for (long unit : new long[] {1, 1_000, 1_000_000}) {
            for (int limit : FioFormat.LATENCY_MS) {
                for (long ns = limit * unit - 1; ns <= limit * unit + 1; ns++) {
                    assertEquals(100, sum(LatencyClasses.of(job(ns))), 1e-9, ns + " ns");
                }
            }
        }
    }
}
