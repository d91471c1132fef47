// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static io.vblk.bench.CheckedDisk.UNIT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.bench.VerifyFailure.Kind;
import io.vblk.fio.Direction;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.VerifySpec;
import io.vblk.fio.VerifySpec.Method;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each wrong that a disk can do is found, and called what it is. */
final class DiagnosisTest {
    private static final int UNITS = 16;

    private static CheckedDisk disk() throws IOException {
        return new CheckedDisk(UNITS, CheckedDisk.checks(Method.CRC32C));
    }

    private static VerifyFailure only(List<VerifyFailure> failures) {
        assertEquals(1, failures.size(), () -> "failures: " + failures);
        return failures.get(0);
    }

    private static void says(VerifyFailure failure, Kind kind, long offset, long lengthBytes,
            String detail) {
        assertEquals(kind, failure.kind(), failure.text());
        assertEquals(offset, failure.offset(), failure.text());
        assertEquals(lengthBytes, failure.lengthBytes(), failure.text());
        String crcs = String.format("crc32c %08x expected, %08x read",
                failure.expectedCrc(), failure.readCrc());
        assertTrue(failure.text().startsWith("verify: offset " + offset + ", length "
                + lengthBytes + ": disk.raw: " + kind + ": "), failure.text());
        assertTrue(failure.text().contains(detail), failure.text());
        assertTrue(failure.text().contains(crcs), failure.text());
        assertFalse(failure.text().contains("\n"), failure.text());
    }

