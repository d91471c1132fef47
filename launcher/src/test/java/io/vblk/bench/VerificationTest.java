// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static io.vblk.bench.CheckedDisk.UNIT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.bench.VerifyFailure.Kind;
import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Payload;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.VerifySpec;
import io.vblk.fio.VerifySpec.Method;
import io.vblk.posix.MappedMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a clone asks of its check, and what is known of blocks that the run has not written. */
final class VerificationTest {
    private static final int UNITS = 16;
    private static final VerifySpec CHECKS = CheckedDisk.checks(Method.CRC32C);

    @TempDir
    private Path directory;

    private static CheckedDisk disk(byte[] bytes, ReadWrite rw, VerifySpec verify,
            Reference reference) throws IOException {
        return new CheckedDisk(bytes, CheckedDisk.job(rw, verify), reference, null);
    }

    private static byte[] noise() {
        byte[] bytes = new byte[UNITS * UNIT];
        new Random(9).nextBytes(bytes);
        return bytes;
    }

    // ------------------------------------------------------------------ unwritten

    @Test
    void unwrittenBlocksAreComparedWithTheImageFile() throws IOException {
        byte[] bytes = noise();
        Path path = Files.write(directory.resolve("disk.raw"), bytes);
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDRW, CHECKS, Reference.ofFile(path))) {
            assertEquals(List.of(), disk.failuresOf(0, 4 * UNIT));
            disk.bytes[5 * UNIT + 9] ^= 0x40;
            disk.bytes[9] ^= 0x41;
            VerifyFailure first = disk.failuresOf(0, UNIT).get(0);
            assertEquals(Kind.CORRUPT, first.kind());
            assertTrue(first.text().contains("what the image has, with 2 bits wrong"),
                    first.text());
            assertEquals(Kind.CORRUPT, disk.failuresOf(4 * UNIT, 2 * UNIT).get(0).kind());
            disk.write(5 * UNIT, UNIT);
            assertEquals(List.of(), disk.failuresOf(4 * UNIT, 2 * UNIT));
            Arrays.fill(disk.bytes, 8 * UNIT, 9 * UNIT, (byte) 0);
            assertEquals(Kind.ZEROES, disk.failuresOf(8 * UNIT, UNIT).get(0).kind());
        }
    }

    @Test
    void imagesThatEndEarlyStopTheClone() throws IOException {
        byte[] bytes = noise();
        Path path = Files.write(
                directory.resolve("disk.raw"), Arrays.copyOf(bytes, UNIT + 512));
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDRW, CHECKS, Reference.ofFile(path))) {
            assertEquals(List.of(), disk.failuresOf(0, UNIT));
            assertFalse(disk.verification.mustStop());
            VerifyFailure failure = disk.failuresOf(UNIT, UNIT).get(0);
            assertEquals(Kind.UNREADABLE, failure.kind());
            assertTrue(failure.text().contains("the image ends at 4608"), failure.text());
            assertTrue(disk.verification.mustStop());
        }
    }

    @Test
    void whereNobodySeesTheImageTheFirstReadDecides() throws IOException {
        byte[] bytes = noise();
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDRW, CHECKS, null)) {
            assertEquals(List.of(), disk.failuresOf(0, 4 * UNIT));
            disk.bytes[UNIT] ^= 1;
            VerifyFailure failure = disk.failuresOf(0, 4 * UNIT).get(0);
            assertEquals(Kind.FOREIGN, failure.kind());
            assertTrue(failure.text().contains("unknown data in place of what was read there"),
                    failure.text());
            disk.bytes[8 * UNIT] ^= 1;
            assertEquals(List.of(), disk.failuresOf(8 * UNIT, UNIT));
        }
    }

    @Test
    void readersOfUnseenDisksAskForHeaders() throws IOException {
        byte[] bytes = new byte[UNITS * UNIT];
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDRW, CheckedDisk.checks(Method.SHA256),
                Reference.ZEROES)) {
            disk.write(0, 8 * UNIT);
        }
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDREAD, CHECKS, null)) {
            assertEquals(List.of(), disk.failuresOf(0, 8 * UNIT));
            assertEquals(Kind.ZEROES, disk.failuresOf(8 * UNIT, UNIT).get(0).kind());
            System.arraycopy(bytes, 0, bytes, 2 * UNIT, UNIT);
            assertEquals(List.of(), disk.failuresOf(UNIT, UNIT));
            assertEquals(Kind.MISPLACED, disk.failuresOf(2 * UNIT, UNIT).get(0).kind());
        }
        System.arraycopy(noise(), 0, bytes, 5 * UNIT, UNIT);
        bytes[3 * UNIT + 10] ^= 1;
        bytes[4 * UNIT + 1000] ^= 1;
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDREAD, CHECKS, null)) {
            List<VerifyFailure> failures = disk.failuresOf(3 * UNIT, 4 * UNIT);
            assertEquals(List.of(Kind.CORRUPT, Kind.CORRUPT, Kind.FOREIGN),
                    failures.stream().map(VerifyFailure::kind).toList());
            assertTrue(failures.get(1).text().contains("1 bit wrong"), failures.get(1).text());
        }
    }

    @Test
    void readersLookForThePattern() throws IOException {
        VerifySpec pattern = CheckedDisk.pattern(Method.PATTERN, 0xDE, 0xAD);
        byte[] bytes = new byte[UNITS * UNIT];
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDRW, pattern, Reference.ZEROES)) {
            disk.write(0, 4 * UNIT);
        }
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDREAD, pattern, null)) {
            assertEquals(List.of(), disk.failuresOf(0, 4 * UNIT));
            assertEquals(Kind.ZEROES, disk.failuresOf(4 * UNIT, UNIT).get(0).kind());
        }
    }

    // ------------------------------------------------------------------ failed requests, trims

    @Test
    void failedWritesMakeBlocksUnknown() throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CHECKS)) {
            disk.write(0, 2 * UNIT);
            assertTrue(disk.begin(0, Direction.WRITE, 0, UNIT));
            System.arraycopy(disk.data(0), 0, disk.bytes, 0, 1000);
            assertTrue(disk.verification.end(0, false));
            assertEquals(List.of(), disk.failuresOf(0, 2 * UNIT), "learnt");
            disk.bytes[0] ^= 1;
            disk.bytes[2 * UNIT - 1] ^= 1;
            assertEquals(2, disk.failuresOf(0, 2 * UNIT).size());
        }
    }

    @Test
    void failedReadsChangeNothing() throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CHECKS)) {
            disk.write(0, UNIT);
            disk.begin(0, Direction.READ, 0, UNIT);
            assertTrue(disk.verification.end(0, false));
            assertEquals(0, disk.verification.verifiedBlocks());
            disk.bytes[0] ^= 1;
            assertEquals(1, disk.failuresOf(0, UNIT).size());
        }
    }

    @Test
    void trimsMustZeroOnlyIfAsked() throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CHECKS)) {
            disk.write(0, UNIT);
            disk.trim(0, UNIT);
            assertEquals(List.of(), disk.failuresOf(0, UNIT));
            disk.bytes[100] = 1;
            VerifyFailure failure = disk.failuresOf(0, UNIT).get(0);
            assertEquals(Kind.CORRUPT, failure.kind());
            assertTrue(failure.text().contains("the zeroes of a trim (2.000 s), with 1 bit wrong"),
                    failure.text());
        }
        try (CheckedDisk disk = new CheckedDisk(UNITS, VerifySpec.of(Method.CRC32C))) {
            disk.write(0, UNIT);
            assertTrue(disk.begin(0, Direction.TRIM, 0, UNIT));
            disk.end(0);
            assertEquals(List.of(), disk.failuresOf(0, UNIT), "nobody knows");
            disk.bytes[0] ^= 1;
            assertEquals(1, disk.failuresOf(0, UNIT).size(), "now it is known");
        }
    }

    // ------------------------------------------------------------------ what a clone asks

    @Test
    void overlappingRequestsWait() throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CHECKS)) {
            assertTrue(disk.begin(0, Direction.WRITE, 0, 4 * UNIT));
            assertFalse(disk.begin(1, Direction.READ, 3 * UNIT, 2 * UNIT));
            assertTrue(disk.begin(1, Direction.WRITE, 4 * UNIT, UNIT));
            assertTrue(disk.begin(2, Direction.SYNC, 0, 0));
            assertTrue(disk.verification.end(2, true));
            disk.serve(0);
            disk.end(0);
            assertTrue(disk.begin(2, Direction.READ, 3 * UNIT, UNIT));
        }
    }

    @Test
    void cancelledWritesTakeNoNumber() throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CHECKS)) {
            for (int i = 0; i < 3; i++) {
                assertTrue(disk.begin(0, Direction.WRITE, 0, UNIT));
                disk.verification.cancel(0);
                assertTrue(disk.begin(0, Direction.READ, 0, UNIT));
                disk.verification.cancel(0);
                disk.begin(0, Direction.SYNC, 0, 0);
                disk.verification.cancel(0);
            }
            disk.write(0, UNIT);
            assertEquals(1, BlockHeader.parse(disk.bytes, 0).sequence());
        }
    }

    @Test
    void fatalChecksStopAtTheFirstError() throws IOException {
        VerifySpec fatal = new VerifySpec(Method.CRC32C, null, 0, true, 0, 0, true, false, false,
                false);
        for (VerifySpec verify : List.of(fatal, CHECKS)) {
            try (CheckedDisk disk = new CheckedDisk(UNITS, verify)) {
                assertFalse(disk.verification.mustStop());
                disk.loseWrite(0, UNIT);
                assertFalse(disk.verification.mustStop());
                disk.read(0, UNIT);
                assertEquals(verify.fatal(), disk.verification.mustStop());
            }
        }
    }

    @Test
    void clonesWithoutACheckMakeBlocksUnknown() throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CHECKS);
                CheckedDisk other = new CheckedDisk(disk,
                        CheckedDisk.job(ReadWrite.RANDRW, VerifySpec.NONE), 1)) {
            disk.write(0, 2 * UNIT);
            other.write(0, UNIT);
            assertEquals(List.of(), disk.failuresOf(0, 2 * UNIT));
            disk.bytes[UNIT] ^= 1;
            assertEquals(List.of(), other.failuresOf(0, 2 * UNIT));
            assertEquals(0, other.verification.verifiedBlocks());
            assertFalse(other.verification.mustStop());
            assertNull(other.verification.backlogDue());
            assertEquals(1, disk.failuresOf(0, 2 * UNIT).size());
        }
    }

    @Test
    void clonesThatOnlyTakeTurnsNeedNoCheck() throws IOException {
        JobSpec job = CheckedDisk.job(ReadWrite.RANDRW, VerifySpec.NONE);
        try (Ledger locks = Ledger.ofLocks(0, (long) UNITS * UNIT, UNIT);
                MappedMemory memory = MappedMemory.anonymous(8L * UNIT)) {
            Verification turns = new Verification(locks, job, 0,
                    slot -> memory.address() + (long) slot * UNIT, "disk.raw", null);
            for (Direction direction : Direction.values()) {
                assertTrue(turns.begin(0, direction, 0, UNIT));
                assertEquals(direction == Direction.SYNC,
                        turns.begin(1, direction, 0, UNIT));
                assertTrue(turns.end(0, true));
                assertTrue(turns.begin(0, direction, 0, UNIT));
                turns.cancel(0);
                assertTrue(turns.begin(1, direction, 0, UNIT));
                assertTrue(turns.end(1, false));
            }
            assertFalse(turns.mustStop());
        }
    }

    @Test
    void payloadsOfOtherKindsAreRefused() throws IOException {
        Payload zeroes = new Payload(true, null, 0, 0, false, true, 0);
        JobSpec job = CheckedDisk.job(ReadWrite.RANDRW, CHECKS);
        JobSpec zeroing = new JobSpec(job.name(), job.options(), null, 1, false, false,
                job.access(), job.extent(), job.timing(), job.queueing(), job.syncs(),
                job.verify(), zeroes, job.goals(), job.reporting(), job.attachment());
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> new CheckedDisk(new byte[UNIT], zeroing, Reference.ZEROES, null));
        assertTrue(e.getMessage().contains("leave out zero_buffers"), e.getMessage());
    }

    @Test
    void rightDataCostsNoGarbage() throws IOException {
        com.sun.management.ThreadMXBean bean =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        VerifySpec backlog = new VerifySpec(Method.MD5, null, 512, true, 4, 2, false, false, false,
                true);
        for (VerifySpec verify : List.of(CHECKS, backlog, VerifySpec.NONE)) {
            try (CheckedDisk disk = new CheckedDisk(UNITS, verify)) {
                long thread = Thread.currentThread().getId();
                long allocated = 0;
                for (int round = 0; round < 3; round++) {
                    long before = bean.getThreadAllocatedBytes(thread);
                    for (int i = 0; i < 2_000; i++) {
                        disk.write(i % 8 * UNIT, 2 * UNIT);
                        disk.read(i % 8 * UNIT, UNIT);
                        Requests due = disk.verification.backlogDue();
                        while (due != null && due.next()) {
                            disk.read(due.offset(), due.lengthBytes());
                        }
                        disk.trim(8 * UNIT, UNIT);
                    }
                    allocated = bean.getThreadAllocatedBytes(thread) - before;
                }
                // An object of the smallest size in each turn would be as much.
                assertTrue(allocated < 16 * 2_000, verify + ": " + allocated + " bytes");
                assertEquals(0, disk.verification.errors());
            }
        }
    }

    // ------------------------------------------------------------------ read back

    @Test
    void backlogsReadWhatWasWrittenLately() throws IOException {
        VerifySpec backlog = new VerifySpec(Method.CRC32C, null, 0, true, 4, 2, false, false,
                false, false);
        try (CheckedDisk disk = new CheckedDisk(UNITS, backlog)) {
            for (int round = 0; round < 5; round++) {
                for (int i = 0; i < 4; i++) {
                    assertNull(disk.verification.backlogDue());
                    disk.write((round + i) * UNIT, UNIT * (1 + i % 2));
                }
                Requests due = disk.verification.backlogDue();
                assertNotNull(due);
                int count = 0;
                while (due.next()) {
                    // The four last ones are in the ring, the oldest come first.
                    assertEquals((round + count) * UNIT, due.offset());
                    assertEquals(UNIT * (1 + count % 2), due.lengthBytes());
                    assertEquals(Direction.READ, due.direction());
                    disk.read(due.offset(), due.lengthBytes());
                    count++;
                }
                assertEquals(2, count);
                assertNull(disk.verification.backlogDue());
            }
            assertEquals(0, disk.verification.errors());
            assertEquals(15, disk.verification.verifiedBlocks());
        }
    }

    /** Requests in a list. */
    private static Requests plan(long[][] list) {
        return new Requests() {
            private int at = -1;

            @Override
            public boolean next() {
                return ++at < list.length;
            }

            @Override
            public Direction direction() {
                return Direction.values()[(int) list[at][0]];
            }

            @Override
            public long offset() {
                return list[at][1] * UNIT;
            }

            @Override
            public int lengthBytes() {
                return (int) list[at][2] * UNIT;
            }
        };
    }

    private static long[][] plan(long seed, int requests) {
        Random random = new Random(seed);
        long[][] list = new long[requests][];
        for (int i = 0; i < requests; i++) {
            int units = 1 + random.nextInt(4);
            list[i] = new long[] {random.nextInt(3), random.nextInt(UNITS - units + 1), units};
        }
        return list;
    }

    private static void write(CheckedDisk disk, long[][] list) {
        Requests plan = plan(list);
        while (plan.next()) {
            switch (plan.direction()) {
                case WRITE -> disk.write(plan.offset(), plan.lengthBytes());
                case TRIM -> disk.trim(plan.offset(), plan.lengthBytes());
                default -> disk.read(plan.offset(), plan.lengthBytes());
            }
        }
    }

    private static List<VerifyFailure> replay(byte[] bytes, VerifySpec verify, long[][] list)
            throws IOException {
        try (CheckedDisk disk = new CheckedDisk(bytes,
                CheckedDisk.job(ReadWrite.RANDRW, CheckedDisk.replays(verify)), null, null,
                CheckedDisk.RUN + 1_000_000_000_000L)) {
            disk.verification.replay(plan(list), new StopFlag());
            Requests all = disk.verification.readBack(
                    0, bytes.length, CheckedDisk.REQUEST_MAX, 0, 1);
            for (int again = 0; again < 2; again++) {
                while (all.next()) {
                    disk.read(all.offset(), all.lengthBytes());
                }
            }
            return disk.verification.failures();
        }
    }

    @Test
    void laterRunsCheckWhatAnEqualOneWrote() throws IOException {
        for (VerifySpec verify : List.of(CHECKS, CheckedDisk.checks(Method.SHA512),
                CheckedDisk.pieces(512), CheckedDisk.pattern(Method.PATTERN_HDR, 1, 2, 3),
                CheckedDisk.pattern(Method.PATTERN, 1, 2, 3))) {
            byte[] bytes = new byte[UNITS * UNIT];
            long[][] list = plan(11, 60);
            try (CheckedDisk disk = disk(bytes, ReadWrite.RANDRW, verify, Reference.ZEROES)) {
                write(disk, list);
                assertEquals(0, disk.verification.errors());
            }
            assertEquals(List.of(), replay(bytes, verify, list));
        }
    }

    @Test
    void laterRunsNameWhatIsWrong() throws IOException {
        byte[] bytes = new byte[UNITS * UNIT];
        long[][] list = {
            {1, 0, 1}, {1, 1, 1}, {1, 2, 1}, {1, 0, 4}, {1, 3, 4}, {1, 0, 1}, {2, 8, 1}};
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDRW, CHECKS, Reference.ZEROES)) {
            write(disk, Arrays.copyOf(list, 1));
            byte[] first = Arrays.copyOf(bytes, UNIT);
            write(disk, Arrays.copyOfRange(list, 1, 4));
            byte[] four = bytes.clone();
            write(disk, Arrays.copyOfRange(list, 4, 7));
            System.arraycopy(first, 0, bytes, 0, UNIT);
            System.arraycopy(four, 3 * UNIT, bytes, 3 * UNIT, UNIT);
            System.arraycopy(bytes, 5 * UNIT, bytes, 6 * UNIT, UNIT);
            bytes[UNIT + 5] ^= 1;
            bytes[2 * UNIT + 2000] ^= 6;
            bytes[8 * UNIT] = 1;
        }
        List<VerifyFailure> failures = replay(bytes, CHECKS, list);
        List<String> texts = failures.stream().map(VerifyFailure::text).toList();
        assertEquals(List.of(Kind.STALE, Kind.CORRUPT, Kind.CORRUPT, Kind.TORN, Kind.MISPLACED,
                        Kind.CORRUPT),
                failures.stream().map(VerifyFailure::kind).toList(), texts::toString);
        assertTrue(texts.get(0).contains("write 6 of clone 0 was acknowledged and is not there; "
                + "back is the older write 1 of clone 0 (2026-07-01T00:00:01Z)"), texts.get(0));
        assertTrue(texts.get(3).contains("from offset 12288 on write 4 of clone 0 "
                + "(2026-07-01T00:00:00Z), from offset 16384 on write 5 of clone 0"),
                texts.get(3));
        assertTrue(texts.get(4).contains("which belongs at offset 20480"), texts.get(4));
    }

    @Test
    void laterRunsMissWhatWasNeverWritten() throws IOException {
        byte[] bytes = new byte[UNITS * UNIT];
        List<VerifyFailure> failures = replay(bytes, CHECKS, new long[][] {{1, 2, 3}});
        assertEquals(Kind.ZEROES, failures.get(0).kind());
        assertEquals(3 * UNIT, failures.get(0).lengthBytes());
    }

    @Test
    void clonesOfAReplayThatOverlapMayHaveWrittenInAnyOrder() throws IOException {
        byte[] bytes = new byte[UNITS * UNIT];
        JobSpec job = CheckedDisk.job(ReadWrite.RANDRW, CHECKS);
        try (CheckedDisk disk = disk(bytes, ReadWrite.RANDRW, CHECKS, Reference.ZEROES);
                CheckedDisk other = new CheckedDisk(disk, job, 1)) {
            other.write(0, 4 * UNIT);
            disk.write(0, 2 * UNIT);
        }
        JobSpec replays = CheckedDisk.job(ReadWrite.RANDRW, CheckedDisk.replays(CHECKS));
        try (CheckedDisk disk = new CheckedDisk(bytes, replays, null, null);
                CheckedDisk other = new CheckedDisk(disk, replays, 1)) {
            disk.verification.replay(plan(new long[][] {{1, 0, 2}}), new StopFlag());
            other.verification.replay(plan(new long[][] {{1, 0, 4}}), new StopFlag());
            assertEquals(List.of(), disk.failuresOf(0, 4 * UNIT));
            bytes[100 + UNIT] ^= 1;
            assertEquals(Kind.CORRUPT, disk.failuresOf(0, 4 * UNIT).get(0).kind());
        }
    }
}
