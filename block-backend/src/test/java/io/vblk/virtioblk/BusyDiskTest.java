// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.DISCARD;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.OK;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockOp;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.virtioblk.HandMadeGuest.Used;
import io.vblk.virtioblk.WatchedDisk.Seen;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A disk without room holds a queue up; room brings it on again, with nothing lost or twice. */
class BusyDiskTest {
    private static final int ROUNDS = 5;

    private HandMadeGuest guest;

    @BeforeEach
    void start() throws Exception {
        guest = HandMadeGuest.ordinary(Behaviour.ON_DEMAND, false);
    }

    @AfterEach
    void close() {
        guest.watch.room(Integer.MAX_VALUE);
        guest.run();
        while (guest.disk.underWay() > 0) {
            guest.complete(guest.disk.underWay());
        }
        guest.close();
    }

    private static Seen read(int number) {
        return new Seen(BlockOp.READ, (long) number * SECTOR, SECTOR, false, false);
    }

    private static Seen discard(int sector) {
        return new Seen(BlockOp.DISCARD, (long) sector * SECTOR, SECTOR, false, false);
    }

    private static Used used(int head) {
        return new Used(head, SECTOR + 1);
    }

    /** A DISCARD of three sectors, from this one on, in a segment each. */
    private void discardThree(int head, int sector) {
        long data = DATA + 0x1000 + 64L * head;
        for (int i = 0; i < 3; i++) {
            guest.ram.put64(data + 16L * i, sector + i);
            guest.ram.put32(data + 16L * i + 8, 1);
            guest.ram.put32(data + 16L * i + 12, 0);
        }
        long header = HEADER + 0x1000 + 16L * head;
        guest.headerAt(header, DISCARD, 0);
        guest.lay(guest.queue.descAddress(), head, readable(header, 16), readable(data, 48),
                writable(STATUS + head, 1));
        guest.offer(head);
    }

    @Test
    void requestsWaitForRoomInTheirOrder() {
        guest.watch.room(1);
        for (int i = 0; i < 4; i++) {
            guest.sendRead(i);
        }
        assertEquals(List.of(), guest.serve());
        assertEquals(List.of(read(0)), guest.watch.taken());
        for (int i = 0; i < 4; i++) {
            assertEquals(List.of(used(3 * i)), guest.complete(1));
            guest.assertRead(i);
            assertEquals(i < 3 ? List.of(read(i + 1)) : List.of(), guest.watch.taken());
        }
        assertEquals(3, guest.watch.refused(), "each of the others once");
        assertEquals(3, guest.device.stats().busy());
    }

    @Test
    void whileARequestWaitsKicksAreTakenAndNothingIsSubmitted() {
        guest.watch.room(1);
        guest.sendRead(0);
        guest.sendRead(1);
        guest.serve();
        int refused = guest.watch.refused();
        for (int i = 2; i < 6; i++) {
            guest.sendRead(i);
            assertEquals(List.of(), guest.serve());
        }
        assertEquals(refused, guest.watch.refused(), "only a completion makes room");
        guest.watch.room(Integer.MAX_VALUE);
        assertEquals(1, guest.complete(1).size());
        assertEquals(5, guest.disk.underWay());
        assertEquals(5, guest.complete(5).size());
        for (int i = 0; i < 6; i++) {
            guest.assertRead(i);
        }
    }

    @Test
    void oneCompletionIsEnoughToGoOnWhileOthersAreStillUnderWay() {
        guest.watch.room(3);
        for (int i = 0; i < 5; i++) {
            guest.sendRead(i);
        }
        guest.serve();
        assertEquals(List.of(read(0), read(1), read(2)), guest.watch.taken());
        assertEquals(List.of(used(0)), guest.complete(1));
        assertEquals(List.of(read(3)), guest.watch.taken());
        assertEquals(3, guest.disk.underWay());
    }

    @Test
    void withNothingUnderWayTheQueueTriesAgainOnEachIteration() {
        guest.watch.room(0);
        guest.sendRead(0);
        guest.sendRead(1);
        guest.kick.set();
        guest.loop.context().poll(false);
        assertEquals(1, guest.watch.refused());
        for (int i = 0; i < ROUNDS; i++) {
            assertTrue(guest.loop.context().poll(false));
            assertEquals(2 + i, guest.watch.refused());
        }
        guest.watch.room(2);
        guest.run();
        assertEquals(List.of(read(0), read(1)), guest.watch.taken());
        assertEquals(List.of(used(0), used(3)), guest.complete(2));
        int refused = guest.watch.refused();
        assertFalse(guest.loop.context().poll(false));
        assertEquals(refused, guest.watch.refused());
    }

