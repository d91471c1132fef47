// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import org.junit.jupiter.api.Test;

/**
 * Guests, device, loop and disk in one thread from one seed: a model of the disk's contents agrees
 * after a million requests with errors, short transfers, overtaking, full disks, queues that stop
 * and start, and power cuts. {@code -Dsimulation.seed} repeats a run.
 */
class DeviceSimulationTest {
    private static final int RUNS = 200;
    private static final int REQUESTS_PER_RUN = 5_000;

    @Test
    void diskAndModelAgree() throws Exception {
        long seed = Long.getLong("simulation.seed", System.nanoTime());
        System.out.println("DeviceSimulationTest: -Dsimulation.seed=" + seed);
        for (int run = 0; run < RUNS; run++) {
            try (DeviceSimulation simulation = new DeviceSimulation(seed + run)) {
                simulation.run(REQUESTS_PER_RUN);
            } catch (Exception | Error e) {
                throw new AssertionError("-Dsimulation.seed=" + seed + ", run " + run, e);
            }
        }
    }
}
