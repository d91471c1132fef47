// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.VerifySpec;
import io.vblk.posix.NativeMemory;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Compares what was read with what the ledger says, unit by unit, and learns what it does not
 * know yet. Of a unit that this run has written the crc32c of all its bytes decides; where the
 * job asks for another checksum that one is compared too. Thread: one clone's, which has locked
 * what it looks at.
 */
final class Inspector {
    private final Ledger ledger;
    private final Recipe own;
    private final Unwritten unwritten;
    private final String target;
    private final DumpFiles dumps;
    private final int unitBytes;
    private final byte[] data;
    private final byte[] other;
    private final byte[] sum = new byte[Checksum.BYTES_MAX];
    private final CRC32C crc = new CRC32C();
    private final Checksum[] checksums = new Checksum[VerifySpec.Method.values().length];
    /** Makes again what another run wrote. */
    private UnitMaker again;
    private boolean blind;

    /**
     * An inspector.
     *
     * @param own how the clone makes its own data
     * @param target its name, for texts
     * @param dumps where wrong data is saved, or null
     */
    Inspector(Ledger ledger, Recipe own, Unwritten unwritten, String target, DumpFiles dumps) {
        this.ledger = ledger;
        this.own = own;
        this.unwritten = unwritten;
        this.target = target;
        this.dumps = dumps;
        this.unitBytes = ledger.unitBytes();
        this.data = new byte[unitBytes];
        this.other = new byte[unitBytes];
    }

    /** Whether the reference could not be read. */
    boolean isBlind() {
        return blind;
    }

    /**
     * Checks a read.
     *
     * @param address of what was read
     * @return what is wrong, null if nothing is
     */
    List<VerifyFailure> check(long address, long offset, int lengthBytes) {
        int first = ledger.unit(offset);
        int end = ledger.unit(offset + lengthBytes);
        Diagnosis diagnosis = null;
        for (int unit = first; unit < end; unit++) {
            long at = address + (long) (unit - first) * unitBytes;
            NativeMemory.copyToArray(at, data, 0, unitBytes);
            crc.reset();
            crc.update(data, 0, unitBytes);
            int seen = (int) crc.getValue();
            try {
                if (isRight(unit, seen)) {
                    continue;
                }
            } catch (IOException e) {
                blind = true;
                return List.of(unreadable(unit, seen, e));
            }
            if (diagnosis == null) {
                diagnosis = new Diagnosis(ledger, own, unwritten, first, end);
            }
            diagnosis.add(unit, data, seen);
        }
        return diagnosis == null ? null : diagnosis.failures(target, dumps, address);
    }

    private VerifyFailure unreadable(int unit, int seen, IOException e) {
        return new VerifyFailure(VerifyFailure.Kind.UNREADABLE, ledger.offset(unit), unitBytes,
                0, seen, "verify: offset " + ledger.offset(unit) + ", length " + unitBytes + ": "
                + target + ": UNREADABLE: the image cannot be compared: " + e.getMessage());
    }

    private boolean isRight(int unit, int seen) throws IOException {
        int bits = ledger.bits(unit);
        if ((bits & Ledger.KNOWN) != 0) {
            return seen == ledger.crc(unit)
                    && ((bits & Ledger.WRITTEN) == 0 || hasSoundPieces(unit));
        }
        if ((bits & Ledger.WRITTEN) != 0) {
            return learnIf(unit, seen, isOfReplay(unit, (bits & Ledger.SHARED) != 0));
        }
        return switch (unwritten) {
            case HEADERS -> learnIf(unit, seen, hasHeaders(unit));
            case AS_READ_FIRST -> learnIf(unit, seen, true);
            case AS_IMAGE -> isAsImage(unit, seen, (bits & Ledger.DOUBTFUL) != 0);
        };
    }

    private boolean learnIf(int unit, int seen, boolean right) {
        if (right) {
            ledger.learn(unit, seen);
        }
        return right;
    }

    private boolean isAsImage(int unit, int seen, boolean doubtful) throws IOException {
        Reference reference = ledger.reference();
        if (!reference.isLive()) {
            ledger.learn(unit, doubtful ? seen : ledger.zeroCrc());
        } else {
            reference.read(ledger.offset(unit), other);
            crc.reset();
            crc.update(other, 0, unitBytes);
            ledger.learn(unit, (int) crc.getValue());
        }
        return seen == ledger.crc(unit);
    }

    /** The crc is right: looks at the checksums that the job has asked for. */
    private boolean hasSoundPieces(int unit) {
        Recipe recipe = ledger.recipe(ledger.writer(unit));
        VerifySpec.Method method = recipe.method();
        if (!method.hasHeader() || method == VerifySpec.Method.CRC32C
                || method == VerifySpec.Method.PATTERN_HDR) {
            return true;
        }
        for (int at = 0; at < unitBytes; at += recipe.pieceBytes()) {
            if (!BlockHeader.isSound(data, at, recipe.pieceBytes(), checksum(method), sum)) {
                return false;
            }
        }
        return true;
    }

    private Checksum checksum(VerifySpec.Method method) {
        Checksum checksum = checksums[method.ordinal()];
        if (checksum == null) {
            checksum = Checksum.of(method);
            checksums[method.ordinal()] = checksum;
        }
        return checksum;
    }

    /** Whether a unit is the write that a replay has come to, of whatever run. */
    private boolean isOfReplay(int unit, boolean shared) {
        Recipe recipe = ledger.recipe(ledger.writer(unit));
        int sequence = ledger.sequence(unit);
        long run = ledger.run();
        long timeNs = 0;
        if (recipe.method().hasHeader()) {
            BlockHeader header = BlockHeader.parse(data, 0);
            if (header == null) {
                return false;
            }
            run = header.run();
            timeNs = header.timeNs();
            if (shared) {
                recipe = ledger.recipe(header.writer());
                sequence = (int) header.sequence();
            }
        }
        if (recipe == null) {
            return false;
        }
        if (again == null || again.run() != run || !again.recipe().equals(recipe)) {
            again = new UnitMaker(recipe, run);
        }
        again.make(other, ledger.offset(unit), sequence, timeNs);
        return Arrays.equals(data, other);
    }

    /** Whether all pieces say of themselves that they are right. */
    private boolean hasHeaders(int unit) {
        long offset = ledger.offset(unit);
        if (!own.method().hasHeader()) {
            for (int at = 0; at < unitBytes; at += own.pieceBytes()) {
                UnitMaker.pattern(other, at, own.pieceBytes(), own.pattern(), offset + at);
            }
            return Arrays.equals(data, other);
        }
        int at = 0;
        while (at < unitBytes) {
            BlockHeader header = BlockHeader.parse(data, at);
            if (header == null || header.offset() != offset + at
                    || header.pieceBytes() < Watermark.SECTOR_BYTES
                    || header.pieceBytes() > unitBytes - at
                    || !BlockHeader.isSound(data, at, header.pieceBytes(),
                            checksum(header.method()), sum)) {
                return false;
            }
            at += header.pieceBytes();
        }
        return true;
    }
}
