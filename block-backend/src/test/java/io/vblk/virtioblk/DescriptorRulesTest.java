// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.IN;
import static io.vblk.virtioblk.HandMadeGuest.NOWHERE;
import static io.vblk.virtioblk.HandMadeGuest.OUT;
import static io.vblk.virtioblk.HandMadeGuest.QUEUE_SIZE;
import static io.vblk.virtioblk.HandMadeGuest.SECOND_REGION;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.THIRD_REGION_END;
import static io.vblk.virtioblk.HandMadeGuest.UNTOUCHED;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static io.vblk.virtioblk.RequestRule.answered;
import static io.vblk.virtioblk.RequestRule.failed;
import static io.vblk.virtioblk.RequestRule.unanswered;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.virtio.GuestRam;
import io.vblk.virtioblk.HandMadeGuest.Part;
import io.vblk.virtioblk.HandMadeGuest.Used;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Broken, odd and hostile chains: each costs one request, never the queue. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DescriptorRulesTest {
    private static final Part WHOLE_HEADER = readable(HEADER, 16);
    private static final Part STATUS_BYTE = writable(STATUS, 1);

    /** A chain of a header for IN of sector 3 and these parts. */
    private static void in(HandMadeGuest guest, Part... rest) {
        guest.header(IN, 3);
        Part[] parts = new Part[rest.length + 1];
        parts[0] = WHOLE_HEADER;
        System.arraycopy(rest, 0, parts, 1, rest.length);
        guest.send(parts);
    }

    /** Descriptor 0 is a good header that leads to {@code next}; descriptor 1 leads back to 0. */
    private static void leadsTo(HandMadeGuest guest, int next) {
        guest.header(IN, 3);
        long table = guest.queue.descAddress();
        guest.ram.putDescriptor(table, 0, HEADER, 16, GuestRam.NEXT, next);
        guest.ram.putDescriptor(
                table, 1, DATA, SECTOR, GuestRam.NEXT | GuestRam.WRITE, 0);
        guest.offer(0);
    }

    static List<RequestRule> links() {
        return List.of(
                unanswered("2.7.5.2: a loop of two descriptors", g -> leadsTo(g, 1)),
                unanswered("2.7.5.2: a descriptor that leads to itself", g -> leadsTo(g, 0)),
                unanswered("2.7.5: next is the queue size", g -> leadsTo(g, QUEUE_SIZE)),
                unanswered("2.7.5: next is 65535", g -> leadsTo(g, 0xFFFF)),
                unanswered("2.7.13.1: the head is the queue size", g -> g.offer(QUEUE_SIZE)),
                unanswered("2.7.13.1: the head is 65535", g -> g.offer(0xFFFF)));
    }

    static List<RequestRule> emptyDescriptors() {
        return List.of(
                answered("2.7.5: empty descriptors between full ones are skipped", SECTOR + 1,
                        HandMadeGuest.OK, g -> in(g, readable(DATA, 0), writable(DATA, 0),
                                writable(DATA, SECTOR), writable(NOWHERE, 0), STATUS_BYTE))
                        .guestGetsDisk(DATA, 3 * SECTOR, SECTOR),
                answered("2.7.5: an empty descriptor after the status is skipped", SECTOR + 1,
                        HandMadeGuest.OK,
                        g -> in(g, writable(DATA, SECTOR), STATUS_BYTE, writable(DATA, 0)))
                        .guestGetsDisk(DATA, 3 * SECTOR, SECTOR),
                answered("2.7.5: an empty descriptor before the header is skipped", SECTOR + 1,
                        HandMadeGuest.OK, g -> {
                            g.header(IN, 3);
                            g.send(readable(0, 0), WHOLE_HEADER, writable(DATA, SECTOR),
                                    STATUS_BYTE);
                        }).guestGetsDisk(DATA, 3 * SECTOR, SECTOR),
                failed("5.2.6: IN whose only data descriptor is empty",
                        g -> in(g, writable(DATA, 0), STATUS_BYTE)),
                failed("2.7.4.2: an empty readable descriptor after a writable one",
                        g -> in(g, writable(DATA, SECTOR), readable(DATA, 0), STATUS_BYTE)),
                unanswered("2.7.5: nothing but empty descriptors",
                        g -> g.send(readable(HEADER, 0), writable(STATUS, 0))));
    }

    static List<RequestRule> addresses() {
        long end = THIRD_REGION_END;
        return List.of(
                failed("2.7.5: data outside memory",
                        g -> in(g, writable(NOWHERE, SECTOR), STATUS_BYTE)),
                failed("2.7.5: data that runs out of memory",
                        g -> in(g, writable(end - 256, SECTOR), STATUS_BYTE)),
                failed("2.7.5: data that wraps around 2^64",
                        g -> in(g, writable(-256, SECTOR), STATUS_BYTE)),
                failed("2.7.5: data of 4 GiB less one byte",
                        g -> in(g, writable(DATA, 0xFFFF_FFFFL), STATUS_BYTE)),
                failed("2.7.5: OUT with data outside memory", g -> {
                    g.header(OUT, 3);
                    g.send(WHOLE_HEADER, readable(NOWHERE, SECTOR), STATUS_BYTE);
                }),
                failed("5.2.6: the header outside memory",
                        g -> g.send(readable(NOWHERE, 16), writable(DATA, SECTOR), STATUS_BYTE)),
                unanswered("5.2.6: the status outside memory",
                        g -> in(g, writable(DATA, SECTOR), writable(NOWHERE, 1))),
                unanswered("5.2.6: the status behind the end of memory, data in front of it",
                        g -> in(g, writable(end - SECTOR, SECTOR + 1))),
                answered("2.7.5: data across two adjoining regions", 2 * SECTOR + 1,
                        HandMadeGuest.OK, g -> in(g,
                                writable(SECOND_REGION - 100, 2 * SECTOR), STATUS_BYTE))
                        .guestGetsDisk(SECOND_REGION - 100, 3 * SECTOR, 2 * SECTOR),
                answered("5.2.6: the header across two adjoining regions", SECTOR + 1,
                        HandMadeGuest.OK, g -> {
                            g.headerAt(SECOND_REGION - 7, IN, 3);
                            g.send(readable(SECOND_REGION - 7, 16), writable(DATA, SECTOR),
                                    STATUS_BYTE);
                        }).guestGetsDisk(DATA, 3 * SECTOR, SECTOR),
                answered("5.2.6: the status is the first byte of the next region", SECTOR + 1,
                        HandMadeGuest.OK,
                        g -> in(g, writable(SECOND_REGION - SECTOR, SECTOR + 1)))
                        .guestGetsDisk(SECOND_REGION - SECTOR, 3 * SECTOR, SECTOR)
                        .statusAt(SECOND_REGION));
    }

    static List<RequestRule> framing() {
        return List.of(
                unanswered("5.2.6: only a header", g -> in(g)),
                unanswered("5.2.6: a header of 15 bytes", g -> {
                    g.header(IN, 3);
                    g.send(readable(HEADER, 15), writable(DATA, SECTOR), STATUS_BYTE);
                }),
                unanswered("5.2.6: the status read-only",
                        g -> in(g, readable(DATA, SECTOR), readable(STATUS, 1))),
                unanswered("5.2.6: the header writable", g -> {
                    g.header(IN, 3);
                    g.send(writable(HEADER, 16), writable(DATA, SECTOR), STATUS_BYTE);
                }),
                unanswered("5.2.6: no header at all", g -> g.send(STATUS_BYTE)),
                failed("2.7.4.2: the header writable and data readable", g -> {
                    g.header(OUT, 3);
                    g.send(writable(HEADER, 16), readable(DATA, SECTOR), STATUS_BYTE);
                }),
                failed("2.7.4.2: data readable after the status",
                        g -> in(g, STATUS_BYTE, readable(DATA, SECTOR))),
                failed("2.7.4.2: data readable between data writable and the status",
                        g -> in(g, writable(DATA, SECTOR), readable(DATA, SECTOR), STATUS_BYTE)));
    }

    private static void check(RequestRule rule, boolean indirect) throws Exception {
        rule.checkOnBothRings(HandMadeGuest.QUEUED, indirect);
    }

    @ParameterizedTest
    @MethodSource("links")
    void linksOutOfTheTableOrInCircles(RequestRule rule) throws Exception {
        // A packed ring has no links.
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.QUEUED, false)) {
            rule.check(guest);
        }
    }

    @ParameterizedTest
    @MethodSource({"emptyDescriptors", "addresses", "framing"})
    void directChains(RequestRule rule) throws Exception {
        check(rule, false);
    }

    @ParameterizedTest
    @MethodSource({"emptyDescriptors", "addresses", "framing"})
    void chainsInATable(RequestRule rule) throws Exception {
        check(rule, true);
    }

    @Test
    void echoesTheHeadEvenIfItIsOutOfRange() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.QUEUED, false)) {
            guest.offer(QUEUE_SIZE);
            guest.offer(0xFFFF);
            assertEquals(
                    List.of(new Used(QUEUE_SIZE, 0), new Used(0xFFFF, 0)), guest.serve());
            guest.assertAlive();
        }
    }

    @Test
    void aHeadOfferedAgainBeforeItWasUsedComesBackEmptyAndTheFirstIsServed() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.QUEUED, false)) {
            in(guest, writable(DATA, SECTOR), STATUS_BYTE);
            guest.offer(0);
            assertEquals(List.of(new Used(0, 0), new Used(0, SECTOR + 1)), guest.serve());
            assertEquals(HandMadeGuest.OK, guest.ram.get8(STATUS));
            guest.assertAlive();
            in(guest, writable(DATA, SECTOR), STATUS_BYTE);
            assertEquals(List.of(new Used(0, SECTOR + 1)), guest.serve(), "free again afterwards");
        }
    }

    @Test
    void aHeadOfferedAgainWhileAllOthersAreInFlightComesBackEmpty() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(Behaviour.ON_DEMAND, false)) {
            guest.header(HandMadeGuest.FLUSH, 0);
            guest.lay(HandMadeGuest.TABLE, 0, WHOLE_HEADER, STATUS_BYTE);
            for (int head = 0; head < QUEUE_SIZE; head++) {
                guest.ram.putDescriptor(guest.queue.descAddress(), head, HandMadeGuest.TABLE, 32,
                        GuestRam.INDIRECT, 0);
                guest.offer(head);
            }
            assertEquals(List.of(), guest.serve());
            assertEquals(QUEUE_SIZE, guest.disk.underWay());
            guest.offer(5);
            guest.offer(6);
            assertEquals(List.of(new Used(5, 0), new Used(6, 0)), guest.serve());
            assertEquals(UNTOUCHED, guest.ram.get8(STATUS));
            guest.loop.context().execute("disk", guest.disk::completeAll);
            assertEquals(QUEUE_SIZE, guest.run().size());
            assertEquals(2, guest.device.stats().malformed());
        }
    }
}
