// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.vblk.bench.SliceRunner;
import io.vblk.posix.Posix;
import io.vblk.regress.FloorLoop;
import io.vblk.regress.LatencyBudget;
import io.vblk.regress.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * What the device path may cost, as a multiple of what asking another thread costs here at all.
 * Only with the profile latency; see docs/latency-regression.md.
 */
@Tag("latency")
final class DevicePathLatencyIT {
    /** Twice what it was when this was written, for other processors have other floors. */
    private static final double BUDGET = 6;
    private static final int WARM_UP_MS = 2_000;
    private static final int ROUNDS = 80;
    private static final long SEED = 1;

    @Test
    void aPolledRequestKeepsItsBudget(TestReporter reporter) throws IOException {
        List<Integer> cpus = Posix.cpus().stream().boxed().toList();
        Assumptions.assumeTrue(cpus.size() > 1, "polling on both sides needs two processors");
        int guest = cpus.get(cpus.size() - 2);
        int loop = cpus.get(cpus.size() - 1);
        LatencyBudget.Outcome outcome;
        try (FloorLoop floor = new FloorLoop(guest, loop);
                SliceRunner device = RegressLoad.open("memory:16M", Map.of("rw", "randread",
                        "iothread-cpus", Integer.toString(loop)), List.of(guest))) {
            outcome = LatencyBudget.compare(
                    floor, device::run, BUDGET, WARM_UP_MS, ROUNDS, SEED);
        }
        reporter.publishEntry("latency", outcome.toString());
        if (outcome.verdict() == Verdict.INCONCLUSIVE) {
            Assumptions.abort(outcome.toString());
        }
        assertNotEquals(Verdict.REGRESSED, outcome.verdict(), outcome::toString);
    }
}
