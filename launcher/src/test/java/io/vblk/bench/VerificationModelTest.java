// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static io.vblk.bench.CheckedDisk.REQUEST_MAX;
import static io.vblk.bench.CheckedDisk.UNIT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.bench.VerifyFailure.Kind;
import io.vblk.fio.Direction;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.VerifySpec;
import io.vblk.fio.VerifySpec.Method;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random loads, several requests in flight, on disks without a fault and with one: no false alarm,
 * and each fault that changes data is found and called what it is.
 */
final class VerificationModelTest {
    private static final int UNITS = 64;
    private static final int ROUNDS = 100;
    private static final int SLOTS = 8;

    private final Random random;
    private final long seed;

    VerificationModelTest() {
        seed = Long.getLong("vblk.seed", 20260701L);
        random = new Random(seed);
    }

    private long offset(int lengthBytes) {
        return (long) random.nextInt(UNITS - lengthBytes / UNIT + 1) * UNIT;
    }

    private int length() {
        return (1 + random.nextInt(REQUEST_MAX / UNIT)) * UNIT;
    }

    private Direction direction() {
        int drawn = random.nextInt(10);
        return drawn < 4 ? Direction.READ : drawn < 9 ? Direction.WRITE : Direction.TRIM;
    }

    /** Requests that begin, are served and end in an order of chance. */
    private void load(CheckedDisk disk, int requests) {
        boolean[] busy = new boolean[SLOTS];
        boolean[] served = new boolean[SLOTS];
        int begun = 0;
        int inFlight = 0;
        while (begun < requests || inFlight > 0) {
            int slot = random.nextInt(SLOTS);
            if (!busy[slot]) {
                int lengthBytes = length();
                if (begun < requests
                        && disk.begin(slot, direction(), offset(lengthBytes), lengthBytes)) {
                    busy[slot] = true;
                    served[slot] = false;
                    begun++;
                    inFlight++;
                }
            } else if (!served[slot]) {
                disk.serve(slot);
                served[slot] = true;
            } else {
                assertTrue(disk.end(slot),
                        () -> "seed " + seed + ": " + disk.verification.failures());
                busy[slot] = false;
                inFlight--;
            }
        }
    }

    private void readAll(CheckedDisk disk) {
        Requests all = disk.verification.readBack(0, disk.bytes.length, REQUEST_MAX, 0, 1);
        while (all.next()) {
            disk.read(all.offset(), all.lengthBytes());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CRC32C", "XXHASH", "SHA1"})
    void disksWithoutFaultRaiseNoAlarm(Method method) throws IOException {
        try (CheckedDisk disk = new CheckedDisk(UNITS, CheckedDisk.checks(method))) {
            load(disk, method == Method.CRC32C ? 100_000 : 5_000);
            readAll(disk);
            assertEquals(0, disk.verification.errors());
            assertTrue(disk.verification.verifiedBlocks() > 10_000);
        }
    }

    private CheckedDisk loaded(VerifySpec verify) throws IOException {
        CheckedDisk disk = new CheckedDisk(UNITS, verify);
        load(disk, 20);
        return disk;
    }

    private static VerifySpec checks() {
        return CheckedDisk.checks(Method.CRC32C);
    }

    private void found(CheckedDisk disk, Kind kind, long offset, int lengthBytes) {
        List<VerifyFailure> failures = disk.failuresOf(offset, lengthBytes);
        assertTrue(!failures.isEmpty(), () -> "seed " + seed + ": nothing found at " + offset);
        TreeSet<Long> said = new TreeSet<>();
        for (VerifyFailure failure : failures) {
            assertEquals(kind, failure.kind(), () -> "seed " + seed + ": " + failure.text());
            for (long at = 0; at < failure.lengthBytes(); at += UNIT) {
                assertTrue(said.add(failure.offset() + at), "twice: " + failures);
            }
        }
        assertTrue(said.first() >= offset && said.last() < offset + lengthBytes);
        if (kind != Kind.TORN) {
            assertEquals(lengthBytes / UNIT, said.size(), () -> "seed " + seed + ": " + failures);
        }
    }

    @Test
    void lostWritesAndTrims() throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            try (CheckedDisk disk = loaded(checks())) {
                int lengthBytes = length();
                long offset = offset(lengthBytes);
                disk.write(offset, lengthBytes);
                boolean trim = random.nextInt(4) == 0;
                assertTrue(disk.begin(
                        0, trim ? Direction.TRIM : Direction.WRITE, offset, lengthBytes));
                disk.end(0);
                found(disk, Kind.LOST, offset, lengthBytes);
            }
        }
    }

