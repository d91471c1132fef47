// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.QUEUE_SIZE;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.EventNotifier;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.Posix;
import io.vblk.virtio.VirtioException;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.HandMadeGuest.Used;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A queue starts, stops and starts again; nothing is lost on the way and nothing done twice. */
class QueueLifeTest {
    private static final Used READ_OF_HEAD_0 = new Used(0, SECTOR + 1);

    private HandMadeGuest guest;

    @BeforeEach
    void start() throws Exception {
        guest = HandMadeGuest.ordinary(Behaviour.ON_DEMAND, false);
    }

    @AfterEach
    void close() {
        guest.close();
    }

    /** Each iteration of the loop from now on completes one request, if there is one. */
    private void completeOnePerIteration() {
        guest.loop.context().execute("disk", () -> {
            if (guest.disk.completeOne()) {
                completeOnePerIteration();
            }
        });
    }

    @Test
    void whatWasKickedBeforeTheStartIsServed() throws Exception {
        int base = guest.device.stopQueue(0);
        assertEquals(0, base);
        guest.sendRead(0);
        guest.kick.set();
        guest.start(base);
        guest.run();
        assertEquals(List.of(READ_OF_HEAD_0), guest.complete(1));
        guest.assertRead(0);
    }

    @Test
    void whatWasOfferedBeforeTheStartIsServedEvenIfItsKickIsLost() throws Exception {
        guest.device.stopQueue(0);
        guest.sendRead(0);
        guest.start(0);
        assertEquals(1, guest.disk.underWay(), "taken by the start itself");
        assertEquals(List.of(READ_OF_HEAD_0), guest.complete(1));
        guest.assertRead(0);
    }

    @Test
    void aKickWithoutARequestDoesNothing() {
        assertEquals(List.of(), guest.serve());
        assertEquals(List.of(), guest.serve());
        assertEquals(2, guest.device.stats().kicks());
        assertEquals(0, guest.device.stats().batches());
        assertEquals(0, guest.disk.commits());
    }

    @Test
    void stopWaitsForRequestsInFlightAndReturnsTheBase() {
        for (int i = 0; i < 5; i++) {
            guest.sendRead(i);
        }
        guest.serve();
        assertEquals(5, guest.disk.underWay());
        completeOnePerIteration();
        assertEquals(5, guest.device.stopQueue(0));
        assertEquals(0, guest.disk.underWay());
        assertEquals(5, guest.run().size());
        for (int i = 0; i < 5; i++) {
            guest.assertRead(i);
        }
        assertEquals(5, guest.device.stats().requests(), "counters outlive the queue");
    }

    @Test
    void aStoppingQueueTakesNothingMore() {
        guest.sendRead(0);
        guest.serve();
        guest.loop.context().execute("guest", () -> {
            guest.sendRead(1);
            guest.kick.set();
            completeOnePerIteration();
        });
        assertEquals(1, guest.device.stopQueue(0), "base: the first that was not taken");
        assertEquals(List.of(READ_OF_HEAD_0), guest.run());
        assertEquals(0, guest.disk.underWay());
    }

    @Test
    void startFromTheBaseGoesOnWithNothingLostOrTwice() throws Exception {
        int sent = 0;
        int served = 0;
        int base = 0;
        for (int round = 0; round < 8; round++) {
            guest.sendRead(sent++);
            guest.sendRead(sent++);
            guest.serve();
            // One more that the stop leaves on the ring, in every second round.
            if (round % 2 == 0) {
                guest.loop.context().execute("guest", this::completeOnePerIteration);
                base = guest.device.stopQueue(0);
                guest.sendRead(sent++);
            } else {
                completeOnePerIteration();
                base = guest.device.stopQueue(0);
            }
            served += guest.run().size();
            guest.start(base);
            completeOnePerIteration();
            served += guest.run().size();
        }
        assertEquals(sent, served);
        assertEquals(sent, guest.disk.submitted());
        assertEquals(sent, base);
        for (int i = 0; i < sent; i++) {
            guest.assertRead(i);
        }
    }

    @Test
    void indicesWrapAroundAtTwoToTheSixteenth() throws Exception {
        guest.device.stopQueue(0);
        guest.ram.putAvailIdx(guest.queue, 0xFFFE);
        guest.ram.putUsedIdx(guest.queue, 0xFFFE);
        guest.start(0xFFFE);
        guest.run();
        for (int i = 0; i < 4; i++) {
            guest.sendRead(i);
        }
        guest.serve();
        assertEquals(4, guest.disk.underWay());
        completeOnePerIteration();
        assertEquals(2, guest.device.stopQueue(0));
        assertEquals(2, guest.ram.usedIdx(guest.queue));
        for (int i = 0; i < 4; i++) {
            guest.assertRead(i);
        }
    }

