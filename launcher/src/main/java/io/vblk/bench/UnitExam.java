// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.bench.VerifyFailure.Kind;
import io.vblk.fio.VerifySpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * Finds out what must have happened to a unit that is not as it must be: asks each of its sectors
 * which write it is of, by its header, its watermark, or by being what is expected. Thread: the
 * one that has locked the unit.
 */
final class UnitExam {
    /** More wrong bits of a sector than a fault of single bits makes: it is other data. */
    private static final int BITS_MAX = Watermark.SECTOR_BYTES * Byte.SIZE / 4;

    /**
     * What was found.
     *
     * @param detail what must have happened, in words
     * @param parts what is there, in words: one label, or one for each sector
     * @param same equal for units that the same thing happened to
     * @param expectedCrc of the unit, 0 if unknown
     */
    record Finding(int unit, Kind kind, String detail, List<String> parts, String same,
            int expectedCrc, int readCrc) {}

    /** What a sector is: as expected, or nearly, or one of a known write, or neither. */
    private enum Sector { RIGHT, NEAR, OF_WRITE, ZEROES, UNKNOWN }

    /** A seed and a run that watermarks can be read with. */
    private record Key(long seed, long run) {}

    private final Ledger ledger;
    private final Recipe own;
    private final Unwritten unwritten;
    private final int unit;
    private final long offset;
    private final byte[] data;
    private final int seen;
    private final int bits;
    private final byte[] expected;
    private final Labels labels;
    private final Sector[] sectors;
    private final FoundWrite[] writes;
    private int wrongBits;
    private int firstWrong = -1;

    UnitExam(Ledger ledger, Recipe own, Unwritten unwritten, int unit, byte[] data, int seen) {
        this.ledger = ledger;
        this.own = own;
        this.unwritten = unwritten;
        this.unit = unit;
        this.offset = ledger.offset(unit);
        this.data = data;
        this.seen = seen;
        this.bits = ledger.bits(unit);
        this.labels = new Labels(ledger, unwritten);
        this.expected = expected(ledger, own, unwritten, unit, data);
        this.sectors = new Sector[data.length / Watermark.SECTOR_BYTES];
        this.writes = new FoundWrite[sectors.length];
    }

    // ------------------------------------------------------------------ what it must be

    /** What a unit must be, made again; null if nobody knows. */
    static byte[] expected(Ledger ledger, Recipe own, Unwritten unwritten, int unit,
            byte[] received) {
        int bits = ledger.bits(unit);
        byte[] made = new byte[received.length];
        if ((bits & Ledger.TRIMMED) != 0) {
            return made;
        }
        if ((bits & Ledger.WRITTEN) != 0) {
            if ((bits & Ledger.SHARED) != 0) {
                return ofItsHeader(ledger, own, unit, received);
            }
            boolean replayed = ledger.isReplayed();
            long run = replayed ? BlockHeader.run(received, 0) : ledger.run();
            long timeNs = replayed
                    ? BlockHeader.timeNs(received, 0)
                    : Ledger.timeNs(run, ledger.ms(unit));
            new UnitMaker(ledger.recipe(ledger.writer(unit)), run)
                    .make(made, ledger.offset(unit), ledger.sequence(unit), timeNs);
            return made;
        }
        if (unwritten == Unwritten.HEADERS) {
            if (own.method() != VerifySpec.Method.PATTERN) {
                return ofItsHeader(ledger, own, unit, received);
            }
            new UnitMaker(own, 0).make(made, ledger.offset(unit), 0, 0);
            return made;
        }
        return ofReference(ledger, unit, made);
    }

    private static byte[] ofReference(Ledger ledger, int unit, byte[] room) {
        if (ledger.reference() == null) {
            return null;
        }
        try {
            ledger.reference().read(ledger.offset(unit), room);
        } catch (IOException e) {
            // The exam can do without; that the image is unreadable shows at the next comparison.
            return null;
        }
        CRC32C crc = new CRC32C();
        crc.update(room, 0, room.length);
        return (int) crc.getValue() == ledger.crc(unit) ? room : null;
    }

