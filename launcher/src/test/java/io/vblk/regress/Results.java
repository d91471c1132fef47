// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.bench.SliceResult;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/** Results of comparisons that nobody made. */
final class Results {
    static final Build BASELINE = Build.ofJar("main", "0123456789abcdef0123456789abcdef01234567",
            "main.jar");
    static final Build CANDIDATE = Build.ofJar("this <build>", null, "this.jar");
    private static final int ROUNDS = 40;

    private Results() {}

    /** A slice whose requests take about so long. */
    static Slice slice(double ns, SplittableRandom random) {
        Histogram latency = new Histogram(1, 100_000_000_000L, 2);
        for (int i = 0; i < 1_200; i++) {
            latency.recordValue((long) (ns * (0.9 + 0.2 * random.nextDouble())));
        }
        latency.recordValue((long) ns * 20);
        return Slice.of(new SliceResult(latency, (long) (1_200 * ns), 1_200, (long) (600 * ns),
                900, 100, 600, 500, null));
    }

    /** Slices of three sides with as many forks; the candidate's take so many times as long. */
    static SliceTable table(double times, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        SliceTable table = new SliceTable(3);
        for (int round = 0; round < ROUNDS; round++) {
            for (Side side : Side.values()) {
                for (int fork = 0; fork < 3; fork++) {
                    table.add(side, fork, slice(side == Side.B ? 8_000 * times : 8_000, random));
                }
            }
        }
        return table;
    }

    static ScenarioResult scenario(String name, double times) throws java.io.IOException {
        Scenario scenario = Scenarios.named(List.of(name)).get(0);
        SliceTable table = table(times, 1);
        return new ScenarioResult(scenario, ScenarioRun.judge(scenario, table, 1), table, 25,
                "guests 1, event loops 0", null, 0.5, 30, 1, 1, null);
    }

    /** One scenario that is fine, one that is not, one that could not be compared. */
    static SuiteResult suite(double times) throws java.io.IOException {
        return new SuiteResult(BASELINE, CANDIDATE, Settings.DEFAULT,
                new Environment("Some CPU", 2, "6.18", "JDK 17", "0.1", "unknown"),
                ZonedDateTime.of(2026, 11, 27, 23, 0, 0, 0, ZoneOffset.UTC),
                List.of(scenario("qd1-sleeping", 1), scenario("qd1-polled", times),
                        ScenarioResult.refused(Scenarios.named(List.of("qd32")).get(0),
                                "main: Unrecognized option: --new")), false);
    }
}
