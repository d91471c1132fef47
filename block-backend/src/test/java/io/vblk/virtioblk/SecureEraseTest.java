// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.DISK_BYTES;
import static io.vblk.virtioblk.HandMadeGuest.DISK_SECTORS;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_SECURE_ERASE;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.IOERR;
import static io.vblk.virtioblk.HandMadeGuest.OK;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.SECURE_ERASE;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.UNSUPP;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static io.vblk.virtioblk.RequestRule.answered;
import static io.vblk.virtioblk.RequestRule.failed;
import static io.vblk.virtioblk.RequestRule.unsupported;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.posix.Posix;
import io.vblk.virtioblk.WatchedDisk.Seen;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** SECURE_ERASE (virtio 1.3, 5.2.6): done to the letter or answered with an error. */
class SecureEraseTest {
    private static final int SEGMENTS_MAX = 32;
    private static final long SECTORS_MAX = 1 << 21;
    private static final int CONFIG_SECURE_ERASE = 60;

    private static BlockLimits limits(int blockBytes, boolean canSecureErase) {
        return new BlockLimits(
                DISK_BYTES, blockBytes, 4096, 0, false, true, true, canSecureErase);
    }

    private static HandMadeGuest guest(int blockBytes, boolean can, long leftOut, boolean indirect)
            throws Exception {
        return new HandMadeGuest(
                limits(blockBytes, can), HandMadeGuest.QUEUED, leftOut, indirect);
    }

    private static void send(HandMadeGuest guest, int dataBytes) {
        guest.header(SECURE_ERASE, 0);
        guest.send(readable(HEADER, 16), readable(DATA, dataBytes), writable(STATUS, 1));
    }

    /** A request with these segments: sector, sectors, flags of each. */
    private static Consumer<HandMadeGuest> erase(long... segments) {
        return g -> {
            int count = segments.length / 3;
            for (int i = 0; i < count; i++) {
                g.segment(i, segments[3 * i], segments[3 * i + 1], (int) segments[3 * i + 2]);
            }
            send(g, 16 * count);
        };
    }

    private static Consumer<HandMadeGuest> dataOf(int bytes) {
        return g -> {
            g.segment(0, 3, 1, 0);
            send(g, bytes);
        };
    }

    private static long[] many(int count) {
        long[] segments = new long[3 * count];
        for (int i = 0; i < count; i++) {
            segments[3 * i] = 2 + 2L * i;
            segments[3 * i + 1] = 1;
        }
        return segments;
    }

