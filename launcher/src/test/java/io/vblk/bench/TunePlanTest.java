// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which settings are tried, and the arithmetic of comparing them. */
final class TunePlanTest {
    private static final Map<String, String> DEFAULTS = Map.of(
            "poll-max-ns", "32768", "poll-policy", "weighted", "poll-weight", "3",
            "aio", "io_uring");

    private static TunePlan plan(String... words) {
        Map<String, List<String>> sweep = new LinkedHashMap<>();
        for (String word : words) {
            sweep.put(word.split("=")[0], List.of(word.split("=")[1].split(",")));
        }
        return new TunePlan(sweep, DEFAULTS);
    }

    private static List<String> lines(List<TuneSetting> settings) {
        return settings.stream().map(TuneSetting::commandLine).toList();
    }

    @Test
    void firstComeAllCombinationsAndTheReferenceOnce() {
        assertEquals(List.of("", "--poll-max-ns=0", "--poll-max-ns=0 --aio=threads",
                "--aio=threads"), lines(plan("poll-max-ns=0,32768", "aio=io_uring,threads",
                        "poll-weight=1").first()));
        assertEquals(List.of(""), lines(plan("poll-grow=2,4").first()));
    }

    @Test
    void fineOptionsAreVariedOneAtATimeWhereTheyMeanSomething() {
        TunePlan plan = plan("poll-max-ns=0,32768", "poll-weight=3,5",
                "poll-policy=classic,weighted");
        assertEquals(List.of("--poll-weight=5", "--poll-policy=classic"),
                lines(plan.second(plan.first())));
        assertEquals(List.of(), plan.second(List.of(new TuneSetting(
                Map.of("poll-max-ns", "0")))));
        assertEquals(List.of(), lines(new TunePlan(Map.of("poll-weight", List.of("5")),
                Map.of("poll-policy", "classic")).second(List.of(TuneSetting.REFERENCE))));
    }

    @Test
    void tooManyCombinationsAreRefused() {
        String many = String.join(",", IntStream.range(0, 9).mapToObj(String::valueOf).toList());
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> plan("iothreads=" + many, "aio-max-batch=" + many)).getMessage()
                .contains("more than 64 combinations"));
        plan("poll-grow=" + many, "poll-shrink=" + many);
    }

    @Test
    void intervalsHoldTheMedianAsOftenAsTheyClaim() {
        Random random = new Random(5);
        int held = 0;
        for (int i = 0; i < 200; i++) {
            double[] values = random.doubles(30, -1, 1).toArray();
            TuneStatistics.Interval interval =
                    new TuneStatistics(TuneGoal.P99, i).interval(values, 0.95);
            held += interval.low() <= 0 && interval.high() >= 0 ? 1 : 0;
        }
        assertTrue(held >= 175 && held < 200, held + " of 200");
    }

    @Test
    void coinsAreCounted() {
        assertEquals(1, TuneStatistics.chance(10, 0), 1e-12);
        assertEquals(11.0 / 1024, TuneStatistics.chance(10, 9), 1e-12);
        assertEquals(0.5, TuneStatistics.chance(1, 1), 1e-12);
    }

    @Test
    void onlyRoundsThatBothHaveAreCompared() {
        TuneEntry one = new TuneEntry(TuneSetting.REFERENCE);
        TuneEntry other = new TuneEntry(new TuneSetting(Map.of("aio", "threads")));
        for (int round = 0; round < 4; round++) {
            one.slices.put(round, slice(100));
            if (round != 1) {
                other.slices.put(round, slice(100 * (round + 1)));
            }
        }
        double[] ratios = TuneStatistics.ratios(TuneGoal.P99, other, one, 1);
        assertEquals(2, ratios.length);
        assertEquals(Math.log(3), ratios[0], 1e-12);
        assertEquals(Math.log(4), ratios[1], 1e-12);
        assertEquals(0, TuneStatistics.ratios(TuneGoal.CPU, other, one, 0).length, "not known");
    }

    private static TuneSlice slice(double p99Ns) {
        return new TuneSlice(1, p99Ns, p99Ns, Double.NaN, Double.NaN, 0, 0, 0);
    }
}
