// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.DISCARD;
import static io.vblk.virtioblk.HandMadeGuest.DISK_SECTORS;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_DISCARD;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_WRITE_ZEROES;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.IOERR;
import static io.vblk.virtioblk.HandMadeGuest.OK;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.WRITE_ZEROES;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static io.vblk.virtioblk.RequestRule.answered;
import static io.vblk.virtioblk.RequestRule.failed;
import static io.vblk.virtioblk.RequestRule.unsupported;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.Posix;
import io.vblk.virtioblk.HandMadeGuest.Part;
import io.vblk.virtioblk.HandMadeGuest.Used;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** DISCARD and WRITE_ZEROES (virtio 1.3, 5.2.6): segments, flags, limits. */
class RangeRulesTest {
    private static final int UNMAP = 1;
    private static final int SEGMENTS_MAX = 32;
    private static final Part WHOLE_HEADER = readable(HEADER, 16);
    private static final Part STATUS_BYTE = writable(STATUS, 1);

    private record Segment(long sector, long sectors, int flags) {}

    private static Segment segment(long sector, long sectors) {
        return new Segment(sector, sectors, 0);
    }

    private static Consumer<HandMadeGuest> chain(int type, Segment... segments) {
        return g -> {
            for (int i = 0; i < segments.length; i++) {
                Segment each = segments[i];
                g.segment(i, each.sector(), each.sectors(), each.flags());
            }
            g.header(type, 0);
            g.send(WHOLE_HEADER, readable(DATA, 16L * segments.length), STATUS_BYTE);
        };
    }

    /** The segments read as zeroes afterwards and nothing else has changed. */
    private static RequestRule zeroes(String name, int type, Segment... segments) {
        RequestRule rule = answered(name, 1, OK, chain(type, segments));
        for (Segment each : segments) {
            rule.diskGets((int) each.sector() * SECTOR, new byte[(int) each.sectors() * SECTOR]);
        }
        return rule;
    }

    /** So many segments of one sector, every second sector from 2 on. */
    private static Segment[] many(int count) {
        Segment[] segments = new Segment[count];
        for (int i = 0; i < count; i++) {
            segments[i] = segment(2 + 2L * i, 1);
        }
        return segments;
    }

    static List<RequestRule> both() {
        List<RequestRule> rules = new ArrayList<>();
        for (int type : new int[] {DISCARD, WRITE_ZEROES}) {
            String name = type == DISCARD ? "DISCARD " : "WRITE_ZEROES ";
            rules.add(zeroes(name + "of one segment", type, segment(5, 3)));
            rules.add(zeroes(name + "of the whole disk", type, segment(0, DISK_SECTORS)));
            rules.add(zeroes(name + "of two segments", type, segment(9, 2), segment(1, 1)));
            rules.add(zeroes(name + "of overlapping segments", type,
                    segment(9, 4), segment(11, 4)));
            rules.add(zeroes(name + "of 32 segments", type, many(SEGMENTS_MAX)));
            rules.add(failed(name + "of 33 segments, above max_seg",
                    chain(type, many(SEGMENTS_MAX + 1))));
            rules.add(answered(name + "of 0 sectors does nothing", 1, OK,
                    chain(type, segment(5, 0))));
            rules.add(answered(name + "of 0 sectors at the end of the disk", 1, OK,
                    chain(type, segment(DISK_SECTORS, 0))));
            rules.add(zeroes(name + "with empty segments between", type, segment(1, 0),
                    segment(4, 1), segment(2, 0), segment(8, 1), segment(3, 0)));
            rules.add(failed(name + "of 2^32 - 1 sectors", chain(type, segment(0, 0xFFFF_FFFFL))));
            rules.add(failed(name + "of 2^23 sectors", chain(type, segment(0, 1 << 23))));
            rules.add(failed(name + "at the end of the disk",
                    chain(type, segment(DISK_SECTORS, 1))));
            rules.add(failed(name + "across the end of the disk",
                    chain(type, segment(DISK_SECTORS - 1, 2))));
            rules.add(failed(name + "at sector 2^55", chain(type, segment(1L << 55, 1))));
            rules.add(failed(name + "at sector 2^64 - 1", chain(type, segment(-1, 1))));
            rules.add(failed(name + "of a good segment and one beyond the end does nothing",
                    chain(type, segment(3, 1), segment(DISK_SECTORS, 1))));
            rules.add(unsupported(name + "with an unknown flag",
                    chain(type, new Segment(3, 1, 2))));
            rules.add(unsupported(name + "with flag 31",
                    chain(type, new Segment(3, 1, 0x8000_0000))));
            rules.add(unsupported(name + "of a good segment and one with an unknown flag",
                    chain(type, segment(3, 1), new Segment(5, 1, 4))));
            rules.add(failed(name + "without a segment", g -> {
                g.header(type, 0);
                g.send(WHOLE_HEADER, STATUS_BYTE);
            }));
            for (int bytes : new int[] {15, 17, 24}) {
                rules.add(failed(name + "of a segment of " + bytes + " bytes", g -> {
                    g.segment(0, 3, 1, 0);
                    g.segment(1, 5, 1, 0);
                    g.header(type, 0);
                    g.send(WHOLE_HEADER, readable(DATA, bytes), STATUS_BYTE);
                }));
            }
            rules.add(answered(name + "with segments in odd pieces", 1, OK, g -> {
                g.segment(0, 3, 1, 0);
                g.segment(1, 5, 1, 0);
                g.header(type, 0);
                g.send(WHOLE_HEADER, readable(DATA, 1), readable(DATA + 1, 10),
                        readable(DATA + 11, 7), readable(DATA + 18, 14), STATUS_BYTE);
            }).diskGets(3 * SECTOR, new byte[SECTOR]).diskGets(5 * SECTOR, new byte[SECTOR]));
        }
        return rules;
    }

