// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.IothreadGuest.SECTOR;
import static io.vblk.virtioblk.IothreadGuest.queues;
import static io.vblk.virtioblk.IothreadGuest.simulated;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockOp;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.WatchedDisk.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Queues of one device on several iothreads: none waits for what it does not need. */
@Timeout(60)
class SeveralIothreadsTest {
    private static final Behaviour PLAIN = Behaviour.PLAIN;
    private static final Behaviour ON_DEMAND = Behaviour.ON_DEMAND;
    private static final long JOIN_MS = 20_000;

    /** Serves a read on each queue and returns, for each iothread, the queues that it served. */
    private static List<Set<Integer>> served(IothreadGuest guest) {
        for (int queue = 0; queue < guest.drivers.size(); queue++) {
            guest.send(queue, 0, BlockOp.READ, queue);
        }
        for (int queue = 0; queue < guest.drivers.size(); queue++) {
            guest.assertOk(queue, 0);
        }
        List<Set<Integer>> served = new ArrayList<>();
        for (int i = 0; i < guest.loops.size(); i++) {
            List<Seen> seen = guest.on(i, guest.watch(i)::taken);
            served.add(seen.stream().map(each -> (int) each.offset() / SECTOR)
                    .collect(Collectors.toSet()));
        }
        return served;
    }

    @Test
    void queuesAreSpreadInTurn() throws Exception {
        try (IothreadGuest guest = simulated(queues(5), PLAIN, PLAIN, PLAIN)) {
            assertEquals(List.of(Set.of(0, 3), Set.of(1, 4), Set.of(2)), served(guest));
        }
        try (IothreadGuest guest = simulated(queues(1), PLAIN, PLAIN)) {
            assertEquals(List.of(Set.of(0), Set.of()), served(guest));
        }
    }

    @Test
    void anIothreadThatHasDiedLeavesNoQueueOfAnotherRunning() throws Exception {
        // Not closed as a whole: its first loop cannot be.
        IothreadGuest guest = simulated(queues(2), PLAIN, PLAIN);
        guest.loops.get(0).context().execute("dies", () -> {
            throw new IllegalStateException("planted");
        });
        while (guest.loops.get(0).isAlive()) {
            Thread.onSpinWait();
        }
        assertThrows(RuntimeException.class, guest.device::close);
        guest.send(1, 0, BlockOp.READ, 0);
        guest.settle(1);
        guest.assertNoAnswer(1);
        guest.loops.get(1).close();
    }

    @Test
    void aMappingSaysWhichIothreadServesAQueue() throws Exception {
        try (IothreadGuest guest = simulated(queues(4, 1, 0, 1, 1), PLAIN, PLAIN, PLAIN)) {
            assertEquals(List.of(Set.of(1), Set.of(0, 2, 3), Set.of()), served(guest));
        }
    }

