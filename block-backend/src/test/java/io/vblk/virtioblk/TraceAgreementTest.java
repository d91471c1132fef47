// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.IothreadGuest.FEATURE_INDIRECT_DESC;
import static io.vblk.virtioblk.IothreadGuest.FEATURE_RING_PACKED;
import static io.vblk.virtioblk.IothreadGuest.SECTOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockOp;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Driver and device pick the same requests without a word: whether one had to wait for the disk is
 * known on both sides, and must be the same.
 */
class TraceAgreementTest {
    private static final int REQUESTS = 5_000;
    private static final int SLOTS = IothreadGuest.SLOTS;

    @ParameterizedTest
    @CsvSource({"false, false, 1", "true, false, 1", "false, true, 1", "true, true, 1",
        "false, false, 7", "true, true, 3"})
    void bothSidesSampleTheSameRequests(boolean packed, boolean inOrder, int interval)
            throws Exception {
        long seed = 11;
        SplittableRandom random = new SplittableRandom(seed);
        VirtioBlkOptions options = new VirtioBlkOptions("serial", 1, 32, List.of(), inOrder,
                CallCoalescing.OFF);
        Behaviour rough = new Behaviour(0, 20, 0, 200_000, false);
        long leftOut = (packed ? 0 : FEATURE_RING_PACKED)
                | (random.nextBoolean() ? FEATURE_INDIRECT_DESC : 0);
        try (IothreadGuest guest = IothreadGuest.of(options, 1, (number, context) ->
                new SimulatedBackend(context, (long) IothreadGuest.DISK_SECTORS * SECTOR, seed,
                        rough), leftOut)) {
            VirtioBlkDriver driver = guest.drivers.get(0);
            guest.send(0, 0, BlockOp.READ, 0);
            guest.assertOk(0, 0);
            RequestTrace trace =
                    new RequestTrace(new RequestSampling(interval), 32, driver.added());
            guest.device.traceRequests(0, trace);
            Run run = new Run(driver, trace, random, inOrder);
            run.go(guest);
            System.out.println("TraceAgreementTest: packed=" + packed + " inOrder=" + inOrder
                    + " interval=" + interval + " seed=" + seed + ": " + run.found
                    + " records of " + REQUESTS + " requests, " + run.missing + " missing");
            assertTrue(run.found > REQUESTS / interval / 2, run.found + " records");
            assertEquals(0, run.missing, "records that others were in the place of");
        }
    }

    /** Requests of all kinds, as many as there are slots for. */
    private static final class Run {
        private static final int READ = 0;
        private static final int GET_ID = 1;

        private final VirtioBlkDriver driver;
        private final RequestTrace trace;
        private final SplittableRandom random;
        private final int[] kinds = new int[SLOTS];
        private final long[] sentNs = new long[SLOTS];
        private final boolean[] out = new boolean[SLOTS];
        private final long[] record = new long[RequestTrace.FIELDS];
        private final boolean inOrder;
        private long lastCompletedNs;
        private int found;
        private int missing;

        Run(VirtioBlkDriver driver, RequestTrace trace, SplittableRandom random,
                boolean inOrder) {
            this.inOrder = inOrder;
            this.driver = driver;
            this.trace = trace;
            this.random = random;
        }

        void go(IothreadGuest guest) {
            int sent = 0;
            int seen = 0;
            while (seen < REQUESTS) {
                int more = random.nextInt(SLOTS + 1);
                for (int slot = 0; slot < SLOTS && more > 0 && sent < REQUESTS; slot++) {
                    if (!out[slot]) {
                        send(slot);
                        sent++;
                        more--;
                    }
                }
                driver.kick();
                if (seen < sent) {
                    check(guest.awaitSlot(0));
                    seen++;
                }
            }
        }

        private void send(int slot) {
            kinds[slot] = random.nextInt(3);
            sentNs[slot] = System.nanoTime();
            out[slot] = true;
            boolean added = switch (kinds[slot]) {
                case READ -> driver.transfer(
                        slot, BlockOp.READ, (long) random.nextInt(100) * SECTOR, SECTOR);
                case GET_ID -> driver.getId(slot);
                // Not a whole sector: refused by the device, after the chain was taken.
                default -> driver.transfer(slot, BlockOp.WRITE, 0, 100);
            };
            assertTrue(added);
        }

        private void check(int slot) {
            long seenNs = System.nanoTime();
            out[slot] = false;
            long number = driver.number(slot);
            boolean sampled = trace.sampling().next(number) == number;
            if (!trace.read(number, record)) {
                missing += sampled ? 1 : 0;
                return;
            }
            assertTrue(sampled, "request " + number + " has a record");
            found++;
            assertEquals(kinds[slot] == READ,
                    RequestTrace.isQueued(record[RequestTrace.INFO]), "request " + number);
            long beforeNs = sentNs[slot];
            for (int field : new int[] {RequestTrace.POPPED, RequestTrace.SUBMITTED,
                RequestTrace.COMPLETED, RequestTrace.PUBLISHED}) {
                assertTrue(record[field] - beforeNs >= 0, "field " + field + " of " + number);
                beforeNs = record[field];
            }
            assertTrue(seenNs - beforeNs >= 0, "seen before it was shown");
            if (inOrder && found > 1) {
                assertTrue(beforeNs - lastCompletedNs >= 0, "shown before an earlier one was done");
            }
            lastCompletedNs = found == 1 ? record[RequestTrace.COMPLETED]
                    : Math.max(lastCompletedNs, record[RequestTrace.COMPLETED]);
        }
    }
}