    private static byte[] ofItsHeader(Ledger ledger, Recipe own, int unit, byte[] received) {
        BlockHeader header = BlockHeader.parse(received, 0);
        return header == null || header.offset() != ledger.offset(unit)
                ? null
                : again(header, own, received.length, ledger.offset(unit));
    }

    /** What the write of a header made; null if that cannot be done again. */
    private static byte[] again(BlockHeader header, Recipe own, int lengthBytes, long offset) {
        int piece = header.pieceBytes();
        if (piece < Watermark.SECTOR_BYTES || lengthBytes % piece != 0) {
            return null;
        }
        byte[] made = new byte[lengthBytes];
        new UnitMaker(new Recipe(header.writer(), header.seed(), header.method(), own.pattern(),
                piece), header.run())
                .make(made, offset, (int) header.sequence(), header.timeNs());
        return made;
    }

    // ------------------------------------------------------------------ sector by sector

    /** Examines the unit. */
    Finding find() {
        List<Key> keys = keys();
        for (int i = 0; i < sectors.length; i++) {
            look(i, keys);
        }
        BlockHeader header = BlockHeader.parse(data, 0);
        if (header != null && own.pattern() != null && header.offset() == offset
                && Arrays.equals(data, again(header, own, data.length, offset))) {
            // Most of a pattern is the same in each write.
            Arrays.fill(sectors, Sector.OF_WRITE);
            Arrays.fill(writes, FoundWrite.of(header, 0));
        }
        for (int i = 0; i < sectors.length; i++) {
            if (sectors[i] == Sector.OF_WRITE && writes[i].shift() != 0) {
                return misplaced(i);
            }
        }
        boolean beforeIsCrc = (bits & Ledger.BEFORE) != 0 && !ledger.isReplayed();
        if (beforeIsCrc && seen == ledger.before(unit)) {
            return lost(sectors[0] == Sector.OF_WRITE ? labels.write(writes[0])
                    : sectors[0] == Sector.ZEROES ? label(0) : "what was there before it");
        }
        int parts = parts();
        return parts > 1 ? torn() : whole(parts);
    }

    private List<Key> keys() {
        Set<Key> keys = new HashSet<>();
        for (Recipe recipe : ledger.recipes()) {
            keys.add(new Key(recipe.seed(), ledger.run()));
            if (ledger.isReplayed()) {
                keys.add(new Key(recipe.seed(), BlockHeader.run(data, 0)));
            }
        }
        for (int at = 0; at < data.length; at += Watermark.SECTOR_BYTES) {
            BlockHeader header = BlockHeader.parse(data, at);
            if (header != null) {
                keys.add(new Key(header.seed(), header.run()));
            }
        }
        return new ArrayList<>(keys);
    }

    private void look(int sector, List<Key> keys) {
        int at = sector * Watermark.SECTOR_BYTES;
        int wrong = expected == null ? Integer.MAX_VALUE : wrongBits(at);
        FoundWrite write = writeOf(at, keys);
        writes[sector] = write;
        if (wrong == 0) {
            sectors[sector] = Sector.RIGHT;
        } else if (write != null && !isExpected(write)) {
            sectors[sector] = Sector.OF_WRITE;
        } else if (wrong <= BITS_MAX || write != null && expected != null) {
            sectors[sector] = Sector.NEAR;
            wrongBits += wrong;
            firstWrong = firstWrong < 0 ? firstWrongByte(at) : firstWrong;
        } else {
            sectors[sector] = isZero(at) ? Sector.ZEROES : Sector.UNKNOWN;
        }
    }

