// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.COMPLETED;
import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.DISK_SECTORS;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.IN;
import static io.vblk.virtioblk.HandMadeGuest.IOERR;
import static io.vblk.virtioblk.HandMadeGuest.OK;
import static io.vblk.virtioblk.HandMadeGuest.OUT;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.UNSUPP;
import static io.vblk.virtioblk.HandMadeGuest.UNTOUCHED;
import static io.vblk.virtioblk.HandMadeGuest.limits;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.vblk.virtioblk.HandMadeGuest.Part;
import io.vblk.virtioblk.HandMadeGuest.Used;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Reads and writes by the rules in any framing, and such with one property broken: status, used
 * length, disk and guest memory are as virtio 1.3, 5.2.6 says, and this queue and its neighbour go
 * on.
 */
class RequestProperties {
    private static final int HEADER_BYTES = 16;

    /** One property broken, and the answer. */
    enum Broken {
        NOTHING(OK), SECTOR_AT_THE_END(IOERR), SECTOR_2_55(IOERR), SECTOR_2_64_LESS_1(IOERR),
        ONE_SECTOR_TOO_MANY(IOERR), HALF_A_SECTOR(IOERR), NO_DATA(IOERR), TYPE_UNKNOWN(UNSUPP),
        HEADER_ONE_BYTE_SHORT(UNTOUCHED), STATUS_READ_ONLY(UNTOUCHED);

        private final int status;

        Broken(int status) {
            this.status = status;
        }
    }

    /** A request by the rules, before it is broken; the cuts are places in its byte streams. */
    record Request(boolean packed, boolean indirect, boolean write, int sector, int sectors,
            List<Integer> cuts) {}

    @Provide
    Arbitrary<Request> requests() {
        Arbitrary<List<Integer>> cuts = Arbitraries.integers().between(1, 9 * SECTOR)
                .list().ofMaxSize(6);
        return Combinators.combine(Arbitraries.of(false, true), Arbitraries.of(false, true),
                Arbitraries.of(false, true), Arbitraries.integers().between(0, DISK_SECTORS - 1),
                Arbitraries.integers().between(1, 8), cuts).as((packed, indirect, write, sector,
                        sectors, places) -> new Request(packed, indirect, write, sector,
                                Math.min(sectors, DISK_SECTORS - sector), places));
    }

    @Property(tries = 500)
    void hasTheAnswerOfItsRowAndDisturbsNobody(
            @ForAll("requests") Request request, @ForAll Broken broken) throws Exception {
        try (HandMadeGuest guest = new HandMadeGuest(request.packed, limits(SECTOR, false),
                COMPLETED, 0, request.indirect)) {
            NeighbourQueue neighbour = new NeighbourQueue(guest);
            try {
                check(guest, request, broken);
                guest.assertAlive();
                neighbour.assertServes();
            } finally {
                guest.device.close();
                neighbour.close();
            }
        }
    }

    private static void check(HandMadeGuest guest, Request request, Broken broken) {
        long sector = switch (broken) {
            case SECTOR_AT_THE_END -> DISK_SECTORS;
            case SECTOR_2_55 -> 1L << 55;
            case SECTOR_2_64_LESS_1 -> -1;
            case ONE_SECTOR_TOO_MANY -> DISK_SECTORS - request.sectors + 1;
            default -> request.sector;
        };
        int data = switch (broken) {
            case HALF_A_SECTOR -> request.sectors * SECTOR - SECTOR / 2;
            case NO_DATA -> 0;
            default -> request.sectors * SECTOR;
        };
        int type = broken == Broken.TYPE_UNKNOWN ? 99 : request.write ? OUT : IN;
        // What goes one way lies in one piece: header and data, or data and status.
        long header = request.write ? DATA - HEADER_BYTES : HEADER;
        long status = request.write ? DATA + 16 * SECTOR : DATA + data;
        guest.headerAt(header, type, sector);
        int from = broken == Broken.HEADER_ONE_BYTE_SHORT ? 1 : 0;
        int readable = HEADER_BYTES + (request.write && from == 0 ? data : 0);
        List<Part> parts = new ArrayList<>();
        cut(parts, header + from, readable - from, false, request.cuts);
        if (broken == Broken.STATUS_READ_ONLY) {
            parts.add(new Part(status, 1, false));
        } else if (request.write) {
            parts.add(new Part(status, 1, true));
        } else {
            cut(parts, DATA, data + 1, true, request.cuts);
        }
        guest.send(parts.toArray(Part[]::new));
        byte[][] memory = guest.snapshot();
        byte[] disk = guest.diskBytes();
        List<Used> used = guest.serve();

        boolean read = broken == Broken.NOTHING && !request.write;
        int usedBytes = broken.status == UNTOUCHED ? 0 : read ? data + 1 : 1;
        assertEquals(1, used.size());
        assertEquals(usedBytes, used.get(0).length(), "used length");
        int at = request.sector * SECTOR;
        if (broken == Broken.NOTHING && request.write) {
            System.arraycopy(guest.bytes(DATA, data), 0, disk, at, data);
        } else if (read) {
            HandMadeGuest.write(memory, DATA, Arrays.copyOfRange(disk, at, at + data));
        }
        if (broken.status != UNTOUCHED) {
            HandMadeGuest.write(memory, status, new byte[] {(byte) broken.status});
        }
        assertArrayEquals(disk, guest.diskBytes(), "disk");
        assertArrayEquals(memory, guest.snapshot(), "guest memory");
        assertFalse(guest.device.isBroken(0));
    }

    /** Adds a stream of bytes in pieces. */
    private static void cut(List<Part> parts, long address, int bytes, boolean writable,
            List<Integer> cuts) {
        int start = 0;
        for (int place : cuts.stream().sorted().distinct().filter(p -> p < bytes).toList()) {
            parts.add(new Part(address + start, place - start, writable));
            start = place;
        }
        parts.add(new Part(address + start, bytes - start, writable));
    }
}
