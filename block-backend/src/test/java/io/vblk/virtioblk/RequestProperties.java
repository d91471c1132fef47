// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.limits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.virtioblk.HandMadeGuest.Part;
import io.vblk.virtioblk.HandMadeGuest.Used;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Good requests of any framing with one thing broken: status and used length are those of the
 * rules, nothing else is written, and this queue and the one beside it serve the next request.
 */
class RequestProperties {
    private static final int HEADER_BYTES = 16;
    private static final int SECTOR = HandMadeGuest.SECTOR;
    private static final int NO_STATUS = -1;

    /** What a good request asks for. */
    enum Kind {
        IN(HandMadeGuest.IN), OUT(HandMadeGuest.OUT), DISCARD(HandMadeGuest.DISCARD),
        WRITE_ZEROES(HandMadeGuest.WRITE_ZEROES);

        private final int type;

        Kind(int type) {
            this.type = type;
        }

        boolean isTransfer() {
            return this == IN || this == OUT;
        }
    }

    /** What is wrong, and the status that has to come of it. */
    enum Break {
        NOTHING(HandMadeGuest.OK),
        TYPE(HandMadeGuest.UNSUPP),
        SECTOR_AT_END(HandMadeGuest.IOERR),
        SECTOR_2_55(HandMadeGuest.IOERR),
        SECTOR_NEGATIVE(HandMadeGuest.IOERR),
        DATA_SHORT(HandMadeGuest.IOERR),
        WRONG_WAY(HandMadeGuest.IOERR),
        BOTH_WAYS(HandMadeGuest.IOERR),
        RANGE_FLAGS(HandMadeGuest.UNSUPP),
        RANGE_LONG(HandMadeGuest.IOERR),
        HEADER_SHORT(NO_STATUS),
        STATUS_READABLE(NO_STATUS),
        STATUS_NOWHERE(NO_STATUS);

        private final int status;

        Break(int status) {
            this.status = status;
        }

        boolean fits(Kind kind) {
            return switch (this) {
                case WRONG_WAY, BOTH_WAYS -> kind.isTransfer();
                // Of an IN the last byte of data would be taken for it.
                case STATUS_READABLE -> kind != Kind.IN;
                case RANGE_FLAGS, RANGE_LONG -> !kind.isTransfer();
                default -> true;
            };
        }
    }

    /**
     * A good request.
     *
     * @param cuts where header and data, one after the other, are cut into descriptors
     * @param statusApart whether the status has a descriptor of its own
     */
    record Shape(Kind kind, int sector, int count, List<Integer> cuts, boolean statusApart,
            boolean indirect, boolean packed) {
        int dataBytes() {
            return kind.isTransfer() ? count * SECTOR : 16 * count;
        }
    }

    @Provide
    Arbitrary<Shape> shapes() {
        return Combinators.combine(Arbitraries.of(Kind.class),
                Arbitraries.integers().between(0, HandMadeGuest.DISK_SECTORS - 8),
                Arbitraries.integers().between(1, 8),
                Arbitraries.integers().between(1, 8 * SECTOR).list().ofMaxSize(8),
                Arbitraries.of(true, false), Arbitraries.of(true, false),
                Arbitraries.of(true, false)).as(Shape::new);
    }

    @Property(tries = 300)
    void oneThingBrokenHasItsStatusAndBothQueuesGoOn(
            @ForAll("shapes") Shape shape, @ForAll Break broken) throws Exception {
        if (!broken.fits(shape.kind)) {
            return;
        }
        try (HandMadeGuest guest = new HandMadeGuest(shape.packed, limits(SECTOR, false),
                HandMadeGuest.QUEUED, 0, shape.indirect)) {
            NeighbourQueue beside = new NeighbourQueue(guest);
            try {
                beside.assertServes();
                check(guest, shape, broken);
                beside.assertServes();
                guest.assertAlive();
            } finally {
                guest.device.close();
                beside.close();
            }
        }
    }

    private static void check(HandMadeGuest guest, Shape shape, Break broken) {
        lay(guest, shape, broken);
        byte[] disk = guest.diskBytes();
        List<Part> parts = parts(shape, broken);
        guest.send(parts.toArray(new Part[0]));
        byte[][] laid = guest.snapshot();
        List<Used> used = guest.serve();
        assertEquals(1, used.size(), "used elements");
        assertEquals(expectedLength(shape, broken), used.get(0).length(), "used length");
        if (broken.status == NO_STATUS) {
            assertTrue(Arrays.deepEquals(laid, guest.snapshot()), "guest memory");
        } else {
            assertEquals(broken.status, guest.ram.get8(statusAt(shape, broken)), "status");
        }
        if (broken == Break.NOTHING) {
            checkDone(guest, shape, disk);
        } else {
            assertTrue(Arrays.equals(disk, guest.diskBytes()), "the disk");
            HandMadeGuest.write(laid, statusAt(shape, broken),
                    new byte[] {(byte) guest.ram.get8(statusAt(shape, broken))});
            assertTrue(Arrays.deepEquals(laid, guest.snapshot()), "more than a status");
        }
        assertFalse(guest.device.isBroken(0));
    }