    @Test
    void aMappingThatDoesNotFitIsRefused() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> queues(2, 0));
        assertThrows(IllegalArgumentException.class, () -> queues(1, 0, 0));
        try (IothreadGuest guest = simulated(queues(1), PLAIN)) {
            List<QueueHome> one = List.of(new QueueHome(guest.loops.get(0), guest.disk(0)));
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                    () -> new VirtioBlkDevice(queues(2, 0, 1), one));
            assertTrue(e.getMessage().contains("iothread 1, there are 0 to 0"), e.getMessage());
            assertThrows(IllegalArgumentException.class,
                    () -> new VirtioBlkDevice(queues(2, 0, -1), one));
        }
    }

    @Test
    void anIothreadThatHangsHoldsUpItsOwnQueuesOnly() throws Exception {
        try (IothreadGuest guest = simulated(queues(4), PLAIN, PLAIN)) {
            for (int held = 0; held < 2; held++) {
                IothreadGuest.Hold hold = guest.hold(held);
                try {
                    for (int queue = 0; queue < 4; queue++) {
                        guest.send(queue, 0, BlockOp.READ, queue);
                    }
                    guest.assertOk(1 - held, 0);
                    guest.assertOk(3 - held, 0);
                    guest.assertNoAnswer(held);
                    guest.assertNoAnswer(2 + held);
                } finally {
                    hold.close();
                }
                guest.assertOk(held, 0);
                guest.assertOk(2 + held, 0);
            }
        }
    }

    @Test
    void aDiskThatDoesNotAnswerHoldsUpNoOtherQueue() throws Exception {
        try (IothreadGuest guest = simulated(queues(4), ON_DEMAND, PLAIN)) {
            guest.send(0, 0, BlockOp.READ, 1);
            guest.awaitUnderWay(0, 1);
            for (int i = 0; i < 20; i++) {
                guest.send(1, i % 4, BlockOp.READ, i);
                guest.send(3, i % 4, BlockOp.READ, i);
                guest.assertOk(1, i % 4);
                guest.assertOk(3, i % 4);
            }
            guest.send(2, 5, BlockOp.READ, 2);
            guest.awaitUnderWay(0, 2);
            guest.complete(0, 1);
            guest.assertOk(2, 5);
            guest.assertNoAnswer(0);
            guest.send(0, 1, BlockOp.READ, 3);
            guest.awaitUnderWay(0, 2);
            guest.complete(0, 1);
            guest.assertOk(0, 1);
            guest.complete(0, 0);
            guest.assertOk(0, 0);
        }
    }

    @Test
    void aDiskWithoutRoomHoldsUpNoOtherIothread() throws Exception {
        try (IothreadGuest guest = simulated(queues(2), PLAIN, PLAIN)) {
            guest.loops.get(0).call(() -> guest.watch(0).room(0));
            guest.send(0, 0, BlockOp.READ, 0);
            guest.await(0, () -> guest.watch(0).refused() > 0);
            for (int i = 0; i < 20; i++) {
                guest.send(1, i % 4, BlockOp.READ, i);
                guest.assertOk(1, i % 4);
            }
            guest.assertNoAnswer(0);
            guest.loops.get(0).call(() -> guest.watch(0).room(1));
            guest.assertOk(0, 0);
        }
    }

    @Test
    void aQueueThatFoundNoRoomGoesOnWhenAnotherOfItsIothreadMakesSome() throws Exception {
        try (IothreadGuest guest = simulated(queues(2), ON_DEMAND)) {
            guest.loops.get(0).call(() -> guest.watch(0).room(1));
            guest.send(0, 0, BlockOp.READ, 0);
            guest.awaitUnderWay(0, 1);
            guest.send(1, 0, BlockOp.READ, 1);
            guest.await(0, () -> guest.watch(0).refused() > 0);
            guest.complete(0, 0);
            guest.assertOk(0, 0);
            guest.awaitUnderWay(0, 1);
            guest.complete(0, 0);
            guest.assertOk(1, 0);
        }
    }

    @Test
    void stoppingAQueueDoesNotWaitForAnother() throws Exception {
        try (IothreadGuest guest = simulated(queues(3), ON_DEMAND, PLAIN)) {
            guest.send(0, 0, BlockOp.READ, 0);
            guest.awaitUnderWay(0, 1);
            guest.send(1, 0, BlockOp.READ, 1);
            guest.assertOk(1, 0);
            assertEquals(1, guest.device.stopQueue(1));
            assertEquals(0, guest.device.stopQueue(2), "on the iothread with the stuck disk");
            guest.assertNoAnswer(0);
            guest.complete(0, 0);
            guest.assertOk(0, 0);
            VirtqueueConfig ring = guest.drivers.get(1).config();
            guest.start(1, new VirtqueueConfig(ring.size(), ring.descAddress(),
                    ring.availAddress(), ring.usedAddress(), 1));
            guest.send(1, 1, BlockOp.READ, 1);
            guest.assertOk(1, 1);
        }
    }

    @Test
    void closeWaitsForTheRequestsOfAllIothreads() throws Exception {
        try (IothreadGuest guest = simulated(queues(4), ON_DEMAND, ON_DEMAND)) {
            for (int queue = 0; queue < 4; queue++) {
                guest.send(queue, 0, BlockOp.READ, queue);
                guest.send(queue, 1, BlockOp.READ, queue);
            }
            guest.awaitUnderWay(0, 4);
            guest.awaitUnderWay(1, 4);
            Thread closer = new Thread(guest.device::close, "closer");
            closer.start();
            // Queue by queue: the last to end is one of either iothread.
            for (int loop = 1; loop >= 0; loop--) {
                while (closer.getState() != Thread.State.WAITING) {
                    assertTrue(closer.isAlive(), "did not wait");
                    Thread.onSpinWait();
                }
                for (int i = 0; i < 4; i++) {
                    assertTrue(closer.isAlive(), "did not wait");
                    guest.complete(loop, 0);
                }
            }
            closer.join(JOIN_MS);
            assertFalse(closer.isAlive(), "does not end");
            assertEquals(8, guest.device.stats().requests());
            for (int queue = 0; queue < 4; queue++) {
                guest.assertOk(queue, 0);
                guest.assertOk(queue, 1);
            }
        }
    }

    @Test
    void closeUnderLoadLosesNothingThatWasTaken() throws Exception {
        Behaviour slow = new Behaviour(0, 0, 0, 2_000_000, false);
        try (IothreadGuest guest = simulated(queues(4), slow, slow)) {
            for (int queue = 0; queue < 4; queue++) {
                for (int slot = 0; slot < IothreadGuest.SLOTS; slot++) {
                    guest.send(queue, slot, BlockOp.WRITE, slot);
                }
            }
            guest.awaitSlot(0);
            guest.device.close();
            int answers = 1;
            for (VirtioBlkDriver driver : guest.drivers) {
                while (driver.poll() != VirtioBlkDriver.NOTHING) {
                    answers++;
                }
            }
            assertEquals(answers, guest.device.stats().requests());
            for (int loop = 0; loop < 2; loop++) {
                assertEquals(0, guest.on(loop, guest.disk(loop)::underWay));
            }
            assertEquals(answers, guest.on(0, guest.disk(0)::submitted)
                    + guest.on(1, guest.disk(1)::submitted));
        }
    }
}
