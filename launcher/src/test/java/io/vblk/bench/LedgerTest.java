// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageSpec;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.fio.Access;
import io.vblk.fio.BlockSizes;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.SizeSplit;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who holds which part of a disk, and what it must read as. */
final class LedgerTest {
    private static final int UNIT = 512;
    private static final long START = 1 << 20;

    private static Ledger ledger(int units) throws IOException {
        return new Ledger(START, (long) units * UNIT, UNIT, Reference.ZEROES);
    }

    private static JobSpec job(ReadWrite rw, SizeSplit read, SizeSplit write) {
        Access one = Access.of(rw, UNIT);
        Access access = new Access(rw, 50, new BlockSizes(read, write, write),
                one.distribution(), true, 1, 1, 0, false);
        return JobSpec.of(access, Extent.ALL, Timing.UNLIMITED,
                Queueing.of(1, WaitMode.POLL));
    }

    @Test
    void rangesAreHeldByOneAtATimeAndWholeOrNotAtAll() throws IOException {
        int units = 1000;
        Random random = new Random(1);
        try (Ledger ledger = ledger(units)) {
            BitSet held = new BitSet();
            int[][] owned = new int[8][];
            for (int i = 0; i < 20_000; i++) {
                int owner = random.nextInt(owned.length);
                if (owned[owner] != null) {
                    int[] range = owned[owner];
                    ledger.unlock(START + (long) range[0] * UNIT, (long) range[1] * UNIT);
                    held.clear(range[0], range[0] + range[1]);
                    owned[owner] = null;
                } else {
                    int first = random.nextInt(units);
                    int count = 1 + random.nextInt(Math.min(200, units - first));
                    int next = held.nextSetBit(first);
                    boolean free = next < 0 || next >= first + count;
                    assertEquals(free, ledger.tryLock(
                            START + (long) first * UNIT, (long) count * UNIT));
                    if (free) {
                        held.set(first, first + count);
                        owned[owner] = new int[] {first, count};
                    }
                }
            }
        }
    }