    @Test
    void staleData() throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            try (CheckedDisk disk = loaded(checks())) {
                int lengthBytes = length();
                long offset = offset(lengthBytes);
                disk.write(offset, lengthBytes);
                byte[] old = Arrays.copyOfRange(
                        disk.bytes, (int) offset, (int) offset + lengthBytes);
                for (int more = 2 + random.nextInt(3); more > 0; more--) {
                    disk.write(offset, lengthBytes);
                }
                System.arraycopy(old, 0, disk.bytes, (int) offset, lengthBytes);
                found(disk, Kind.STALE, offset, lengthBytes);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {UNIT, 512, 1024})
    void tornWrites(int pieceBytes) throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            try (CheckedDisk disk = loaded(CheckedDisk.pieces(pieceBytes))) {
                int lengthBytes = length();
                long offset = offset(lengthBytes);
                if (random.nextBoolean()) {
                    disk.write(offset, lengthBytes);
                }
                int done = (1 + random.nextInt(lengthBytes / 512 - 1)) * 512;
                disk.tearWrite(offset, lengthBytes, done);
                found(disk, Kind.TORN, offset, lengthBytes);
                String text = last(disk);
                assertTrue(text.contains("from offset " + (offset + done) + " on "), text);
            }
        }
    }

    private static String last(CheckedDisk disk) {
        List<VerifyFailure> failures = disk.verification.failures();
        return failures.get(failures.size() - 1).text();
    }

    @Test
    void misplacedWrites() throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            try (CheckedDisk disk = loaded(checks())) {
                int lengthBytes = UNIT * (1 + random.nextInt(8));
                long offset = UNIT * (long) random.nextInt(UNITS / 2 - 8);
                long where = UNIT * (long) (UNITS / 2 + random.nextInt(UNITS / 2 - 8));
                disk.misplaceWrite(offset, lengthBytes, where);
                found(disk, Kind.LOST, offset, lengthBytes);
                found(disk, Kind.MISPLACED, where, lengthBytes);
                assertTrue(last(disk).contains("which belongs at offset " + offset), last(disk));
            }
        }
    }

    @Test
    void wrongBits() throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            try (CheckedDisk disk = loaded(checks())) {
                long offset = offset(UNIT);
                disk.read(offset, UNIT);
                int flips = 1 + random.nextInt(20);
                TreeSet<Integer> bits = new TreeSet<>();
                while (bits.size() < flips) {
                    bits.add(random.nextInt(UNIT * Byte.SIZE));
                }
                for (int bit : bits) {
                    disk.bytes[(int) offset + bit / 8] ^= 1 << bit % 8;
                }
                found(disk, Kind.CORRUPT, offset, UNIT);
                assertTrue(last(disk).contains("with " + flips + " bit")
                        && last(disk).contains("first at offset " + (offset + bits.first() / 8)),
                        last(disk));
            }
        }
    }

    @Test
    void zeroesAndForeignData() throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            try (CheckedDisk disk = loaded(checks())) {
                int lengthBytes = length();
                long offset = offset(lengthBytes);
                disk.write(offset, lengthBytes);
                disk.write(offset, lengthBytes);
                byte[] other = new byte[lengthBytes];
                boolean foreign = random.nextBoolean();
                if (foreign) {
                    random.nextBytes(other);
                }
                System.arraycopy(other, 0, disk.bytes, (int) offset, lengthBytes);
                found(disk, foreign ? Kind.FOREIGN : Kind.ZEROES, offset, lengthBytes);
            }
        }
    }

    @Test
    void anyFaultAnywhereIsFoundByTheReadBack() throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            try (CheckedDisk disk = loaded(checks())) {
                byte[] right = disk.bytes.clone();
                int lengthBytes = (1 + random.nextInt(64)) * 512;
                int at = random.nextInt((UNITS * UNIT - lengthBytes) / 512 + 1) * 512;
                int from = random.nextInt((UNITS * UNIT - lengthBytes) / 512 + 1) * 512;
                System.arraycopy(right, from, disk.bytes, at, lengthBytes);
                readAll(disk);
                boolean changed = false;
                for (int unit = 0; unit < UNITS; unit++) {
                    changed |= disk.ledger.isWritten(unit) && !Arrays.equals(
                            right, unit * UNIT, (unit + 1) * UNIT,
                            disk.bytes, unit * UNIT, (unit + 1) * UNIT);
                }
                assertEquals(changed, disk.verification.errors() > 0, "seed " + seed);
            }
        }
    }

    @Test
    void clonesInThreadsShareADiskWithoutFalseAlarms() throws Exception {
        int clones = 4;
        AtomicReference<Throwable> crash = new AtomicReference<>();
        try (CheckedDisk first = new CheckedDisk(UNITS, checks())) {
            CheckedDisk[] disks = new CheckedDisk[clones];
            Thread[] threads = new Thread[clones];
            for (int c = 0; c < clones; c++) {
                VerifySpec verify = c % 2 == 0 ? checks() : CheckedDisk.checks(Method.MD5);
                disks[c] = new CheckedDisk(
                        first, CheckedDisk.job(ReadWrite.RANDRW, verify), c + 1);
            }
            for (int c = 0; c < clones; c++) {
                CheckedDisk disk = disks[c];
                long own = seed + c;
                threads[c] = new Thread(() -> requests(disk, new Random(own)), "clone-" + c);
                threads[c].setUncaughtExceptionHandler((t, e) -> crash.set(e));
                threads[c].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(null, crash.get());
            long verified = 0;
            for (CheckedDisk disk : disks) {
                assertEquals(List.of(), disk.verification.failures(), "seed " + seed);
                verified += disk.verification.verifiedBlocks();
            }
            assertTrue(verified > 1_000);
            readAll(first);
            assertEquals(List.of(), first.verification.failures(), "seed " + seed);
            for (CheckedDisk disk : disks) {
                disk.close();
            }
        }
    }

    private static void requests(CheckedDisk disk, Random random) {
        for (int done = 0; done < 2_000;) {
            int units = 1 + random.nextInt(REQUEST_MAX / UNIT);
            long offset = (long) random.nextInt(UNITS - units + 1) * UNIT;
            Direction direction = random.nextInt(3) == 0 ? Direction.READ : Direction.WRITE;
            if (disk.begin(0, direction, offset, units * UNIT)) {
                disk.serve(0);
                disk.end(0);
                done++;
            } else {
                Thread.yield();
            }
        }
    }
}