    @Test
    void aRequestThatIsBusyBetweenItsSegmentsGoesOnWhereItWas() {
        discardThree(0, 10);
        guest.serve();
        assertEquals(List.of(discard(10)), guest.watch.taken());
        guest.watch.room(0);
        guest.loop.context().execute("disk", guest.disk::completeOne);
        for (int i = 0; i < ROUNDS; i++) {
            assertTrue(guest.loop.context().poll(false));
        }
        assertEquals(List.of(), guest.watch.taken());
        guest.watch.room(1);
        assertEquals(List.of(), guest.run());
        assertEquals(List.of(discard(11)), guest.watch.taken());
        assertEquals(List.of(), guest.complete(1));
        assertEquals(List.of(discard(12)), guest.watch.taken());
        assertEquals(List.of(new Used(0, 1)), guest.complete(1));
        assertEquals(OK, guest.ram.get8(STATUS));
    }

    @Test
    void requestsThatTakeTurnsBetweenSegmentsComeToRestAndAllEnd() {
        guest.watch.room(1);
        discardThree(0, 10);
        discardThree(3, 20);
        guest.sendRead(2);
        List<Used> used = new ArrayList<>(guest.serve());
        List<Seen> seen = new ArrayList<>(guest.watch.taken());
        int rounds = 0;
        while (used.size() < 3) {
            assertTrue(++rounds < 20, "the requests do not end");
            used.addAll(guest.complete(1));
            seen.addAll(guest.watch.taken());
        }
        assertEquals(7, seen.size());
        assertTrue(seen.containsAll(List.of(discard(10), discard(11), discard(12),
                discard(20), discard(21), discard(22), read(2))), () -> "seen: " + seen);
        guest.assertRead(2);
        assertEquals(OK, guest.ram.get8(STATUS));
        assertEquals(OK, guest.ram.get8(STATUS + 3));
    }

    @Test
    void severalRequestsThatAreBusyBetweenSegmentsAllGoOn() {
        for (int i = 0; i < 3; i++) {
            discardThree(3 * i, 10 * i);
        }
        guest.serve();
        assertEquals(3, guest.disk.underWay());
        guest.watch.room(0);
        guest.loop.context().execute("disk", guest.disk::completeAll);
        for (int i = 0; i < ROUNDS; i++) {
            assertTrue(guest.loop.context().poll(false));
        }
        guest.watch.room(2);
        guest.run();
        assertEquals(2, guest.disk.underWay());
        int refused = guest.watch.refused();
        assertFalse(guest.loop.context().poll(false), "two are under way: their end is awaited");
        assertEquals(refused, guest.watch.refused());
        List<Used> used = new ArrayList<>();
        for (int rounds = 0; rounds < 10 && used.size() < 3; rounds++) {
            used.addAll(guest.complete(1));
        }
        assertEquals(3, used.size());
        assertEquals(9, guest.watch.taken().size());
    }

    @Test
    void stopWaitsForARequestThatWaitsForRoom() {
        guest.watch.room(1);
        for (int i = 0; i < 3; i++) {
            guest.sendRead(i);
        }
        guest.serve();
        guest.loop.context().execute("disk", () -> {
            guest.disk.completeOne();
            guest.loop.context().execute("next iteration", () -> guest.loop.context().execute(
                    "and the next", guest.disk::completeOne));
        });
        assertEquals(2, guest.device.stopQueue(0), "the third one was not taken");
        assertEquals(List.of(used(0), used(3)), guest.run());
        guest.assertRead(1);
    }

    @Test
    void stopWaitsForARequestThatWaitsForRoomAlone() throws Exception {
        guest.watch.room(0);
        guest.sendRead(0);
        guest.kick.set();
        guest.loop.context().poll(false);
        guest.loop.context().execute("room", () -> {
            guest.watch.room(1);
            guest.loop.context().execute("a", () -> guest.loop.context().execute(
                    "b", guest.disk::completeOne));
        });
        assertEquals(1, guest.device.stopQueue(0));
        assertEquals(List.of(used(0)), guest.run());
        guest.start(1);
        guest.sendRead(1);
        guest.serve();
        assertEquals(List.of(used(3)), guest.complete(1));
    }
}
