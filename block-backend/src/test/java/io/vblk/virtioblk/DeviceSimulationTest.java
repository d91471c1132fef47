// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import org.junit.jupiter.api.Test;

/**
 * Guests, device, loop and disk in one thread from one seed: a model of the disk's contents agrees
 * after a million requests on rings of all kinds, with errors, short transfers, overtaking, full
 * disks, queues that stop and start, a write cache switched on and off, calls held back, and power
 * cuts. {@code -Dsimulation.seed} repeats a run.
 */
class DeviceSimulationTest {
    private static final int RUNS = 200;
    private static final int REQUESTS_PER_RUN = 5_000;

    @Test
    void diskAndModelAgree() throws Exception {
        long seed = Long.getLong("simulation.seed", System.nanoTime());
        System.out.println("DeviceSimulationTest: -Dsimulation.seed=" + seed);
        SimulationCoverage coverage = new SimulationCoverage();
        for (int run = 0; run < RUNS; run++) {
            int shape = run % DeviceSimulation.SHAPES;
            try {
                // Not closed after a failure: a request that was lost would be waited for.
                DeviceSimulation simulation = new DeviceSimulation(seed + run, shape, coverage);
                simulation.run(REQUESTS_PER_RUN);
                simulation.close();
            } catch (Exception | Error e) {
                throw new AssertionError("-Dsimulation.seed=" + seed + ", run " + run
                        + ", " + SimulationCoverage.ring(shape), e);
            }
        }
        System.out.println("DeviceSimulationTest: " + coverage);
        coverage.assertWhole();
    }
}
