// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_INDIRECT_DESC;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.IN;
import static io.vblk.virtioblk.HandMadeGuest.NOWHERE;
import static io.vblk.virtioblk.HandMadeGuest.OK;
import static io.vblk.virtioblk.HandMadeGuest.SECOND_REGION;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.TABLE;
import static io.vblk.virtioblk.HandMadeGuest.THIRD_REGION_END;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static io.vblk.virtioblk.RequestRule.answered;
import static io.vblk.virtioblk.RequestRule.unanswered;

import io.vblk.virtio.GuestRam;
import io.vblk.virtioblk.HandMadeGuest.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Indirect tables (virtio 1.3, 2.7.5.3 and 2.8.7): what is legal works, what is not costs one
 * request.
 */
class IndirectRulesTest {
    private static final int INDIRECT = GuestRam.INDIRECT;
    private static final int NEXT = GuestRam.NEXT;
    private static final int WRITE = GuestRam.WRITE;
    private static final Part WHOLE_HEADER = readable(HEADER, 16);
    private static final Part SECTOR_OF_DATA = writable(DATA, SECTOR);
    private static final Part STATUS_BYTE = writable(STATUS, 1);

    /** A good IN of sector 3 in a table at this address. */
    private static void table(HandMadeGuest guest, long at) {
        guest.header(IN, 3);
        guest.layTable(at, WHOLE_HEADER, SECTOR_OF_DATA, STATUS_BYTE);
    }

    /** One descriptor points to a table. */
    private static void head(HandMadeGuest guest, long table, long bytes, int flags) {
        guest.sendTable(table, bytes, flags);
    }

    /** A good table, pointed to in some way. */
    private static void pointed(HandMadeGuest guest, long table, long bytes, int flags) {
        table(guest, TABLE);
        head(guest, table, bytes, flags);
    }

    /** Of a split ring: a good table whose last entry has other flags and another next. */
    private static void ending(HandMadeGuest guest, int flags, int next) {
        table(guest, TABLE);
        guest.ram.putDescriptor(TABLE, 2, STATUS, 1, flags, next);
        head(guest, TABLE, 48, INDIRECT);
    }

    /** An IN of {@code sectors} in so many pieces, in one table. */
    private static void pieces(HandMadeGuest guest, int sectors, int pieces) {
        guest.header(IN, 3);
        long piece = (long) sectors * SECTOR / pieces;
        long rest = (long) sectors * SECTOR - piece * pieces;
        Part[] parts = new Part[pieces + 2];
        parts[0] = WHOLE_HEADER;
        long at = DATA;
        for (int i = 1; i <= pieces; i++) {
            long length = i == pieces ? piece + rest : piece;
            parts[i] = writable(at, length);
            at += length;
        }
        parts[pieces + 1] = STATUS_BYTE;
        guest.layTable(TABLE, parts);
        head(guest, TABLE, 16L * parts.length, INDIRECT);
    }

    static List<RequestRule> legal() {
        List<RequestRule> rules = new ArrayList<>(List.of(
                read("2.7.5.3.2: the write flag of an indirect descriptor is ignored",
                        g -> pointed(g, TABLE, 48, INDIRECT | WRITE)),
                read("2.7.5.3.2: a direct header, the rest in a table", g -> {
                    g.header(IN, 3);
                    g.layTable(TABLE, SECTOR_OF_DATA, STATUS_BYTE);
                    g.sendAs(0, WHOLE_HEADER, new Part(TABLE, 32, INDIRECT));
                }),
                read("2.7.5.3.2: header and data direct, the status in a table", g -> {
                    g.header(IN, 3);
                    g.layTable(TABLE, STATUS_BYTE);
                    g.sendAs(0, WHOLE_HEADER, SECTOR_OF_DATA, new Part(TABLE, 16, INDIRECT));
                }),
                read("2.7.5.3: a table across two adjoining regions", g -> {
                    table(g, SECOND_REGION - 20);
                    head(g, SECOND_REGION - 20, 48, INDIRECT);
                }),
                read("2.7.5.3: a table that is not aligned", g -> {
                    table(g, TABLE + 3);
                    head(g, TABLE + 3, 48, INDIRECT);
                })));
        for (int pieces : new int[] {30, 126, 254}) {
            rules.add(answered("5.2.4: seg_max allows a request of " + pieces + " pieces",
                    64 * SECTOR + 1, OK, g -> pieces(g, 64, pieces))
                    .guestGetsDisk(DATA, 3 * SECTOR, 64 * SECTOR));
        }
        return rules;
    }

