// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.DISK_BYTES;
import static io.vblk.virtioblk.HandMadeGuest.DISK_SECTORS;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.IN;
import static io.vblk.virtioblk.HandMadeGuest.OK;
import static io.vblk.virtioblk.HandMadeGuest.OUT;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static io.vblk.virtioblk.RequestRule.answered;
import static io.vblk.virtioblk.RequestRule.failed;
import static io.vblk.virtioblk.RequestRule.unsupported;

import io.vblk.block.BlockLimits;
import io.vblk.virtioblk.HandMadeGuest.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** IN and OUT (virtio 1.3, 5.2.6): framing, ranges, used lengths, read-only and large blocks. */
class TransferRulesTest {
    private static final int BARRIER = 0x80000000;
    private static final int SECTOR_WRITTEN = 5;
    private static final Part WHOLE_HEADER = readable(HEADER, 16);
    private static final Part STATUS_BYTE = writable(STATUS, 1);

    /** A chain with a header in front. */
    private static Consumer<HandMadeGuest> chain(int type, long sector, Part... parts) {
        return g -> {
            g.header(type, sector);
            g.send(parts);
        };
    }

    private static RequestRule in(String name, Part... parts) {
        return answered(name, SECTOR + 1, OK, chain(IN, 3, parts))
                .guestGetsDisk(DATA, 3 * SECTOR, SECTOR);
    }

