// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.NanoClock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The search for a setting, on slices whose truth is known and on a clock of its own. */
final class TuneRaceTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final String POLL = "poll-max-ns";

    /** What a setting truly is like. */
    private record Truth(double p99Us, double cpuUs) {}

    /** Slices with noise: the machine is the same to all settings of a round. */
    private static final class Synthetic implements TuneBench {
        final Map<TuneSetting, Integer> slices = new LinkedHashMap<>();
        private final Function<TuneSetting, Truth> truths;
        private final double noise;
        private final long seed;
        private final Random random;
        long nowNs;
        int stopAfter = Integer.MAX_VALUE;
        private boolean stopped;

        Synthetic(Function<TuneSetting, Truth> truths, double noise, long seed) {
            this.truths = truths;
            this.noise = noise;
            this.seed = seed;
            this.random = new Random(seed);
        }

        @Override
        public TuneSlice slice(TuneSetting setting, int round, long lengthNs) {
            nowNs += lengthNs;
            if (stopAfter-- <= 0) {
                stopped = true;
            }
            if (stopped) {
                return null;
            }
            slices.merge(setting, 1, Integer::sum);
            Truth truth = truths.apply(setting);
            double machine = Math.exp(0.5 * new Random(seed * 1_000 + round).nextGaussian());
            double own = Math.exp(noise * random.nextGaussian());
            double p99Ns = 1e3 * truth.p99Us * machine * own;
            return new TuneSlice(1e9 / p99Ns, p99Ns / 2, p99Ns, 1e3 * truth.cpuUs * machine,
                    10 * truth.cpuUs, Double.NaN, Double.NaN, 1);
        }

        @Override
        public void leave(TuneSetting setting) {}

        @Override
        public void stop() {
            stopped = true;
        }

        @Override
        public void close() {}
    }

    private static TunePlan plan(String... fine) {
        Map<String, List<String>> sweep = new LinkedHashMap<>();
        sweep.put(POLL, List.of("0", "1000", "2000", "4000", "8000"));
        if (fine.length > 0) {
            sweep.put("poll-grow", List.of(fine));
        }
        return new TunePlan(sweep, Map.of(POLL, "4000", "poll-grow", "0"));
    }

    private static TuneRules rules(TuneGoal goal, double limit, long seed) {
        return new TuneRules("disk", "defaults", goal, limit, 60 * SECOND_NS, seed);
    }

    private static TuneReport run(TunePlan plan, TuneRules rules, Synthetic bench)
            throws IOException {
        NanoClock clock = () -> bench.nowNs;
        return new TuneRace(plan, rules, bench, clock).run(step -> { });
    }

    private static String poll(TuneSetting setting) {
        return setting.options().getOrDefault(POLL, "4000");
    }

    private static Truth oneIsBest(TuneSetting setting) {
        return new Truth(poll(setting).equals("8000") ? 80 : 100, 5);
    }

    @Test
    void theBestIsFoundAndOthersGetLessTime() throws Exception {
        int right = 0;
        for (long seed = 0; seed < 20; seed++) {
            Synthetic bench = new Synthetic(TuneRaceTest::oneIsBest, 0.05, seed);
            TuneReport report = run(plan(), rules(TuneGoal.P99, 0, seed), bench);
            TuneSetting best = new TuneSetting(Map.of(POLL, "8000"));
            assertTrue(bench.nowNs <= 61 * SECOND_NS, "it keeps to its budget");
            if (report.recommended().equals(best)) {
                right++;
                assertTrue(report.verdict.confidence() > 0.9);
                assertTrue(bench.nowNs >= 55 * SECOND_NS, "it uses its budget");
                int lost = bench.slices.get(new TuneSetting(Map.of(POLL, "0")));
                assertTrue(lost <= 10 && bench.slices.get(best) > 4 * lost,
                        bench.slices.toString());
                assertTrue(report.toText().contains("--poll-max-ns=8000\n"), report.toText());
                assertEquals(best, report.rows().get(0).entry().setting);
            }
        }
        assertTrue(right >= 19, right + " of 20");
    }

    @Test
    void equalSettingsKeepTheDefaults() throws Exception {
        int kept = 0;
        for (long seed = 0; seed < 40; seed++) {
            TuneReport report = run(plan("2", "4"), rules(TuneGoal.P99, 0, seed),
                    new Synthetic(setting -> new Truth(100, 5), 0.1, seed));
            kept += report.recommended().isReference() ? 1 : 0;
        }
        assertTrue(kept >= 38, kept + " of 40");
        TuneReport report = run(plan(), rules(TuneGoal.P99, 0, 1),
                new Synthetic(setting -> new Truth(100, 5), 0.1, 1));
        assertTrue(report.toText().contains("Keep the defaults (confidence "), report.toText());
    }

    @Test
    void aDifferenceThatMattersToNobodyIsNone() throws Exception {
        TuneReport report = run(plan(), rules(TuneGoal.P99, 0, 3), new Synthetic(
                setting -> new Truth(poll(setting).equals("0") ? 99 : 100, 5), 0.0001, 3));
        assertTrue(report.recommended().isReference());
        assertTrue(report.verdict.confidence() > 0.99, "and that is sure");
    }

    @Test
    void ofThoseAlikeTheCheapestIsTaken() throws Exception {
        Function<TuneSetting, Truth> truths = setting -> switch (poll(setting)) {
            case "8000" -> new Truth(80, 9);
            case "2000" -> new Truth(80.5, 3);
            default -> new Truth(100, 5);
        };
        TuneReport report = run(plan(), rules(TuneGoal.P99, 0, 5),
                new Synthetic(truths, 0.001, 5));
        assertEquals("--poll-max-ns=2000", report.recommended().commandLine());
    }

    @Test
    void theLimitOfProcessorTimeHolds() throws Exception {
        Function<TuneSetting, Truth> truths = setting -> switch (poll(setting)) {
            case "8000" -> new Truth(50, 9);
            case "2000" -> new Truth(80, 3);
            default -> new Truth(100, 5);
        };
        assertEquals("--poll-max-ns=8000", run(plan(), rules(TuneGoal.P99, 0, 5),
                new Synthetic(truths, 0.02, 5)).recommended().commandLine());
        assertEquals("--poll-max-ns=2000", run(plan(), rules(TuneGoal.P99, 60, 5),
                new Synthetic(truths, 0.02, 5)).recommended().commandLine());
        TuneReport none = run(plan(), rules(TuneGoal.P99, 10, 5),
                new Synthetic(truths, 0.02, 5));
        assertEquals(null, none.recommended());
        assertTrue(none.toText().contains("No setting stays below 10 %"), none.toText());
    }

    @Test
    void eachGoalHasItsOwnBest() throws Exception {
        Function<TuneSetting, Truth> truths = setting -> switch (poll(setting)) {
            case "8000" -> new Truth(70, 9);
            case "0" -> new Truth(140, 2);
            default -> new Truth(100, 5);
        };
        for (TuneGoal goal : TuneGoal.values()) {
            TuneReport report = run(plan(), rules(goal, 0, 7), new Synthetic(truths, 0.02, 7));
            assertEquals(goal == TuneGoal.CPU ? "0" : "8000", poll(report.recommended()),
                    goal.toString());
            double ratio = goal.shown(report.rows().get(0).ratio());
            assertEquals(goal == TuneGoal.IOPS, ratio > 1, "more IOPS, less of all else");
        }
    }

    @Test
    void neighboursOfTheBestTradesAreTried() throws Exception {
        Function<TuneSetting, Truth> truths = setting -> new Truth(
                (poll(setting).equals("8000") ? 80 : 100)
                        * ("4".equals(setting.options().get("poll-grow")) ? 0.8 : 1), 5);
        Synthetic bench = new Synthetic(truths, 0.03, 11);
        TuneReport report = run(plan("4"), rules(TuneGoal.P99, 0, 11), bench);
        assertEquals("--poll-max-ns=8000 --poll-grow=4", report.recommended().commandLine());
        assertFalse(bench.slices.containsKey(
                new TuneSetting(Map.of(POLL, "0", "poll-grow", "4"))), "no polling, no growing");
    }

    @Test
    void whatIsKnownWhenStoppedIsTheResult() throws Exception {
        for (int after : List.of(0, 3, 7, 20, 60)) {
            Synthetic bench = new Synthetic(TuneRaceTest::oneIsBest, 0.01, 2);
            bench.stopAfter = after;
            TuneReport report = run(plan(), rules(TuneGoal.P99, 0, 2), bench);
            int rounds = Math.max(0, after - 5) / 5;
            assertTrue(report.rows().size() == (rounds > 0 ? 5 : 0), report.toText());
            assertEquals(rounds < 4, report.recommended() == null, report.toText());
            assertEquals(rounds < 4, !report.toText().contains("confidence"), report.toText());
            assertTrue(report.toJson().contains("\"recommended\""));
            assertTrue(report.toSvg().contains("</svg>"));
        }
    }

    @Test
    void theSameSeedAsksInTheSameOrder() throws Exception {
        List<List<TuneSetting>> orders = new ArrayList<>();
        for (long seed : new long[] {4, 4, 5}) {
            List<TuneSetting> asked = new ArrayList<>();
            Synthetic bench = new Synthetic(setting -> {
                asked.add(setting);
                return new Truth(100, 5);
            }, 0.01, 1);
            run(plan(), rules(TuneGoal.P99, 0, seed), bench);
            orders.add(asked.subList(0, 15));
        }
        assertEquals(orders.get(0), orders.get(1));
        assertFalse(orders.get(0).equals(orders.get(2)));
    }

    @Test
    void tooShortABudgetIsRefused() {
        TuneRules rules = new TuneRules(
                "disk", "defaults", TuneGoal.P99, 0, SECOND_NS, 1);
        String message = assertThrows(IllegalArgumentException.class,
                () -> new TuneRace(plan(), rules, new Synthetic(TuneRaceTest::oneIsBest, 0, 1)))
                .getMessage();
        assertTrue(message.startsWith("budget is too short for 5 settings"), message);
    }
}
