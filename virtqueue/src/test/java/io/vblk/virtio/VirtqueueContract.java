// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.virtio.QueuePair.Side;
import io.vblk.virtio.ReferenceDriver.Buffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every pair of driver side and device side must do, on both kinds of ring; subclasses name
 * the pair. Kicks and calls are compared with what the specification says for 64-bit counters that
 * never wrap.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class VirtqueueContract {
    /** More than once around the 16-bit indices, and both wrap counters of the largest ring. */
    private static final int REQUESTS = 70_001;
    private static final int INDICES = 65_536;
    /** Several times around small rings. */
    private static final int SHORT_REQUESTS = 300;
    private static final int ALIGNMENTS_END = 64;

    private final boolean packed;
    private final Side driverSide;
    private final Side deviceSide;
    private QueuePair pair;

    VirtqueueContract(boolean packed, Side driverSide, Side deviceSide) {
        this.packed = packed;
        this.driverSide = driverSide;
        this.deviceSide = deviceSide;
    }

    List<QueueSetup> setups() {
        return QueueSetup.all(packed, driverSide == Side.REFERENCE);
    }

    private List<QueueSetup> setupsOf16() {
        return QueueSetup.ofSize(packed, 16, driverSide == Side.REFERENCE);
    }

    private void open(QueueSetup setup) throws VirtioException {
        pair = new QueuePair(setup, driverSide, deviceSide);
    }

    @AfterEach
    void close() {
        if (pair != null) {
            pair.close();
            pair = null;
        }
    }

    // ------------------------------------------------------------------ journeys

    @ParameterizedTest
    @MethodSource("setups")
    void keepsOrderContentAndNotifications(QueueSetup setup) throws VirtioException {
        open(setup);
        travel(SHORT_REQUESTS + 2 * setup.size());
    }

    @ParameterizedTest
    @MethodSource("setupsOf16")
    void keepsThemAroundTheIndices(QueueSetup setup) throws VirtioException {
        open(setup);
        travel(REQUESTS);
    }

    private void travel(int requests) {
        new Journey(pair, deviceSide == Side.OURS, requests).run();
    }

    @Test
    void keepsThemAtEveryLegalAlignment() throws VirtioException {
        // Only this driver lets others choose the place.
        for (QueueSetup setup : driverSide == Side.REFERENCE ? setupsOf16()
                : List.<QueueSetup>of()) {
            for (int at = 0; at < ALIGNMENTS_END; at += packed ? 4 : 2) {
                try (GuestRam ram = GuestRam.ofBytes(setup.bytesNeeded())) {
                    pair = new QueuePair(setup, ram, areasAt(ram, at), deviceSide);
                    travel(SHORT_REQUESTS);
                }
            }
        }
        pair = null;
    }

    /** Areas whose places within a cache line go through all that are allowed. */
    private VirtqueueConfig areasAt(GuestRam ram, int at) {
        long desc = ram.allocate(512, 64) + at / 4 % 4 * 16;
        long avail = ram.allocate(128, 64) + at;
        long used = ram.allocate(256, 64) + at * 5 / 4 * 4 % 64;
        return new VirtqueueConfig(16, desc, avail, used, packed ? 0x80008000 : 0);
    }

    // ------------------------------------------------------------------ known patterns

    @ParameterizedTest
    @MethodSource("setups")
    void kicksAndCallsOncePerBatchWhileAskedTo(QueueSetup setup) throws VirtioException {
        open(setup);
        int kicks = 0;
        int calls = 0;
        int batches = 40;
        int token = 0;
        for (int batch = 0; batch < batches; batch++) {
            int count = fill(token, 1 + batch % 7);
            kicks += pair.driver.publish() ? 1 : 0;
            assertFalse(pair.driver.publish(), "kick for nothing new");
            serve(count);
            pair.device.enableKicks();
            pair.device.publishUsed();
            calls += pair.device.needsCall() ? 1 : 0;
            assertFalse(pair.device.needsCall(), "call for nothing new");
            drain(count);
            pair.driver.enableCalls();
            token += count;
        }
        assertEquals(batches, kicks);
        assertEquals(batches, calls);
    }

    @ParameterizedTest
    @MethodSource("setups")
    void neitherKicksNorCallsWhileSwitchedOff(QueueSetup setup) throws VirtioException {
        open(setup);
        int kicks = 0;
        int calls = 0;
        pair.device.disableKicks();
        pair.driver.disableCalls();
        List<Buffer> one = List.of(new Buffer(pair.data, 1, true));
        // In threes the index comes by in the middle of a batch.
        int batch = Math.min(setup.size(), 3);
        int requests = setup.size() <= 16 ? REQUESTS : 3_000;
        for (int token = 0; token < requests; token += batch) {
            for (int i = 0; i < batch; i++) {
                assertTrue(pair.driver.add(token + i, one));
            }
            kicks += pair.driver.publish() ? 1 : 0;
            serve(batch);
            pair.device.publishUsed();
            calls += pair.device.needsCall() ? 1 : 0;
            drain(batch);
        }
        // An event index of a split ring that stays where it is asks once, and again each time the
        // index comes by; one that is moved behind, as ours are, only then. A packed ring can say
        // never.
        boolean byIndex = setup.eventIdx() && !packed;
        int staying = byIndex ? 1 + (requests - 1) / INDICES : 0;
        int behind = byIndex ? requests / INDICES : 0;
        assertEquals(deviceSide == Side.OURS ? behind : staying, kicks);
        // Our device calls at its first decision in any case.
        int first = byIndex && deviceSide == Side.OURS ? 1 : 0;
        assertEquals(driverSide == Side.OURS ? behind + first : staying, calls);
    }

    @ParameterizedTest
    @MethodSource("setups")
    void asksAgainAfterHavingBeenSwitchedOff(QueueSetup setup) throws VirtioException {
        open(setup);
        for (int token = 0; token < 100; token++) {
            pair.device.disableKicks();
            pair.driver.disableCalls();
            fill(2 * token, 1);
            pair.driver.publish();
            serve(1);
            pair.device.publishUsed();
            pair.device.needsCall();
            drain(1);
            pair.device.enableKicks();
            pair.driver.enableCalls();
            fill(2 * token + 1, 1);
            assertTrue(pair.driver.publish(), "kick");
            serve(1);
            pair.device.publishUsed();
            assertTrue(pair.device.needsCall(), "call");
            drain(1);
        }
    }

    @ParameterizedTest
    @MethodSource("setupsOf16")
    void decidesForWhatIsShownAlsoWhenMoreIsUsedAlready(QueueSetup setup) throws VirtioException {
        open(setup);
        List<Buffer> one = List.of(new Buffer(pair.data, 1, true));
        for (int round = 0; round < 50; round++) {
            for (int i = 0; i < 3; i++) {
                assertTrue(pair.driver.add(i, one));
            }
            pair.driver.publish();
            pair.driver.enableCalls();
            for (int i = 0; i < 3; i++) {
                pair.device.addUsed(pair.device.pop().head(), 1);
                if (i == 0) {
                    pair.device.publishUsed();
                }
            }
            assertTrue(pair.device.needsCall(), "call for the first one");
            pair.device.publishUsed();
            pair.device.needsCall();
            drain(3);
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void showsNothingBeforeItIsPublished(QueueSetup setup) throws VirtioException {
        open(setup);
        int count = fill(0, 3);
        assertTrue(pair.device.isEmpty());
        assertNull(pair.device.pop());
        pair.driver.publish();
        serve(count);
        assertFalse(pair.driver.hasUsed());
        assertNull(pair.driver.pollUsed());
        pair.device.publishUsed();
        drain(count);
    }

    @ParameterizedTest
    @MethodSource("setups")
    void takesAsManyChainsAsThereAreDescriptors(QueueSetup setup) throws VirtioException {
        open(setup);
        // Twice, so that a descriptor lost on the way would be missed.
        for (int round = 0; round < 2; round++) {
            List<Buffer> one = List.of(new Buffer(pair.data, 1, true));
            for (int i = 0; i < setup.size(); i++) {
                assertTrue(pair.driver.add(i, one));
            }
            assertFalse(pair.driver.add(setup.size(), one));
            pair.driver.publish();
            serve(setup.size());
            pair.device.publishUsed();
            drain(setup.size());
        }
    }

    /** Adds up to {@code wanted} chains; returns how many found room. */
    private int fill(int token, int wanted) {
        int count = 0;
        while (count < wanted && pair.driver.add(token + count, pair.buffersOf(token + count))) {
            count++;
        }
        assertTrue(count > 0);
        return count;
    }

    private void serve(int count) {
        for (int i = 0; i < count; i++) {
            pair.device.addUsed(pair.device.pop().head(), 0);
        }
        assertTrue(pair.device.isEmpty());
    }

    private void drain(int count) {
        for (int i = 0; i < count; i++) {
            pair.driver.pollUsed();
        }
        assertFalse(pair.driver.hasUsed());
    }
}
