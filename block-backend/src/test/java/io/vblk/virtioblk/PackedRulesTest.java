// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.FLUSH;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.IN;
import static io.vblk.virtioblk.HandMadeGuest.OK;
import static io.vblk.virtioblk.HandMadeGuest.QUEUE_SIZE;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.TABLE;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static io.vblk.virtioblk.RequestRule.answered;
import static io.vblk.virtioblk.RequestRule.unanswered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.virtio.GuestRam;
import io.vblk.virtioblk.HandMadeGuest.Part;
import io.vblk.virtioblk.HandMadeGuest.Used;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What only a packed ring can get wrong (virtio 1.3, 2.8), and what comes of it. */
class PackedRulesTest {
    private static final Part WHOLE_HEADER = readable(HEADER, 16);
    private static final Part SECTOR_OF_DATA = writable(DATA, SECTOR);
    private static final Part STATUS_BYTE = writable(STATUS, 1);

    private HandMadeGuest guest;
    private NeighbourQueue neighbour;

    private void open(Behaviour behaviour) throws Exception {
        guest = new HandMadeGuest(
                true, HandMadeGuest.limits(SECTOR, false), behaviour, 0, false);
        neighbour = new NeighbourQueue(guest);
    }

    @AfterEach
    void close() {
        if (guest != null) {
            guest.close();
            neighbour.close();
        }
    }

    /** A good IN of sector 3 under an id. */
    private static void in(HandMadeGuest guest, int id) {
        guest.header(IN, 3);
        guest.sendAs(id, WHOLE_HEADER, SECTOR_OF_DATA, STATUS_BYTE);
    }

    static List<RequestRule> ids() {
        return List.of(
                unanswered("2.8.6: the buffer id is the queue size", g -> in(g, QUEUE_SIZE)),
                unanswered("2.8.6: the buffer id is 65535", g -> in(g, 0xFFFF)),
                answered("2.8.6: only the id of the last descriptor counts", SECTOR + 1, OK, g -> {
                    in(g, 7);
                    g.packed.ring.put(QUEUE_SIZE - 2, HEADER, 16, 0xFFFF,
                            g.packed.ring.flags(QUEUE_SIZE - 2));
                }).guestGetsDisk(DATA, 3 * SECTOR, SECTOR));
    }

    static List<RequestRule> tables() {
        return List.of(
                answered("2.8.7: NEXT and the id in a table are ignored", SECTOR + 1, OK, g -> {
                    g.header(IN, 3);
                    g.ram.putDescriptor(TABLE, 0, HEADER, 16, 0xFFFF, GuestRam.NEXT);
                    g.ram.putDescriptor(TABLE, 1, DATA, SECTOR, 7, GuestRam.WRITE);
                    g.ram.putDescriptor(
                            TABLE, 2, STATUS, 1, 0, GuestRam.WRITE | GuestRam.NEXT);
                    g.sendTable(TABLE, 48, GuestRam.INDIRECT);
                }).guestGetsDisk(DATA, 3 * SECTOR, SECTOR),
                unanswered("2.8.7: a table in a table", g -> {
                    g.header(IN, 3);
                    g.layTable(TABLE, WHOLE_HEADER, SECTOR_OF_DATA,
                            new Part(STATUS, 16, GuestRam.INDIRECT));
                    g.sendTable(TABLE, 48, GuestRam.INDIRECT);
                }));
    }

    @ParameterizedTest
    @MethodSource({"ids", "tables"})
    void costsOneRequest(RequestRule rule) throws Exception {
        try (HandMadeGuest one = new HandMadeGuest(true, HandMadeGuest.limits(SECTOR, false),
                HandMadeGuest.QUEUED, 0, false)) {
            rule.check(one);
        }
    }

    @Test
    void echoesAnIdThatIsOutOfRange() throws Exception {
        open(Behaviour.ON_DEMAND);
        in(guest, QUEUE_SIZE);
        in(guest, 0xFFFF);
        assertEquals(List.of(new Used(QUEUE_SIZE, 0), new Used(0xFFFF, 0)), guest.serve());
        neighbour.assertServes();
    }

