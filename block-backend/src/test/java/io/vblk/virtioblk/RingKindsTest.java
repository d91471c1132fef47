// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.IothreadGuest.DISK_SECTORS;
import static io.vblk.virtioblk.IothreadGuest.FEATURE_EVENT_IDX;
import static io.vblk.virtioblk.IothreadGuest.FEATURE_INDIRECT_DESC;
import static io.vblk.virtioblk.IothreadGuest.FEATURE_IN_ORDER;
import static io.vblk.virtioblk.IothreadGuest.FEATURE_RING_PACKED;
import static io.vblk.virtioblk.IothreadGuest.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockOp;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The device with rings of each kind: split or packed, in order or not. */
class RingKindsTest {
    private static final int ROUNDS = 100;
    private static final int IOERR = 1;

    private static VirtioBlkOptions options(String serial, boolean inOrder) {
        return new VirtioBlkOptions(serial, 1, 32, List.of(), inOrder, CallCoalescing.OFF);
    }

    private static IothreadGuest guest(VirtioBlkOptions options, Behaviour behaviour, long leftOut)
            throws Exception {
        return IothreadGuest.of(options, 1, (number, context) -> new SimulatedBackend(
                context, (long) DISK_SECTORS * SECTOR, 1, behaviour), leftOut);
    }

    /** Features that the driver leaves out, in all combinations. */
    static List<Long> leftOut() {
        List<Long> all = new ArrayList<>();
        for (long packed : new long[] {0, FEATURE_RING_PACKED}) {
            for (long indirect : new long[] {0, FEATURE_INDIRECT_DESC}) {
                for (long eventIdx : new long[] {0, FEATURE_EVENT_IDX}) {
                    for (long inOrder : new long[] {0, FEATURE_IN_ORDER}) {
                        all.add(packed | indirect | eventIdx | inOrder);
                    }
                }
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("leftOut")
    void allRequestsOfTheDriverManyTimesRoundTheRing(long leftOut) throws Exception {
        try (IothreadGuest guest = guest(options("disk", true), Behaviour.PLAIN, leftOut)) {
            VirtioBlkDriver driver = guest.drivers.get(0);
            for (int i = 0; i < ROUNDS; i++) {
                byte[] expected = new byte[SECTOR];
                Arrays.fill(expected, (byte) (i + 1));
                int sector = i % DISK_SECTORS;
                guest.fill(0, 0, i + 1);
                guest.send(0, 0, BlockOp.WRITE, sector);
                guest.assertOk(0, 0);
                assertEquals(1, driver.lastUsedBytes());
                guest.fill(0, 1, 0xEE);
                guest.send(0, 1, BlockOp.READ, sector);
                guest.assertOk(0, 1);
                assertEquals(SECTOR + 1, driver.lastUsedBytes());
                assertArrayEquals(expected, guest.data(0, 1, SECTOR));
                assertTrue(driver.flush(2));
                driver.kick();
                guest.assertOk(0, 2);
                assertTrue(driver.range(3, BlockOp.WRITE_ZEROES, (long) sector * SECTOR, SECTOR,
                        true));
                driver.kick();
                guest.assertOk(0, 3);
                guest.send(0, 1, BlockOp.READ, sector);
                guest.assertOk(0, 1);
                assertArrayEquals(new byte[SECTOR], guest.data(0, 1, SECTOR));
                guest.send(0, 4, BlockOp.READ, DISK_SECTORS);
                guest.assertAnswer(0, 4, IOERR);
            }
            assertEquals(6 * ROUNDS, guest.device.stats().requests());
            assertEquals(ROUNDS, guest.device.stats().flushes());
            assertEquals(0, guest.device.stats().malformed());
        }
    }

    static List<Long> inOrder() {
        return leftOut().stream().filter(each -> (each & FEATURE_IN_ORDER) == 0).toList();
    }

    @ParameterizedTest
    @MethodSource("inOrder")
    void inOrderASlowRequestHoldsBackTheFasterOnesBehindIt(long leftOut) throws Exception {
        IothreadGuest.DiskMaker onDemand = (number, context) -> new SimulatedBackend(
                context, (long) DISK_SECTORS * SECTOR, 1, Behaviour.ON_DEMAND);
        try (IothreadGuest guest = IothreadGuest.of(options("", true), 1, onDemand, leftOut)) {
            for (int round = 0; round < ROUNDS; round++) {
                for (int slot = 0; slot < 5; slot++) {
                    guest.send(0, slot, BlockOp.READ, slot);
                }
                guest.awaitUnderWay(0, 5);
                guest.complete(0, 3);
                guest.complete(0, 1);
                guest.complete(0, 1);
                guest.assertNoAnswer(0);
                guest.complete(0, 0);
                for (int slot = 0; slot < 4; slot++) {
                    guest.assertOk(0, slot);
                }
                guest.assertNoAnswer(0);
                guest.complete(0, 0);
                guest.assertOk(0, 4);
            }
            assertEquals(5 * ROUNDS, guest.device.stats().requests());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, FEATURE_RING_PACKED})
    void aDriverThatDoesNotTakeInOrderGetsAnswersAsTheyCome(long leftOut) throws Exception {
        try (IothreadGuest guest = guest(
                options("", true), Behaviour.ON_DEMAND, leftOut | FEATURE_IN_ORDER)) {
            for (int slot = 0; slot < 3; slot++) {
                guest.send(0, slot, BlockOp.READ, slot);
            }
            guest.awaitUnderWay(0, 3);
            for (int slot = 2; slot >= 0; slot--) {
                guest.complete(0, slot);
                guest.assertOk(0, slot);
            }
        }
    }

    @Test
    void inOrderIsOfferedOnlyWhenAskedFor() throws Exception {
        try (IothreadGuest guest = guest(options("", false), Behaviour.PLAIN, 0)) {
            assertEquals(0, guest.device.features() & FEATURE_IN_ORDER);
        }
        try (IothreadGuest guest = guest(options("", true), Behaviour.PLAIN, 0)) {
            assertEquals(FEATURE_IN_ORDER, guest.device.features() & FEATURE_IN_ORDER);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "19 characters here.", "exactly 20 chars ok."})
    void theSerialIsPaddedWithZeroesToTwentyBytes(String serial) throws Exception {
        byte[] expected = new byte[24];
        Arrays.fill(expected, 20, 24, (byte) 0xEE);
        byte[] ascii = serial.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, expected, 0, ascii.length);
        for (long leftOut : new long[] {0, FEATURE_RING_PACKED}) {
            try (IothreadGuest guest = guest(options(serial, false), Behaviour.PLAIN, leftOut)) {
                guest.fill(0, 0, 0xEE);
                assertTrue(guest.drivers.get(0).getId(0));
                guest.drivers.get(0).kick();
                guest.assertOk(0, 0);
                assertEquals(21, guest.drivers.get(0).lastUsedBytes());
                assertArrayEquals(expected, guest.data(0, 0, 24));
            }
        }
    }

    @Test
    void aSerialOfTwentyOneCharactersIsRefused() {
        assertThrows(IllegalArgumentException.class,
                () -> options("twenty-one characters", false));
    }
}