    private static void checkDone(HandMadeGuest guest, Shape shape, byte[] disk) {
        byte[] expected = disk.clone();
        int from = shape.sector * SECTOR;
        if (shape.kind == Kind.OUT) {
            byte[] data = guest.bytes(HandMadeGuest.DATA, shape.dataBytes());
            System.arraycopy(data, 0, expected, from, data.length);
        } else if (shape.kind == Kind.IN) {
            assertTrue(Arrays.equals(Arrays.copyOfRange(disk, from, from + shape.dataBytes()),
                    guest.bytes(HandMadeGuest.DATA, shape.dataBytes())), "data");
        } else {
            Arrays.fill(expected, from, from + shape.count * SECTOR, (byte) 0);
        }
        assertTrue(Arrays.equals(expected, guest.diskBytes()), "the disk");
    }

    private static int expectedLength(Shape shape, Break broken) {
        if (broken.status == NO_STATUS) {
            return 0;
        }
        return broken == Break.NOTHING && shape.kind == Kind.IN ? shape.dataBytes() + 1 : 1;
    }

    private static long statusAt(Shape shape, Break broken) {
        int missing = broken == Break.DATA_SHORT ? 1 : 0;
        return shape.kind == Kind.IN && !shape.statusApart
                ? HandMadeGuest.DATA + shape.dataBytes() - missing : HandMadeGuest.STATUS;
    }

    private static void lay(HandMadeGuest guest, Shape shape, Break broken) {
        long sector = switch (broken) {
            case SECTOR_AT_END -> HandMadeGuest.DISK_SECTORS;
            case SECTOR_2_55 -> 1L << 55;
            case SECTOR_NEGATIVE -> -1;
            default -> shape.sector;
        };
        guest.header(broken == Break.TYPE ? 99 : shape.kind.type, sector);
        if (!shape.kind.isTransfer()) {
            for (int i = 0; i < shape.count; i++) {
                boolean last = i == shape.count - 1;
                guest.segment(i, last ? sector : shape.sector + i,
                        last && broken == Break.RANGE_LONG ? 0xFFFF_FFFFL
                                : last ? shape.count : 1,
                        last && broken == Break.RANGE_FLAGS ? 2 : 0);
            }
        }
    }

    /** Header and data cut into descriptors, then the status. */
    private static List<Part> parts(Shape shape, Break broken) {
        boolean writable = shape.kind == Kind.IN != (broken == Break.WRONG_WAY);
        int header = broken == Break.HEADER_SHORT ? HEADER_BYTES - 1 : HEADER_BYTES;
        int data = broken == Break.HEADER_SHORT ? 0
                : shape.dataBytes() - (broken == Break.DATA_SHORT ? 1 : 0);
        boolean joined = statusAt(shape, broken) != HandMadeGuest.STATUS
                && broken != Break.STATUS_READABLE && broken != Break.STATUS_NOWHERE;
        List<Part> parts = new ArrayList<>();
        cut(parts, shape, HandMadeGuest.HEADER, 0, header, false);
        if (broken == Break.BOTH_WAYS && writable) {
            parts.add(new Part(HandMadeGuest.TABLE - SECTOR, SECTOR, false));
        }
        cut(parts, shape, HandMadeGuest.DATA, header, data, writable);
        if (broken == Break.BOTH_WAYS && !writable) {
            parts.add(new Part(HandMadeGuest.TABLE - SECTOR, SECTOR, true));
        }
        if (joined && broken != Break.HEADER_SHORT && writable) {
            Part last = parts.remove(parts.size() - 1);
            parts.add(new Part(last.address(), last.length() + 1, true));
            return parts;
        }
        boolean readOnly = broken == Break.STATUS_READABLE;
        long at = broken == Break.STATUS_NOWHERE ? HandMadeGuest.NOWHERE : statusAt(shape, broken);
        parts.add(new Part(at, 1, !readOnly));
        return parts;
    }

    private static void cut(List<Part> parts, Shape shape, long at, int from, int bytes,
            boolean writable) {
        TreeSet<Integer> ends = new TreeSet<>();
        for (int end : shape.cuts) {
            if (end > from && end < from + bytes) {
                ends.add(end - from);
            }
        }
        ends.add(bytes);
        int start = 0;
        for (int end : ends) {
            parts.add(new Part(at + start, end - start, writable));
            start = end;
        }
    }
}