    @Test
    void anIdInFlightTwiceComesBackEmptyAndTheFirstIsServed() throws Exception {
        open(HandMadeGuest.QUEUED);
        in(guest, 5);
        in(guest, 5);
        assertEquals(List.of(new Used(5, 0), new Used(5, SECTOR + 1)), guest.serve());
        assertEquals(OK, guest.ram.get8(STATUS));
        guest.assertAlive();
        in(guest, 5);
        assertEquals(List.of(new Used(5, SECTOR + 1)), guest.serve(), "free again afterwards");
    }

    @Test
    void aChainThroughTheWholeRingWithoutEndStopsItsQueueAndNoOther() throws Exception {
        open(Behaviour.ON_DEMAND);
        for (int i = 0; i < QUEUE_SIZE; i++) {
            guest.packed.put(0, SECTOR_OF_DATA, GuestRam.NEXT);
        }
        assertEquals(List.of(), guest.serve());
        assertTrue(guest.device.isBroken(0));
        neighbour.assertServes();
        guest.packed.takeBack(QUEUE_SIZE);
        assertEquals(PackedByHand.START_BASE, guest.device.stopQueue(0));
        guest.start(PackedByHand.START_BASE);
        in(guest, 3);
        assertEquals(List.of(), guest.serve());
        assertEquals(List.of(new Used(3, SECTOR + 1)), guest.complete(1), "after a new start");
    }

    @Test
    void aChainThatRunsIntoSlotsInFlightStopsItsQueueAndWhatIsInFlightIsAnswered()
            throws Exception {
        open(Behaviour.ON_DEMAND);
        in(guest, 1);
        guest.serve();
        for (int i = 3; i < QUEUE_SIZE; i++) {
            guest.packed.put(0, SECTOR_OF_DATA, GuestRam.NEXT);
        }
        assertEquals(List.of(), guest.serve());
        assertTrue(guest.device.isBroken(0));
        assertEquals(List.of(new Used(1, SECTOR + 1)), guest.complete(1));
        neighbour.assertServes();
    }

    @Test
    void moreDescriptorsThanTheRingHasStopItsQueue() throws Exception {
        open(Behaviour.ON_DEMAND);
        guest.header(FLUSH, 0);
        guest.layTable(TABLE, WHOLE_HEADER, STATUS_BYTE);
        for (int id = 0; id < QUEUE_SIZE; id++) {
            guest.sendAs(id, new Part(TABLE, 32, GuestRam.INDIRECT));
        }
        guest.serve();
        assertEquals(QUEUE_SIZE, guest.disk.underWay());
        assertFalse(guest.device.isBroken(0), "as many as there are slots are legal");
        guest.packed.put(0, new Part(TABLE, 32, GuestRam.INDIRECT), 0);
        assertEquals(List.of(), guest.serve());
        assertTrue(guest.device.isBroken(0));
        guest.loop.context().execute("disk", guest.disk::completeAll);
        assertEquals(QUEUE_SIZE, guest.run().size());
        neighbour.assertServes();
    }

    @Test
    void flagsFlippedBackBeforeTheDeviceLooksMeanThatNothingIsThere() throws Exception {
        open(HandMadeGuest.QUEUED);
        in(guest, 0);
        guest.packed.takeBack(3);
        assertEquals(List.of(), guest.serve());
        assertEquals(0, guest.device.stats().requests());
    }

    @Test
    void flagsFlippedBackInFlightChangeNothing() throws Exception {
        open(Behaviour.ON_DEMAND);
        in(guest, 4);
        guest.serve();
        int first = QUEUE_SIZE - 2;
        for (int flags : new int[] {0, 0xFFFF, 1 << 7, 1 << 15, GuestRam.NEXT | 1 << 7}) {
            guest.packed.ring.putFlags(first, flags);
            guest.packed.ring.put((first + 1) % QUEUE_SIZE, -1, -1, 0xFFFF, flags);
            guest.kick.set();
            guest.loop.context().poll(false);
        }
        guest.packed.ring.putFlags(first, 1 << 7);
        assertEquals(List.of(new Used(4, SECTOR + 1)), guest.complete(1));
        assertEquals(OK, guest.ram.get8(STATUS));
        neighbour.assertServes();
    }
}