    /** What the guest writes: not what the disk held, nor what guest memory held. */
    private static byte[] written(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 13 + i / 251 + 5);
        }
        return bytes;
    }

    /** An OUT of one sector whose data lie at {@code data}. */
    private static RequestRule out(String name, long data, int type, Part... parts) {
        byte[] bytes = written(SECTOR);
        return answered(name, 1, OK, g -> {
            g.header(type, SECTOR_WRITTEN);
            for (int i = 0; i < bytes.length; i++) {
                g.ram.put8(data + i, bytes[i]);
            }
            g.send(parts);
        }).diskGets(SECTOR_WRITTEN * SECTOR, bytes);
    }

    private static Part[] split(long address, int bytes, int size, boolean writable) {
        Part[] parts = new Part[bytes / size];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = new Part(address + (long) i * size, size, writable);
        }
        return parts;
    }

    private static Part[] join(Part[] first, Part... rest) {
        List<Part> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(rest));
        return all.toArray(new Part[0]);
    }

    static List<RequestRule> framing() {
        Part data = writable(DATA, SECTOR);
        Part source = readable(DATA, SECTOR);
        return List.of(
                in("2.7.4.1: IN in three descriptors", WHOLE_HEADER, data, STATUS_BYTE),
                in("2.7.4.1: the header split 4 + 12",
                        readable(HEADER, 4), readable(HEADER + 4, 12), data, STATUS_BYTE),
                in("2.7.4.1: the header in 16 descriptors of one byte",
                        join(split(HEADER, 16, 1, false), data, STATUS_BYTE)),
                in("2.7.4.1: data and status in one descriptor",
                        WHOLE_HEADER, writable(DATA, SECTOR + 1)).statusAt(DATA + SECTOR),
                in("2.7.4.1: the last piece of data and the status in one descriptor",
                        WHOLE_HEADER, writable(DATA, 100), writable(DATA + 100, 413))
                        .statusAt(DATA + SECTOR),
                in("2.7.4.1: data in 8 odd pieces", WHOLE_HEADER, writable(DATA, 1),
                        writable(DATA + 1, 2), writable(DATA + 3, 61), writable(DATA + 64, 63),
                        writable(DATA + 127, 129), writable(DATA + 256, 255),
                        writable(DATA + 511, 1), STATUS_BYTE),
                in("2.7.4.1: header split and data joined with the status", readable(HEADER, 15),
                        readable(HEADER + 15, 1), writable(DATA, SECTOR + 1))
                        .statusAt(DATA + SECTOR),
                out("2.7.4.1: OUT in three descriptors", DATA, OUT,
                        WHOLE_HEADER, source, STATUS_BYTE),
                out("2.7.4.1: header and data in one descriptor", HEADER + 16, OUT,
                        readable(HEADER, 16 + SECTOR), STATUS_BYTE),
                out("2.7.4.1: the header's end and data in one descriptor", HEADER + 16, OUT,
                        readable(HEADER, 10), readable(HEADER + 10, 6 + SECTOR), STATUS_BYTE),
                out("2.7.4.1: header and the start of data in one descriptor", HEADER + 16, OUT,
                        readable(HEADER, 17), readable(HEADER + 17, SECTOR - 1), STATUS_BYTE),
                out("2.7.4.1: OUT with the header in 16 descriptors of one byte", DATA, OUT,
                        join(split(HEADER, 16, 1, false), source, STATUS_BYTE)),
                out("2.7.4.1: OUT with data in 8 pieces", DATA, OUT, join(
                        new Part[] {WHOLE_HEADER},
                        join(split(DATA, SECTOR, 64, false), STATUS_BYTE))),
                answered("5.2.6.2: the barrier bit of an old driver is ignored in IN",
                        SECTOR + 1, OK, chain(BARRIER | IN, 3, WHOLE_HEADER, data, STATUS_BYTE))
                        .guestGetsDisk(DATA, 3 * SECTOR, SECTOR),
                out("5.2.6.2: the barrier bit of an old driver is ignored in OUT", DATA,
                        BARRIER | OUT, WHOLE_HEADER, source, STATUS_BYTE));
    }

    private static RequestRule wholeRead(String name, long sector, int sectors) {
        return answered(name, sectors * SECTOR + 1, OK, chain(IN, sector, WHOLE_HEADER,
                writable(DATA, (long) sectors * SECTOR), STATUS_BYTE))
                .guestGetsDisk(DATA, (int) sector * SECTOR, sectors * SECTOR);
    }

    private static RequestRule failedRead(String name, long sector, long bytes) {
        return failed("IN " + name, chain(IN, sector, WHOLE_HEADER, writable(DATA, bytes),
                STATUS_BYTE));
    }

    private static RequestRule failedWrite(String name, long sector, long bytes) {
        return failed("OUT " + name, chain(OUT, sector, WHOLE_HEADER, readable(DATA, bytes),
                STATUS_BYTE));
    }

    static List<RequestRule> ranges() {
        List<RequestRule> rules = new ArrayList<>(List.of(
                wholeRead("5.2.6: the first sector", 0, 1),
                wholeRead("5.2.6: the last sector", DISK_SECTORS - 1, 1),
                wholeRead("5.2.6: the whole disk", 0, DISK_SECTORS)));
        long[] outside = {DISK_SECTORS, DISK_SECTORS + 1, 1L << 23, 1L << 32, 1L << 54, 1L << 55,
            (1L << 55) + 3, Long.MAX_VALUE, Long.MIN_VALUE, -8, -1};
        for (long sector : outside) {
            String name = "at sector " + Long.toUnsignedString(sector);
            rules.add(failedRead(name, sector, SECTOR));
            rules.add(failedWrite(name, sector, SECTOR));
        }
        for (int bytes : new int[] {1, 511, 513, 1023}) {
            rules.add(failedRead("of " + bytes + " bytes", 3, bytes));
            rules.add(failedWrite("of " + bytes + " bytes", 3, bytes));
        }
        rules.add(failedRead("that begins inside and ends outside", DISK_SECTORS - 1, 1024));
        rules.add(failedWrite("that begins inside and ends outside", DISK_SECTORS - 1, 1024));
        rules.add(failedRead("of more than the whole disk", 0, DISK_BYTES + SECTOR));
        return rules;
    }

    static List<RequestRule> directions() {
        return List.of(
                failed("5.2.6: IN without data", chain(IN, 3, WHOLE_HEADER, STATUS_BYTE)),
                failed("5.2.6: OUT without data", chain(OUT, 3, WHOLE_HEADER, STATUS_BYTE)),
                failed("5.2.6: IN with readable data", chain(IN, 3, WHOLE_HEADER,
                        readable(DATA, SECTOR), STATUS_BYTE)),
                failed("5.2.6: IN with data of both kinds", chain(IN, 3, WHOLE_HEADER,
                        readable(DATA, SECTOR), writable(DATA + SECTOR, SECTOR), STATUS_BYTE)),
                failed("5.2.6: OUT with writable data", chain(OUT, 3, WHOLE_HEADER,
                        writable(DATA, SECTOR), STATUS_BYTE)),
                failed("5.2.6: OUT with data of both kinds", chain(OUT, 3, WHOLE_HEADER,
                        readable(DATA, SECTOR), writable(DATA + SECTOR, SECTOR), STATUS_BYTE)),
                failed("5.2.6: IN with one readable byte too many", chain(IN, 3,
                        readable(HEADER, 17), writable(DATA, SECTOR), STATUS_BYTE)));
    }

    private static void check(RequestRule rule, BlockLimits limits) throws Exception {
        rule.checkOnBothRings(limits, HandMadeGuest.QUEUED, 0, true);
        rule.checkOnBothRings(limits, HandMadeGuest.COMPLETED, 0, false);
    }

    @ParameterizedTest
    @MethodSource({"framing", "ranges", "directions"})
    void transfers(RequestRule rule) throws Exception {
        check(rule, HandMadeGuest.limits(SECTOR, false));
    }

    static List<RequestRule> readOnly() {
        return List.of(
                in("5.2.6.2: IN of a read-only disk", WHOLE_HEADER, writable(DATA, SECTOR),
                        STATUS_BYTE),
                answered("5.2.6.2: FLUSH of a read-only disk", 1, OK,
                        chain(HandMadeGuest.FLUSH, 0, WHOLE_HEADER, STATUS_BYTE)),
                failedWrite("5.2.6.2: to a read-only disk", 3, SECTOR),
                failedWrite("5.2.6.2: to a read-only disk, all of it", 0, DISK_BYTES),
                unsupported("5.2.6.2: DISCARD of a read-only disk, not offered", g -> {
                    g.segment(0, 3, 1, 0);
                    chain(HandMadeGuest.DISCARD, 0, WHOLE_HEADER, readable(DATA, 16),
                            STATUS_BYTE).accept(g);
                }),
                unsupported("5.2.6.2: WRITE_ZEROES of a read-only disk, not offered", g -> {
                    g.segment(0, 3, 1, 0);
                    chain(HandMadeGuest.WRITE_ZEROES, 0, WHOLE_HEADER, readable(DATA, 16),
                            STATUS_BYTE).accept(g);
                }));
    }

    @ParameterizedTest
    @MethodSource("readOnly")
    void readOnlyDisk(RequestRule rule) throws Exception {
        check(rule, HandMadeGuest.limits(SECTOR, true));
    }

    static List<RequestRule> largeBlocks() {
        return List.of(
                wholeRead("5.2.5: one block of 4096", 8, 8),
                wholeRead("5.2.5: the last block of 4096", DISK_SECTORS - 8, 8),
                failedRead("5.2.5: of an eighth of a block", 8, SECTOR),
                failedRead("5.2.5: of a block and a half", 8, 4096 + 2048),
                failedRead("5.2.5: that begins inside a block", 9, 4096),
                failedWrite("5.2.5: of an eighth of a block", 8, SECTOR),
                failedWrite("5.2.5: that begins inside a block", 12, 4096),
                failed("5.2.6: DISCARD of an eighth of a block", g -> {
                    g.segment(0, 8, 1, 0);
                    chain(HandMadeGuest.DISCARD, 0, WHOLE_HEADER, readable(DATA, 16),
                            STATUS_BYTE).accept(g);
                }),
                answered("5.2.6: WRITE_ZEROES of one block", 1, OK, g -> {
                    g.segment(0, 16, 8, 0);
                    chain(HandMadeGuest.WRITE_ZEROES, 0, WHOLE_HEADER, readable(DATA, 16),
                            STATUS_BYTE).accept(g);
                }).diskGets(16 * SECTOR, new byte[4096]));
    }

    @ParameterizedTest
    @MethodSource("largeBlocks")
    void diskWithBlocksOf4096(RequestRule rule) throws Exception {
        check(rule, HandMadeGuest.limits(4096, false));
    }
}
