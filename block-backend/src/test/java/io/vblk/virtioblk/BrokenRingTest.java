// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.QUEUE_SIZE;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.SimulatedBackend.Behaviour;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An available index that makes no sense stops its queue and nothing else (2.7.13.3). For packed
 * rings see {@link PackedRulesTest}.
 */
class BrokenRingTest {
    private HandMadeGuest guest;
    private NeighbourQueue neighbour;

    /** Beside the queue under test runs one with an ordinary driver. */
    @BeforeEach
    void start() throws Exception {
        guest = HandMadeGuest.ordinary(Behaviour.ON_DEMAND, false);
        neighbour = new NeighbourQueue(guest);
    }

    @AfterEach
    void close() {
        guest.close();
        neighbour.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {QUEUE_SIZE + 1, 1000, 0x8000, 0xFFFF})
    void anIndexThatJumpsStopsItsQueueAndNoOther(int index) {
        guest.ram.putAvailIdx(guest.queue, index);
        assertEquals(0, guest.serve().size());
        assertTrue(guest.device.isBroken(0));
        neighbour.assertServes();
        guest.kick.set();
        assertEquals(0, guest.run().size());
        assertTrue(guest.kick.testAndClear(), "nobody watches its kick any more");
        assertEquals(0, guest.device.stopQueue(0));
        assertFalse(guest.device.isBroken(0));
        neighbour.assertServes();
    }

    @Test
    void anIndexAsFarAheadAsTheQueueIsLongIsLegal() {
        for (int head = 0; head < QUEUE_SIZE; head++) {
            guest.offer(head);
        }
        assertEquals(QUEUE_SIZE, guest.serve().size());
        assertFalse(guest.device.isBroken(0));
    }

    @Test
    void anIndexThatGoesBackStopsItsQueue() {
        guest.sendRead(0);
        guest.sendRead(1);
        guest.serve();
        guest.complete(2);
        guest.ram.putAvailIdx(guest.queue, 1);
        assertEquals(0, guest.serve().size());
        assertTrue(guest.device.isBroken(0));
        assertEquals(2, guest.device.stopQueue(0));
        neighbour.assertServes();
    }

    @Test
    void requestsInFlightOfABrokenQueueAreAnsweredAndStopWaitsForThem() {
        for (int i = 0; i < 3; i++) {
            guest.sendRead(i);
        }
        guest.serve();
        guest.ram.putAvailIdx(guest.queue, 3 + QUEUE_SIZE + 1);
        guest.serve();
        assertTrue(guest.device.isBroken(0));
        assertEquals(1, guest.complete(1).size());
        guest.loop.context().execute("disk", guest.disk::completeAll);
        assertEquals(3, guest.device.stopQueue(0));
        assertEquals(2, guest.run().size());
        for (int i = 0; i < 3; i++) {
            guest.assertRead(i);
        }
        neighbour.assertServes();
    }

    @Test
    void aRequestThatWaitsForRoomInABrokenQueueIsAnswered() {
        guest.watch.room(1);
        guest.sendRead(0);
        guest.sendRead(1);
        guest.serve();
        guest.ram.putAvailIdx(guest.queue, 1000);
        guest.complete(1);
        guest.serve();
        assertTrue(guest.device.isBroken(0));
        assertEquals(1, guest.disk.underWay());
        assertEquals(1, guest.complete(1).size());
        assertEquals(2, guest.device.stopQueue(0));
        guest.assertRead(1);
    }

    @Test
    void afterAStopTheQueueCanBeStartedAgain() throws Exception {
        guest.ram.putAvailIdx(guest.queue, 1000);
        guest.serve();
        guest.ram.putAvailIdx(guest.queue, 0);
        guest.start(guest.device.stopQueue(0));
        guest.sendRead(5);
        guest.serve();
        assertEquals(SECTOR + 1, guest.complete(1).get(0).length());
        guest.assertRead(5);
    }

    @Test
    void aRingThatIsBrokenBeforeTheStartStopsAtOnce() throws Exception {
        guest.device.stopQueue(0);
        guest.ram.putAvailIdx(guest.queue, 1000);
        guest.start(0);
        assertTrue(guest.device.isBroken(0));
        assertEquals(0, guest.device.stopQueue(0));
        neighbour.assertServes();
    }
}