    static List<RequestRule> rules() {
        RequestRule full = answered("as many segments as offered", 1, OK,
                erase(many(SEGMENTS_MAX)));
        for (int i = 0; i < SEGMENTS_MAX; i++) {
            full.diskGets((2 + 2 * i) * SECTOR, new byte[SECTOR]);
        }
        List<RequestRule> rules = new ArrayList<>(List.of(full,
                answered("one segment", 1, OK, erase(3, 2, 0))
                        .diskGets(3 * SECTOR, new byte[2 * SECTOR]),
                answered("two segments and an empty one", 1, OK, erase(3, 1, 0, 5, 0, 0, 9, 2, 0))
                        .diskGets(3 * SECTOR, new byte[SECTOR])
                        .diskGets(9 * SECTOR, new byte[2 * SECTOR]),
                answered("the whole disk", 1, OK, erase(0, DISK_SECTORS, 0))
                        .diskGets(0, new byte[DISK_BYTES]),
                answered("nothing, at the very end", 1, OK, erase(DISK_SECTORS, 0, 0)),
                failed("one segment more than offered", erase(many(SEGMENTS_MAX + 1))),
                failed("one sector behind the end", erase(DISK_SECTORS, 1, 0)),
                failed("across the end", erase(DISK_SECTORS - 1, 2, 0)),
                failed("more sectors than offered", erase(0, SECTORS_MAX + 1, 0)),
                failed("a count that is negative if taken for signed", erase(0, 0xFFFF_FFFFL, 0)),
                failed("a good segment before a bad one: nothing is erased",
                        erase(3, 1, 0, DISK_SECTORS, 1, 0))));
        for (long sector : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 55, 1L << 54}) {
            rules.add(failed("sector " + Long.toUnsignedString(sector), erase(sector, 1, 0)));
        }
        for (int flags : new int[] {1, 2, 3, 0x8000_0000, -1}) {
            rules.add(unsupported("flags " + flags, erase(3, 1, flags)));
        }
        rules.add(unsupported("flags in a second segment", erase(3, 1, 0, 5, 1, 1)));
        for (int bytes : new int[] {1, 15, 17, 31}) {
            rules.add(failed("data of " + bytes + " bytes", dataOf(bytes)));
        }
        rules.add(failed("no segment", g -> {
            g.header(SECURE_ERASE, 0);
            g.send(readable(HEADER, 16), writable(STATUS, 1));
        }));
        return rules;
    }

    @ParameterizedTest
    @MethodSource("rules")
    void onADiskThatCan(RequestRule rule) throws Exception {
        for (boolean indirect : new boolean[] {false, true}) {
            try (HandMadeGuest guest = guest(SECTOR, true, 0, indirect)) {
                rule.check(guest);
            }
        }
    }

    static List<RequestRule> largeBlocks() {
        return List.of(
                answered("a block", 1, OK, erase(8, 8, 0))
                        .diskGets(8 * SECTOR, new byte[8 * SECTOR]),
                failed("an eighth of a block", erase(8, 1, 0)),
                failed("a block and a half", erase(8, 12, 0)),
                failed("from inside a block", erase(12, 8, 0)));
    }

    @ParameterizedTest
    @MethodSource("largeBlocks")
    void onBlocksOf4096(RequestRule rule) throws Exception {
        try (HandMadeGuest guest = guest(4096, true, 0, false)) {
            rule.check(guest);
        }
    }

    @Test
    void theDiskIsAskedToEraseAndNotToForgetOrToZero() throws Exception {
        try (HandMadeGuest guest = guest(SECTOR, true, 0, false)) {
            erase(3, 1, 0, 9, 2, 0).accept(guest);
            guest.serve();
            assertEquals(List.of(
                    new Seen(BlockOp.SECURE_ERASE, 3 * SECTOR, SECTOR, false, false),
                    new Seen(BlockOp.SECURE_ERASE, 9 * SECTOR, 2 * SECTOR, false, false)),
                    guest.watch.taken());
        }
    }

    @Test
    void moreSectorsThanOfferedAreRefusedAlsoWhereTheDiskHasThem() throws Exception {
        BlockLimits large = limits(SECTOR, true).withCapacity(2L << 30);
        try (HandMadeGuest guest = new HandMadeGuest(large, HandMadeGuest.QUEUED, 0, false)) {
            erase(0, SECTORS_MAX + 1, 0).accept(guest);
            guest.serve();
            assertEquals(IOERR, guest.ram.get8(STATUS));
            assertEquals(List.of(), guest.watch.taken());
        }
    }

    @Test
    void offeredOnlyWhereTheDiskCan() throws Exception {
        try (HandMadeGuest guest = guest(SECTOR, true, 0, false)) {
            assertEquals(FEATURE_SECURE_ERASE, guest.device.features() & FEATURE_SECURE_ERASE);
        }
        try (HandMadeGuest guest = guest(SECTOR, false, 0, false)) {
            assertEquals(0, guest.device.features() & FEATURE_SECURE_ERASE);
            unsupported("not offered", erase(3, 1, 0)).check(guest);
            assertEquals(List.of(), guest.watch.taken().stream()
                    .filter(seen -> seen.op() == BlockOp.SECURE_ERASE).toList());
        }
        BlockLimits readOnly =
                new BlockLimits(DISK_BYTES, SECTOR, 4096, 0, true, false, false, true);
        try (HandMadeGuest guest =
                new HandMadeGuest(readOnly, HandMadeGuest.QUEUED, 0, false)) {
            assertEquals(0, guest.device.features() & FEATURE_SECURE_ERASE);
            unsupported("read-only", erase(3, 1, 0)).check(guest);
        }
    }

    @Test
    void notNegotiatedIsUnsupported() throws Exception {
        try (HandMadeGuest guest = guest(SECTOR, true, FEATURE_SECURE_ERASE, false)) {
            unsupported("not negotiated", erase(3, 1, 0)).check(guest);
        }
    }

    @ParameterizedTest
    @CsvSource({"5, " + IOERR, "28, " + IOERR, "95, " + UNSUPP})
    void whatTheHostSays(int errno, int status) throws Exception {
        try (HandMadeGuest guest = guest(SECTOR, true, 0, false)) {
            byte[] before = guest.diskBytes();
            guest.disk.failNext(errno);
            erase(3, 1, 0, 9, 1, 0).accept(guest);
            assertEquals(1, guest.serve().size());
            assertEquals(status, guest.ram.get8(STATUS));
            assertArrayEquals(before, guest.diskBytes(), "the second segment is not begun");
            assertEquals(errno, guest.device.stats().lastErrno());
            guest.assertAlive();
        }
    }

    @Test
    void onlySecureEraseMayBeUnsupportedByTheHost() throws Exception {
        try (HandMadeGuest guest = guest(SECTOR, true, 0, false)) {
            guest.disk.failNext(Posix.EOPNOTSUPP);
            guest.segment(0, 3, 1, 0);
            guest.header(HandMadeGuest.WRITE_ZEROES, 0);
            guest.send(readable(HEADER, 16), readable(DATA, 16), writable(STATUS, 1));
            guest.serve();
            assertEquals(IOERR, guest.ram.get8(STATUS));
        }
    }

    /** 5.2.4: max_secure_erase_sectors, max_secure_erase_seg, secure_erase_sector_alignment. */
    @Test
    void limitsInTheConfigurationSpace() {
        VirtioBlkOptions options = new VirtioBlkOptions("", 1, 256);
        byte[] fields = new byte[12];
        new VirtioBlkConfig(options, limits(512, true)).read(CONFIG_SECURE_ERASE, fields);
        assertArrayEquals(new byte[] {0, 0, 0x20, 0, 32, 0, 0, 0, 1, 0, 0, 0}, fields);
        new VirtioBlkConfig(options, limits(4096, true)).read(CONFIG_SECURE_ERASE, fields);
        assertArrayEquals(new byte[] {0, 0, 0x20, 0, 32, 0, 0, 0, 8, 0, 0, 0}, fields);
        Arrays.fill(fields, (byte) 1);
        new VirtioBlkConfig(options, limits(512, false)).read(CONFIG_SECURE_ERASE, fields);
        assertArrayEquals(new byte[12], fields);
    }
}