    private FoundWrite writeOf(int at, List<Key> keys) {
        BlockHeader header = BlockHeader.parse(data, at);
        if (header != null) {
            return FoundWrite.of(header, header.offset() - offset - at);
        }
        for (Key key : keys) {
            long place = Watermark.offset(data, at, Watermark.key(key.seed(), key.run()));
            int sequence = Watermark.sequence(data, at);
            if (place >= 0 && sequence != 0) {
                return new FoundWrite(Watermark.writer(data, at), Integer.toUnsignedLong(sequence),
                        key.run(), place - offset - at, FoundWrite.NO_TIME);
            }
        }
        return expected != null && own.method() == VerifySpec.Method.PATTERN
                ? ofPattern(at)
                : null;
    }

    /** A pattern that names its offset, of another place. */
    private FoundWrite ofPattern(int at) {
        int hole = 0;
        while (hole < own.pattern().length && own.pattern()[hole] != VerifySpec.OFFSET_HOLE) {
            hole++;
        }
        int piece = own.pieceBytes();
        int from = at / piece * piece;
        if (hole == own.pattern().length || hole > piece - Long.BYTES) {
            return null;
        }
        long place = (long) Watermark.LONGS.get(data, from + hole);
        byte[] made = new byte[piece];
        UnitMaker.pattern(made, 0, piece, own.pattern(), place);
        return Arrays.equals(made, 0, piece, data, from, from + piece)
                ? new FoundWrite(0, 0, 0, place - offset - from, FoundWrite.NO_TIME)
                : null;
    }

    private boolean isExpected(FoundWrite write) {
        if (write.shift() != 0) {
            return false;
        }
        if ((bits & Ledger.WRITTEN) == 0 || (bits & Ledger.SHARED) != 0) {
            BlockHeader header = BlockHeader.parse(data, 0);
            return unwritten == Unwritten.HEADERS && (bits & Ledger.TRIMMED) == 0
                    && header != null && write.withoutTime().equals(
                            FoundWrite.of(header, header.offset() - offset).withoutTime());
        }
        return write.writer() == ledger.writer(unit)
                && write.sequence() == Integer.toUnsignedLong(ledger.sequence(unit))
                && (ledger.isReplayed() || write.run() == ledger.run());
    }

    private int wrongBits(int at) {
        int wrong = 0;
        for (int i = at; i < at + Watermark.SECTOR_BYTES; i += Long.BYTES) {
            wrong += Long.bitCount((long) Watermark.LONGS.get(data, i)
                    ^ (long) Watermark.LONGS.get(expected, i));
        }
        return wrong;
    }

    private int firstWrongByte(int at) {
        int i = at;
        while (data[i] == expected[i]) {
            i++;
        }
        return i;
    }

    private boolean isZero(int at) {
        for (int i = at; i < at + Watermark.SECTOR_BYTES; i += Long.BYTES) {
            if ((long) Watermark.LONGS.get(data, i) != 0) {
                return false;
            }
        }
        return true;
    }

    // ------------------------------------------------------------------ the verdict

    /** How many different things the unit is made of. */
    private int parts() {
        Set<Object> parts = new HashSet<>();
        for (int i = 0; i < sectors.length; i++) {
            if (sectors[i] == Sector.OF_WRITE) {
                parts.add(writes[i].withoutTime());
            } else if (sectors[i] == Sector.RIGHT || sectors[i] == Sector.NEAR) {
                if (tellsWrites(i)) {
                    parts.add(Sector.RIGHT);
                }
            } else {
                parts.add(sectors[i]);
            }
        }
        return parts.size();
    }

    /** Whether a sector of the expected data differs from those of earlier writes. */
    private boolean tellsWrites(int sector) {
        return (bits & Ledger.WRITTEN) == 0 || own.pattern() == null || !own.method().hasHeader()
                || sector * Watermark.SECTOR_BYTES % own.pieceBytes() == 0;
    }

    private Finding whole(int parts) {
        Sector all = parts == 0 ? Sector.NEAR : null;
        int at = 0;
        for (int i = 0; i < sectors.length; i++) {
            if (all == null && (sectors[i] != Sector.RIGHT || tellsWrites(i))) {
                all = sectors[i] == Sector.RIGHT ? Sector.NEAR : sectors[i];
                at = i;
            }
        }
        if (hasDamagedHeader()) {
            return finding(Kind.CORRUPT, "a damaged header in place of " + labels.expected(unit),
                    "damaged data");
        }
        return switch (all) {
            case RIGHT, NEAR -> corrupt();
            case OF_WRITE -> older(writes[at]);
            case ZEROES -> finding(Kind.ZEROES,
                    "zeroes in place of " + labels.expected(unit), "zeroes");
            case UNKNOWN -> foreign();
        };
    }