    @Test
    void stopOfAQueueThatDoesNotRunReturnsAtOnce() {
        guest.device.stopQueue(0);
        assertEquals(0, guest.device.stopQueue(0));
        assertEquals(0, guest.device.stopQueue(1));
    }

    @Test
    void aSecondStartIsRefusedAndDisturbsNothing() {
        assertThrows(VirtioException.class, () -> guest.start(0));
        guest.sendRead(0);
        guest.serve();
        assertEquals(List.of(READ_OF_HEAD_0), guest.complete(1));
    }

    @Test
    void aQueueThatTheDeviceDoesNotHaveIsRefused() {
        for (int index : new int[] {-1, HandMadeGuest.QUEUES, 255, Integer.MAX_VALUE}) {
            assertThrows(VirtioException.class, () -> guest.device.startQueue(
                    index, guest.ram.memory(), guest.queue, guest.kick, guest.call));
        }
    }

    @Test
    void aQueueLargerThanOfferedIsRefused() {
        VirtqueueConfig large = guest.ram.allocateRings(2 * QUEUE_SIZE);
        assertThrows(VirtioException.class, () -> guest.device.startQueue(
                1, guest.ram.memory(), large, guest.kick, guest.call));
    }

    @Test
    void aRingOutsideMemoryIsRefusedAndTheQueueCanBeStartedAfterwards() throws Exception {
        guest.device.stopQueue(0);
        assertThrows(VirtioException.class, () -> guest.device.startQueue(0, guest.ram.memory(),
                new VirtqueueConfig(QUEUE_SIZE, HandMadeGuest.NOWHERE, 0, 0, 0),
                guest.kick, guest.call));
        guest.start(0);
        guest.sendRead(0);
        guest.serve();
        assertEquals(List.of(READ_OF_HEAD_0), guest.complete(1));
    }

    @Test
    void aKickThatCannotBeWatchedIsRefusedAndTheQueueCanBeStartedAfterwards() throws Exception {
        guest.device.stopQueue(0);
        EventNotifier closed = EventNotifier.create();
        closed.close();
        assertThrows(VirtioException.class, () -> guest.device.startQueue(
                0, guest.ram.memory(), guest.queue, closed, guest.call));
        guest.sendRead(0);
        guest.start(0);
        assertEquals(List.of(READ_OF_HEAD_0), guest.complete(1));
    }

    @Test
    void aKickOfAnotherQueueIsRefusedAndThatQueueGoesOn() {
        VirtqueueConfig other = guest.ram.allocateRings(QUEUE_SIZE);
        assertThrows(VirtioException.class, () -> guest.device.startQueue(
                1, guest.ram.memory(), other, guest.kick, guest.call));
        guest.sendRead(0);
        guest.serve();
        assertEquals(List.of(READ_OF_HEAD_0), guest.complete(1));
        assertEquals(0, guest.device.stopQueue(1));
    }

    @Test
    void anErrorOfTheDiskIsCountedAndToldAndTheQueueGoesOn() {
        guest.sendRead(0);
        guest.sendRead(1);
        guest.serve();
        guest.disk.failNext(Posix.ENOSPC);
        assertEquals(
                List.of(new Used(0, 1), new Used(3, SECTOR + 1)), guest.complete(2));
        assertEquals(HandMadeGuest.IOERR, guest.ram.get8(HandMadeGuest.HEADER + 16));
        assertEquals(HandMadeGuest.UNTOUCHED, guest.ram.get8(HandMadeGuest.DATA));
        guest.assertRead(1);
        VirtioBlkStats stats = guest.device.stats();
        assertEquals(2, stats.requests());
        assertEquals(1, stats.errors());
        assertEquals(Posix.ENOSPC, stats.lastErrno());
        assertEquals(SECTOR, stats.bytesRead());
        assertFalse(guest.device.isBroken(0));
    }

    @Test
    void closeStopsEveryQueue() throws Exception {
        VirtqueueConfig second = guest.ram.allocateRings(QUEUE_SIZE);
        try (EventNotifier kick = EventNotifier.create()) {
            guest.device.startQueue(1, guest.ram.memory(), second, kick, guest.call);
            guest.sendRead(0);
            guest.serve();
            completeOnePerIteration();
            guest.device.close();
            assertEquals(0, guest.disk.underWay());
            guest.sendRead(1);
            guest.kick.set();
            kick.set();
            assertEquals(1, guest.run().size(), "what was answered before");
            assertEquals(1, guest.disk.submitted());
            assertTrue(guest.kick.testAndClear() && kick.testAndClear(), "nobody watches");
        }
    }
}