    static List<RequestRule> flags() {
        return List.of(
                unsupported("5.2.6.2: DISCARD with the unmap flag",
                        chain(DISCARD, new Segment(3, 1, UNMAP))),
                zeroes("5.2.6.2: WRITE_ZEROES with the unmap flag", WRITE_ZEROES,
                        new Segment(3, 1, UNMAP)),
                zeroes("5.2.6.2: WRITE_ZEROES with and without the unmap flag", WRITE_ZEROES,
                        new Segment(3, 1, UNMAP), new Segment(7, 2, 0)));
    }

    @ParameterizedTest
    @MethodSource({"both", "flags"})
    void ranges(RequestRule rule) throws Exception {
        for (Behaviour behaviour : List.of(HandMadeGuest.QUEUED, HandMadeGuest.COMPLETED)) {
            rule.checkOnBothRings(behaviour, false);
        }
    }

    @Test
    void discardThatWasNotNegotiatedIsUnsupported() throws Exception {
        withoutFeature(FEATURE_DISCARD, DISCARD);
    }

    @Test
    void writeZeroesThatWasNotNegotiatedIsUnsupported() throws Exception {
        withoutFeature(FEATURE_WRITE_ZEROES, WRITE_ZEROES);
    }

    private static void withoutFeature(long feature, int type) throws Exception {
        unsupported("5.2.6.2", chain(type, segment(3, 1))).checkOnBothRings(
                HandMadeGuest.limits(SECTOR, false), HandMadeGuest.QUEUED, feature, false);
    }

    @Test
    void aSegmentThatFailsEndsTheRequestAndTheOthersAreNotDone() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(Behaviour.ON_DEMAND, false)) {
            chain(WRITE_ZEROES, segment(1, 1), segment(3, 1), segment(5, 1)).accept(guest);
            assertEquals(List.of(), guest.serve());
            complete(guest, 0);
            assertEquals(List.of(), guest.run());
            complete(guest, Posix.EIO);
            assertEquals(List.of(new Used(0, 1)), guest.run());
            assertEquals(IOERR, guest.ram.get8(STATUS));
            assertEquals(0, guest.disk.underWay());
            byte[] expected = HandMadeGuest.pattern();
            System.arraycopy(new byte[SECTOR], 0, expected, SECTOR, SECTOR);
            assertArrayEquals(expected, guest.diskBytes());
            VirtioBlkStats stats = guest.device.stats();
            assertEquals(1, stats.errors());
            assertEquals(Posix.EIO, stats.lastErrno());
        }
    }

    /** Ends the one request that is under way. */
    private static void complete(HandMadeGuest guest, int errno) {
        guest.disk.failNext(errno);
        guest.loop.context().execute("disk", guest.disk::completeOne);
    }
}