    private Finding corrupt() {
        String detail = wrongBits == 0
                ? labels.expected(unit) + ", but its checksum is wrong"
                : labels.expected(unit) + ", with " + wrongBits
                        + (wrongBits == 1 ? " bit" : " bits") + " wrong, the first at offset "
                        + (offset + firstWrong);
        return new Finding(unit, Kind.CORRUPT, detail, List.of("damaged data"), detail + unit,
                expectedCrc(), seen);
    }

    private Finding foreign() {
        return finding(Kind.FOREIGN,
                "unknown data in place of " + labels.expected(unit), "unknown data");
    }

    /** Data at its place, as its watermarks say or as nobody can tell, whose header is damaged. */
    private boolean hasDamagedHeader() {
        return expected == null && BlockHeader.hasMagic(data, 0)
                && BlockHeader.parse(data, 0) == null;
    }

    private Finding older(FoundWrite write) {
        String found = labels.write(write);
        boolean written = (bits & Ledger.WRITTEN) != 0;
        boolean later = written && write.writer() == ledger.writer(unit)
                && (ledger.isReplayed() || write.run() == ledger.run())
                && write.sequence() > Integer.toUnsignedLong(ledger.sequence(unit));
        if (later || (bits & (Ledger.WRITTEN | Ledger.TRIMMED)) == 0
                || (bits & Ledger.SHARED) != 0) {
            return finding(Kind.FOREIGN, found + " in place of " + labels.expected(unit), found);
        }
        boolean before = (bits & Ledger.BEFORE) != 0;
        boolean last = written && ledger.isReplayed()
                && write.sequence() == Integer.toUnsignedLong(ledger.before(unit));
        if (!before || last) {
            return lost(found);
        }
        return finding(Kind.STALE, labels.gone(unit) + "; back is the older " + found,
                labels.write(write.withoutTime()));
    }

    private Finding lost(String found) {
        return finding(Kind.LOST, labels.gone(unit) + "; still there is " + found, label(0));
    }

    private Finding misplaced(int sector) {
        FoundWrite write = writes[sector];
        int at = sector * Watermark.SECTOR_BYTES;
        String found = labels.write(write) + ", which belongs at offset "
                + (offset + at + write.shift());
        String where = sector == 0 ? "" : ", from offset " + (offset + at) + " on";
        return new Finding(unit, Kind.MISPLACED, found + where + ", in place of "
                + labels.expected(unit), List.of(found), write.withoutTime().toString(),
                expectedCrc(), seen);
    }

    private String label(int sector) {
        return switch (sectors[sector]) {
            case RIGHT, NEAR -> labels.expected(unit);
            case OF_WRITE -> labels.write(writes[sector].withoutTime());
            case ZEROES -> "zeroes";
            case UNKNOWN -> "unknown data";
        };
    }

    private Finding torn() {
        Labels.Segments segments = new Labels.Segments();
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < sectors.length; i++) {
            parts.add(label(i));
            segments.add(offset + i * Watermark.SECTOR_BYTES, label(i));
        }
        return new Finding(unit, Kind.TORN, segments.toString(), parts, "torn " + unit,
                expectedCrc(), seen);
    }

    private int expectedCrc() {
        if ((bits & Ledger.KNOWN) != 0) {
            return ledger.crc(unit);
        }
        CRC32C crc = new CRC32C();
        crc.update(expected == null ? new byte[0] : expected);
        return (int) crc.getValue();
    }

    private Finding finding(Kind kind, String detail, String label) {
        return new Finding(unit, kind, detail, List.of(label), detail, expectedCrc(), seen);
    }
}