    /** Links in a table, which only a split ring has. */
    static List<RequestRule> links() {
        return List.of(
                read("2.7.5.3: the entries in any order", g -> {
                    g.header(IN, 3);
                    g.ram.putDescriptor(TABLE, 0, HEADER, 16, NEXT, 2);
                    g.ram.putDescriptor(TABLE, 2, DATA, SECTOR, NEXT | WRITE, 1);
                    g.ram.putDescriptor(TABLE, 1, STATUS, 1, WRITE, 77);
                    head(g, TABLE, 48, INDIRECT);
                }),
                read("2.7.5.3: a table of 4000 entries of which three are linked", g -> {
                    g.header(IN, 3);
                    g.ram.putDescriptor(TABLE, 0, HEADER, 16, NEXT, 3998);
                    g.ram.putDescriptor(TABLE, 3998, DATA, SECTOR, NEXT | WRITE, 3999);
                    g.ram.putDescriptor(TABLE, 3999, STATUS, 1, WRITE, 0);
                    head(g, TABLE, 16 * 4000, INDIRECT);
                }),
                unanswered("2.7.5.3.1: a table in a table", g -> ending(g, INDIRECT, 0)),
                unanswered("2.7.5.3: a loop in a table", g -> ending(g, NEXT | WRITE, 1)),
                unanswered("2.7.5.3: an entry that leads to itself",
                        g -> ending(g, NEXT | WRITE, 2)),
                unanswered("2.7.5.3: an entry that leads out of the table",
                        g -> ending(g, NEXT | WRITE, 3)));
    }

    private static RequestRule read(String name, Consumer<HandMadeGuest> lay) {
        return answered(name, SECTOR + 1, OK, lay).guestGetsDisk(DATA, 3 * SECTOR, SECTOR);
    }

    static List<RequestRule> illegal() {
        return List.of(
                unanswered("2.7.5.3.1: an indirect descriptor with a next one",
                        g -> {
                            table(g, TABLE);
                            g.sendAs(0, new Part(TABLE, 48, INDIRECT), STATUS_BYTE);
                        }),
                unanswered("2.7.5.3: a table of length 0", g -> pointed(g, TABLE, 0, INDIRECT)),
                unanswered("2.7.5.3: a table of 15 bytes", g -> pointed(g, TABLE, 15, INDIRECT)),
                unanswered("2.7.5.3: a table of 49 bytes", g -> pointed(g, TABLE, 49, INDIRECT)),
                unanswered("2.7.5.3: a table outside memory",
                        g -> pointed(g, NOWHERE, 48, INDIRECT)),
                unanswered("2.7.5.3: a table that runs out of memory", g -> {
                    table(g, THIRD_REGION_END - 48);
                    head(g, THIRD_REGION_END - 48, 64, INDIRECT);
                }),
                unanswered("2.7.5.3: a table that wraps around 2^64",
                        g -> pointed(g, -16, 48, INDIRECT)),
                unanswered("2.7.5.3: a table of 4 GiB less 16 bytes",
                        g -> pointed(g, TABLE, 0xFFFF_FFF0L, INDIRECT)),
                unanswered("5.2.4: far more pieces than seg_max", g -> pieces(g, 64, 400)));
    }

    @ParameterizedTest
    @MethodSource("legal")
    void tablesThatTheStandardAllowsAreServed(RequestRule rule) throws Exception {
        rule.checkOnBothRings(HandMadeGuest.QUEUED, false);
    }

    @ParameterizedTest
    @MethodSource("illegal")
    void tablesThatTheStandardForbidsComeBackEmpty(RequestRule rule) throws Exception {
        rule.checkOnBothRings(HandMadeGuest.QUEUED, false);
    }

    @Test
    void aTableWithoutTheFeatureComesBackEmpty() throws Exception {
        unanswered("2.7.5.3.1: no table unless the feature was negotiated",
                g -> pointed(g, TABLE, 48, INDIRECT)).checkOnBothRings(
                        HandMadeGuest.limits(SECTOR, false), HandMadeGuest.QUEUED,
                        FEATURE_INDIRECT_DESC, false);
    }

    @ParameterizedTest
    @MethodSource("links")
    void linksInATableOfASplitRing(RequestRule rule) throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.QUEUED, false)) {
            rule.check(guest);
        }
    }
}