    @Test
    void lostFirstWriteLeavesWhatWasThereBefore() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, UNIT);
            disk.loseWrite(2 * UNIT, UNIT);

            says(only(disk.failuresOf(0, 4 * UNIT)), Kind.LOST, 2 * UNIT, UNIT,
                    "write 2 of clone 0 (2.000 s) was acknowledged and is not there; "
                    + "still there is zeroes");
        }
    }

    @Test
    void lostRewriteLeavesTheWriteBefore() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, 4 * UNIT);
            disk.loseWrite(0, 2 * UNIT);

            says(only(disk.failuresOf(0, 4 * UNIT)), Kind.LOST, 0, 2 * UNIT,
                    "write 2 of clone 0 (2.000 s) was acknowledged and is not there; "
                    + "still there is write 1 of clone 0 (1.000 s)");
        }
    }

    @Test
    void lostTrimLeavesTheData() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, UNIT);
            assertTrue(disk.begin(0, Direction.TRIM, 0, UNIT));
            disk.end(0);

            says(only(disk.failuresOf(0, UNIT)), Kind.LOST, 0, UNIT,
                    "a trim (2.000 s) was acknowledged and has zeroed nothing; "
                    + "still there is write 1 of clone 0 (1.000 s)");
        }
    }

    @Test
    void staleBlockHasComeBackFromEarlier() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(UNIT, UNIT);
            byte[] old = Arrays.copyOfRange(disk.bytes, UNIT, 2 * UNIT);
            disk.write(UNIT, UNIT);
            disk.write(UNIT, UNIT);
            System.arraycopy(old, 0, disk.bytes, UNIT, UNIT);

            says(only(disk.failuresOf(UNIT, UNIT)), Kind.STALE, UNIT, UNIT,
                    "write 3 of clone 0 (3.000 s) was acknowledged and is not there; "
                    + "back is the older write 1 of clone 0 (1.000 s)");
        }
    }

    @Test
    void misplacedWriteSaysWhereItBelongs() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, 4 * UNIT);
            disk.misplaceWrite(8 * UNIT, 2 * UNIT, UNIT);

            says(only(disk.failuresOf(0, 4 * UNIT)), Kind.MISPLACED, UNIT, 2 * UNIT,
                    "write 2 of clone 0 (2.000 s), which belongs at offset 32768, in place of "
                    + "write 1 of clone 0 (1.000 s)");
            says(only(disk.failuresOf(8 * UNIT, 4 * UNIT)), Kind.LOST, 8 * UNIT, 2 * UNIT,
                    "write 2 of clone 0");
        }
    }

    @Test
    void misplacedBySectorsShows() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, 4 * UNIT);
            disk.misplaceWrite(8 * UNIT, UNIT, UNIT + 1024);

            List<VerifyFailure> failures = disk.failuresOf(0, 4 * UNIT);
            says(failures.get(0), Kind.MISPLACED, UNIT, 2 * UNIT,
                    "which belongs at offset 32768, from offset 5120 on, in place of write 1");
        }
    }

    @Test
    void tornWithinABlockShowsItsBorder() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, UNIT);
            disk.tearWrite(0, UNIT, 1536);

            says(only(disk.failuresOf(0, UNIT)), Kind.TORN, 0, UNIT,
                    "from offset 0 on write 2 of clone 0 (2.000 s), "
                    + "from offset 1536 on write 1 of clone 0");
        }
    }

    @Test
    void tornBetweenBlocksIsOneFailure() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, UNITS * UNIT);
            disk.tearWrite(4 * UNIT, 8 * UNIT, 3 * UNIT);

            says(only(disk.failuresOf(0, UNITS * UNIT)), Kind.TORN, 4 * UNIT, 8 * UNIT,
                    "from offset 16384 on write 2 of clone 0 (2.000 s), "
                    + "from offset 28672 on write 1 of clone 0 (");
        }
    }

    @Test
    void tornFirstWriteHasZeroesInPart() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.tearWrite(0, 2 * UNIT, UNIT + 512);

            says(only(disk.failuresOf(UNIT, UNIT)), Kind.TORN, UNIT, UNIT,
                    "from offset 4096 on write 1 of clone 0 (1.000 s), "
                    + "from offset 4608 on zeroes");
        }
    }

    @Test
    void tornOldBlockAtTheFrontIsFoundToo() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, UNIT);
            byte[] old = Arrays.copyOf(disk.bytes, 512);
            disk.write(0, UNIT);
            System.arraycopy(old, 0, disk.bytes, 0, 512);

            says(only(disk.failuresOf(0, UNIT)), Kind.TORN, 0, UNIT,
                    "from offset 0 on write 1 of clone 0, "
                    + "from offset 512 on write 2 of clone 0 (2.000 s)");
        }
    }

    @Test
    void corruptDataTellsItsWrongBits() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, UNIT);
            disk.bytes[1000] ^= 0x11;
            disk.bytes[3000] ^= 0x80;

            says(only(disk.failuresOf(0, UNIT)), Kind.CORRUPT, 0, UNIT,
                    "write 1 of clone 0 (1.000 s), with 3 bits wrong, the first at offset 1000");
        }
    }

    @Test
    void corruptHeaderOrWatermarkIsCorruptAsWell() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, UNIT);
            disk.write(UNIT, UNIT);
            disk.bytes[3] ^= 4;
            disk.bytes[UNIT + 1023] ^= 1;

            List<VerifyFailure> failures = disk.failuresOf(0, 2 * UNIT);
            assertEquals(2, failures.size());
            says(failures.get(0), Kind.CORRUPT, 0, UNIT, "with 1 bit wrong, the first at offset 3");
            says(failures.get(1), Kind.CORRUPT, UNIT, UNIT,
                    "with 1 bit wrong, the first at offset 5119");
        }
    }

    @Test
    void zeroesInPlaceOfDataAreNoLostWrite() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, UNIT);
            disk.write(0, UNIT);
            Arrays.fill(disk.bytes, 0, UNIT, (byte) 0);

            says(only(disk.failuresOf(0, UNIT)), Kind.ZEROES, 0, UNIT,
                    "zeroes in place of write 2 of clone 0 (2.000 s)");
        }
    }

    @Test
    void foreignDataHasNoHeader() throws IOException {
        try (CheckedDisk disk = disk()) {
            disk.write(0, 3 * UNIT);
            byte[] garbage = new byte[UNIT];
            new Random(5).nextBytes(garbage);
            System.arraycopy(garbage, 0, disk.bytes, UNIT, UNIT);

            says(only(disk.failuresOf(0, 3 * UNIT)), Kind.FOREIGN, UNIT, UNIT,
                    "unknown data in place of write 1 of clone 0 (1.000 s)");
        }
    }

    @Test
    void writesOfAnEarlierRunAreTold() throws IOException {
        byte[] bytes = new byte[UNITS * UNIT];
        VerifySpec verify = CheckedDisk.checks(Method.CRC32C);
        try (CheckedDisk earlier = new CheckedDisk(bytes,
                CheckedDisk.job(ReadWrite.RANDRW, verify), Reference.ZEROES, null)) {
            earlier.write(0, 2 * UNIT);
        }
        long later = CheckedDisk.RUN + 3_600_000_000_000L;
        try (CheckedDisk disk = new CheckedDisk(bytes,
                CheckedDisk.job(ReadWrite.RANDRW, verify), null, null, later)) {
            // The same seed, clone, offset and number as in the run before.
            disk.loseWrite(0, UNIT);
            says(only(disk.failuresOf(0, UNIT)), Kind.LOST, 0, UNIT, "still there is write 1 of "
                    + "clone 0 of an earlier run (2026-07-01T00:00:01Z)");
            disk.tearWrite(UNIT, UNIT, 2048);
            says(only(disk.failuresOf(UNIT, UNIT)), Kind.TORN, UNIT, UNIT,
                    "from offset 4096 on write 2 of clone 0 (3.000 s), from offset 6144 on ");
        }
    }

    @Test
    void otherClonesAreNamed() throws IOException {
        try (CheckedDisk disk = disk();
                CheckedDisk other = new CheckedDisk(disk,
                        CheckedDisk.job(ReadWrite.RANDRW, CheckedDisk.checks(Method.MD5)), 3)) {
            other.write(0, UNIT);
            other.write(UNIT, UNIT);
            disk.loseWrite(0, UNIT);
            says(only(other.failuresOf(0, UNIT)), Kind.LOST, 0, UNIT, "write 1 of clone 0 "
                    + "(3.000 s) was acknowledged and is not there; still there is write 1 of "
                    + "clone 3 (1.000 s)");
            disk.bytes[UNIT + 700] ^= 2;
            says(only(disk.failuresOf(UNIT, UNIT)), Kind.CORRUPT, UNIT, UNIT,
                    "write 2 of clone 3 (2.000 s), with 1 bit wrong");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CRC32C", "CRC32", "MD5", "SHA1", "SHA256", "SHA512", "XXHASH"})
    void eachMethodFindsAll(Method method) throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CheckedDisk.checks(method))) {
            disk.write(0, 4 * UNIT);
            assertEquals(List.of(), disk.failuresOf(0, 4 * UNIT));
            disk.loseWrite(0, UNIT);
            disk.bytes[2 * UNIT] ^= 1;
            List<VerifyFailure> failures = disk.failuresOf(0, 4 * UNIT);
            says(failures.get(0), Kind.LOST, 0, UNIT, "write 2");
            says(failures.get(1), Kind.CORRUPT, 2 * UNIT, UNIT, "1 bit wrong");
        }
    }

    @Test
    void patternsWithHeadersTellOldFromTorn() throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS,
                CheckedDisk.pattern(Method.PATTERN_HDR, 0xDE, 0xAD, 0xBE))) {
            disk.write(0, UNIT);
            byte[] first = Arrays.copyOf(disk.bytes, UNIT);
            disk.loseWrite(0, UNIT);
            says(only(disk.failuresOf(0, UNIT)), Kind.LOST, 0, UNIT, "still there is write 1");
            disk.write(0, UNIT);
            System.arraycopy(first, 0, disk.bytes, 0, UNIT);
            says(only(disk.failuresOf(0, UNIT)), Kind.STALE, 0, UNIT, "the older write 1");
            disk.write(0, UNIT);
            disk.bytes[4000] ^= 8;
            says(only(disk.failuresOf(0, UNIT)), Kind.CORRUPT, 0, UNIT, "1 bit wrong");
            disk.misplaceWrite(0, UNIT, UNIT);
            says(only(disk.failuresOf(UNIT, UNIT)), Kind.MISPLACED, UNIT, UNIT,
                    "which belongs at offset 0");
            disk.tearWrite(2 * UNIT, UNIT, 1024);
            says(only(disk.failuresOf(2 * UNIT, UNIT)), Kind.TORN, 2 * UNIT, UNIT,
                    "from offset 9216 on zeroes");
        }
    }

    @Test
    void patternsWithOffsetsTellTheirPlace() throws IOException {
        int hole = VerifySpec.OFFSET_HOLE;
        try (CheckedDisk disk = new CheckedDisk(UNITS, CheckedDisk.pattern(Method.PATTERN,
                0xAB, hole, hole, hole, hole, hole, hole, hole, hole, 0xCD))) {
            disk.write(0, 4 * UNIT);
            assertEquals(List.of(), disk.failuresOf(0, 4 * UNIT));
            assertEquals((byte) 0xAB, disk.bytes[UNIT]);
            assertEquals(UNIT >> 8, disk.bytes[UNIT + 2]);
            disk.misplaceWrite(8 * UNIT, UNIT, 2 * UNIT);
            says(only(disk.failuresOf(0, 4 * UNIT)), Kind.MISPLACED, 2 * UNIT, UNIT,
                    "the pattern of another place, which belongs at offset 32768");
            disk.bytes[UNIT - 1] ^= 3;
            says(only(disk.failuresOf(0, UNIT)), Kind.CORRUPT, 0, UNIT, "2 bits wrong");
        }
    }

    @Test
    void piecesHaveHeadersOfTheirOwn() throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CheckedDisk.pieces(1024))) {
            disk.write(0, UNIT);
            for (int at = 0; at < UNIT; at += 1024) {
                assertEquals(at, BlockHeader.parse(disk.bytes, at).offset());
            }
            disk.tearWrite(0, UNIT, 2048);
            says(only(disk.failuresOf(0, UNIT)), Kind.TORN, 0, UNIT, "from offset 0 on write 2 of "
                    + "clone 0 (2.000 s), from offset 2048 on write 1 of clone 0 (");
        }
    }

    @TempDir
    private Path directory;

    @Test
    void wrongBlocksAreSavedBesideWhatTheyShouldBe() throws IOException {
        VerifySpec dumping = new VerifySpec(Method.CRC32C, null, 0, true, 0, 0, false, true,
                false, true);
        DumpFiles dumps = new DumpFiles(directory, "/a b/disk raw");
        try (CheckedDisk disk = new CheckedDisk(new byte[UNITS * UNIT],
                CheckedDisk.job(ReadWrite.RANDRW, dumping), Reference.ZEROES, dumps)) {
            disk.write(0, 4 * UNIT);
            byte[] expected = Arrays.copyOfRange(disk.bytes, UNIT, 3 * UNIT);
            Arrays.fill(disk.bytes, UNIT, 3 * UNIT, (byte) 7);
            VerifyFailure failure = only(disk.failuresOf(0, 4 * UNIT));
            says(failure, Kind.FOREIGN, UNIT, 2 * UNIT,
                    "; saved as disk_raw.4096.received and .expected");
            assertArrayEquals(Arrays.copyOfRange(disk.bytes, UNIT, 3 * UNIT),
                    Files.readAllBytes(directory.resolve("disk_raw.4096.received")));
            assertArrayEquals(expected,
                    Files.readAllBytes(directory.resolve("disk_raw.4096.expected")));
            for (int i = 0; i < 2 * DumpFiles.PAIRS_MAX; i++) {
                disk.read(0, UNIT);
                disk.read((i % 2 + 1) * UNIT, UNIT);
            }
            try (var files = Files.list(directory)) {
                assertTrue(files.count() <= 2 * DumpFiles.PAIRS_MAX);
            }
            assertEquals(1 + 2 * DumpFiles.PAIRS_MAX, disk.verification.errors());
            assertEquals(Verification.DESCRIBED_MAX, disk.verification.failures().size());
        }
    }
}