    @Test
    void locksHoldBetweenThreads() throws Exception {
        int threads = 4;
        int units = 130;
        try (Ledger ledger = ledger(units)) {
            AtomicIntegerArray inside = new AtomicIntegerArray(units);
            AtomicReference<String> clash = new AtomicReference<>();
            CyclicBarrier start = new CyclicBarrier(threads);
            Thread[] running = new Thread[threads];
            for (int t = 0; t < threads; t++) {
                Random random = new Random(t);
                running[t] = new Thread(() -> {
                    try {
                        start.await();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                    for (int done = 0; done < 2_000;) {
                        int first = random.nextInt(units);
                        int count = 1 + random.nextInt(Math.min(80, units - first));
                        if (!ledger.tryLock(START + (long) first * UNIT, (long) count * UNIT)) {
                            Thread.yield();
                            continue;
                        }
                        done++;
                        for (int unit = first; unit < first + count; unit++) {
                            if (inside.incrementAndGet(unit) != 1) {
                                clash.set("unit " + unit);
                            }
                            // A count without a lock would lose some.
                            ledger.wrote(unit, 1, ledger.sequence(unit) + 1, 0, 0);
                            inside.decrementAndGet(unit);
                        }
                        ledger.unlock(START + (long) first * UNIT, (long) count * UNIT);
                    }
                }, "locker-" + t);
                running[t].start();
            }
            for (Thread thread : running) {
                thread.join();
            }
            assertEquals(null, clash.get());
        }
    }

    @Test
    void whatIsNotedOfAUnit() throws IOException {
        try (Ledger ledger = ledger(3)) {
            assertEquals(0, ledger.bits(1));
            assertFalse(ledger.isWritten(1));
            ledger.wrote(1, 0xFFFF, -5, 77, 0xCAFE);
            assertTrue(ledger.isWritten(1));
            assertEquals(Ledger.KNOWN | Ledger.WRITTEN | Ledger.BEFORE, ledger.bits(1));
            assertEquals(0xFFFF, ledger.writer(1));
            assertEquals(-5, ledger.sequence(1));
            assertEquals(77, ledger.ms(1));
            assertEquals(0xCAFE, ledger.crc(1));
            assertEquals(ledger.zeroCrc(), ledger.before(1), "the disk began as zeroes");
            ledger.zeroed(1, 2, 78);
            assertEquals(Ledger.KNOWN | Ledger.TRIMMED | Ledger.BEFORE, ledger.bits(1));
            assertEquals(ledger.zeroCrc(), ledger.crc(1));
            assertEquals(0xCAFE, ledger.before(1));
            ledger.forget(1);
            assertEquals(Ledger.DOUBTFUL, ledger.bits(1));
            assertFalse(ledger.isWritten(1));
            ledger.wrote(1, 2, 9, 80, 1);
            assertEquals(Ledger.KNOWN | Ledger.WRITTEN, ledger.bits(1), "before: unknown");
            assertEquals(0, ledger.bits(0));
            assertEquals(0, ledger.bits(2));
        }
    }

    @Test
    void replaysKnowWhoWroteLastAndBefore() throws IOException {
        try (Ledger ledger = ledger(2)) {
            ledger.replayed(0, 1, 5);
            assertEquals(Ledger.WRITTEN, ledger.bits(0));
            ledger.replayed(0, 1, 7);
            assertEquals(Ledger.WRITTEN | Ledger.BEFORE, ledger.bits(0));
            assertEquals(7, ledger.sequence(0));
            assertEquals(5, ledger.before(0));
            ledger.replayed(0, 2, 1);
            assertTrue((ledger.bits(0) & Ledger.SHARED) != 0);
            ledger.replayed(0, 2, 2);
            assertTrue((ledger.bits(0) & Ledger.SHARED) != 0, "for good");
        }
    }

    @ParameterizedTest
    @CsvSource({
        // rw, size of reads, sizes of writes, distance of a region, unit
        "randread, 4096, 1024, 1024, 0, 4096",
        "randwrite, 1000, 8192, 8192, 8192, 8192",
        "randrw, 4096, 6144, 6144, 0, 2048",
        "randwrite, 1, 4096, 65536, 0, 4096",
        "randwrite, 1, 8192, 8192, 12288, 4096",
        "write, 1, 1048576, 1048576, 0, 65536",
        "write, 1, 196608, 196608, 0, 65536",
        "write, 1, 67584, 67584, 0, 33792"})
    void unitsDivideAllRequests(String rw, int read, int writeMin, int writeMax, long distance,
            int unit) {
        JobSpec job = job(ReadWrite.parse(rw), SizeSplit.of(read),
                SizeSplit.range(writeMin, writeMax));
        assertEquals(unit, Ledger.unitBytes(List.of(job), 0, distance));
    }

    @Test
    void holesBetweenRequestsCountToo() {
        JobSpec plain = job(ReadWrite.WRITE, SizeSplit.of(1), SizeSplit.of(8192));
        Access access = new Access(ReadWrite.WRITE, 50, plain.access().sizes(),
                plain.access().distribution(), true, 1, 1, -3072, false);
        assertEquals(1024, Ledger.unitBytes(List.of(plain.withAccess(access))));
    }

    @Test
    void jobsShareAUnit() {
        assertEquals(2048, Ledger.unitBytes(List.of(
                job(ReadWrite.WRITE, SizeSplit.of(1), SizeSplit.of(4096)),
                job(ReadWrite.RANDREAD, SizeSplit.of(10240), SizeSplit.of(1)))));
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> Ledger.unitBytes(List.of(
                        job(ReadWrite.WRITE, SizeSplit.of(1), SizeSplit.of(1000)))));
        assertTrue(e.getMessage().contains("multiples of 512"), e.getMessage());
    }

    @Test
    void rangesOutsideOfTheRegionAreRefused() throws IOException {
        try (Ledger ledger = ledger(4)) {
            assertThrows(IllegalArgumentException.class, () -> ledger.tryLock(0, UNIT));
            assertThrows(IllegalArgumentException.class, () -> ledger.tryLock(START + 1, UNIT));
            assertThrows(IllegalArgumentException.class,
                    () -> ledger.tryLock(START + 3 * UNIT, 2 * UNIT));
            assertTrue(ledger.tryLock(START, 4 * UNIT));
        }
    }

    @Test
    void regionsTooLargeToFollowAreRefused() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> new Ledger(0, 1L << 60, UNIT, null));
        assertTrue(e.getMessage().contains("use a smaller size, larger blocks"), e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Ledger.ofLocks(0, 1L << 60, UNIT));
    }

    @Test
    void disksThatKeepNothingAreRefused() throws IOException {
        ImageSpec spec = new ImageSpec("null:1M", null, true, false, IoEngineKind.SYNC);
        try (OpenImage image = Images.open(spec)) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class, () -> Reference.of(image));
            assertTrue(e.getMessage().contains("null"), e.getMessage());
        }
    }
}
