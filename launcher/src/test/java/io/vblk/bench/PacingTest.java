// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.Access;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.ArrivalRate.Process;
import io.vblk.fio.Direction;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When the requests of an open loop are due, on a clock that the test holds. */
final class PacingTest {
    private static final int BS = 4096;
    private static final long SECOND_NS = 1_000_000_000L;
    /** Near the end of a long, where a clock may be: only differences count. */
    private static final long NOW_NS = Long.MAX_VALUE - 5;

    private static JobSpec spec(ReadWrite rw, ArrivalRate rate) {
        return JobSpec.of(Access.of(rw, BS).withSeed(7), Extent.ALL,
                Timing.of(SECOND_NS, 0).withRate(rate), Queueing.of(1, WaitMode.POLL));
    }

    private static Pacing pacing(ReadWrite rw, long reads, long writes, long trims,
            Process process) {
        Pacing pacing =
                Pacing.of(spec(rw, new ArrivalRate(reads, writes, trims, false, process)), 0);
        pacing.begin(NOW_NS);
        return pacing;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3, 7, 999, 1_000, 70_001, 333_333_333, 1_000_000_000})
    void linearDistancesAreEqualAndDoNotDrift(long perSecond) {
        ArrivalTimes arrivals = new ArrivalTimes(perSecond, false, Process.LINEAR, 1);
        arrivals.begin(NOW_NS, BS);
        long steps = Math.min(perSecond, 100_000) * 3;

        for (long i = 0; i < steps; i++) {
            assertEquals(Math.floorDiv(i * SECOND_NS, perSecond), arrivals.dueNs() - NOW_NS);
            arrivals.step(BS);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1000, 1 << 20, 999_999_937, ArrivalRate.BYTES_PER_SECOND_MAX})
    void aRateInBytesIsKeptExactlyByRequestsOfAllSizes(long bytesPerSecond) {
        ArrivalTimes arrivals = new ArrivalTimes(bytesPerSecond, true, Process.LINEAR, 1);
        arrivals.begin(0, BS);
        long bytes = 0;
        int[] lengths = {512, BS, 64 << 20, 12_800};

        for (int i = 0; i < 64; i++) {
            BigInteger expectedNs = BigInteger.valueOf(bytes)
                    .multiply(BigInteger.valueOf(SECOND_NS))
                    .divide(BigInteger.valueOf(bytesPerSecond));
            assertEquals(expectedNs.longValue(), arrivals.dueNs());
            arrivals.step(lengths[i % lengths.length]);
            bytes += lengths[i % lengths.length];
        }
    }

    @ParameterizedTest
    @CsvSource({"10000, false", "40960000, true"})
    void poissonDistancesHaveTheRateAndTheSpreadOfIndependentUsers(long rate, boolean inBytes) {
        int count = 200_000;
        ArrivalTimes arrivals = new ArrivalTimes(rate, inBytes, Process.POISSON, 42);
        arrivals.begin(NOW_NS, BS);
        double meanNs = 100_000;
        double sum = arrivals.dueNs() - NOW_NS;
        long longerThanMean = 0;

        for (int i = 1; i < count; i++) {
            long beforeNs = arrivals.dueNs();
            arrivals.step(BS);
            long distanceNs = arrivals.dueNs() - beforeNs;
            assertTrue(distanceNs >= 0);
            sum += distanceNs;
            longerThanMean += distanceNs > meanNs ? 1 : 0;
        }

        assertEquals(meanNs, sum / count, meanNs / 100);
        assertEquals(Math.exp(-1), longerThanMean / (double) count, 0.01);
    }

    @Test
    void equalSeedsPaceEquallyAndThreadsAndDirectionsDiffer() {
        JobSpec spec = spec(ReadWrite.RANDRW, ArrivalRate.ofIops(100, Process.POISSON));
        Pacing one = Pacing.of(spec, 0);
        Pacing same = Pacing.of(spec, 0);
        Pacing other = Pacing.of(spec, 1);
        one.begin(0);
        same.begin(0);
        other.begin(0);

        assertEquals(one.dueNs(Direction.READ), same.dueNs(Direction.READ));
        assertNotEquals(one.dueNs(Direction.READ), other.dueNs(Direction.READ));
        assertNotEquals(one.dueNs(Direction.READ), one.dueNs(Direction.WRITE));
    }

    @Test
    void readsAndWritesHaveARateEach() {
        Pacing pacing = pacing(ReadWrite.RANDRW, 3_000, 1_000, 0, Process.LINEAR);
        int writes = 0;
        long lastNs = NOW_NS;

        for (int i = 0; i < 4_000; i++) {
            Direction first = pacing.first();
            assertTrue(pacing.dueNs(first) - lastNs >= 0, "in order");
            lastNs = pacing.dueNs(first);
            writes += first == Direction.WRITE ? 1 : 0;
            pacing.step(first, BS);
        }

        assertEquals(1_000, writes);
        assertEquals(SECOND_NS, pacing.dueNs(Direction.READ) - NOW_NS,
                "4000 requests take a second");
    }

    @ParameterizedTest
    @ValueSource(strings = {"LINEAR", "POISSON"})
    void aTrimAndItsWriteAreDueTogether(Process process) {
        Pacing pacing = pacing(ReadWrite.RANDTRIMWRITE, 0, 500, 500, process);

        for (int i = 0; i < 1_000; i++) {
            assertEquals(Direction.TRIM, pacing.first());
            assertEquals(pacing.dueNs(Direction.TRIM), pacing.dueNs(Direction.WRITE));
            pacing.step(Direction.TRIM, BS);
            pacing.step(Direction.WRITE, BS);
        }
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> pacing(ReadWrite.TRIMWRITE, 0, 500, 501, Process.LINEAR)).getMessage()
                .contains("0,500,501"));
    }

    @ParameterizedTest
    @CsvSource({"READ, READ", "RANDWRITE, WRITE", "RANDTRIM, TRIM"})
    void aJobOfOneDirectionIsPacedByItsRate(ReadWrite rw, Direction direction) {
        Pacing pacing = pacing(rw, 10, 20, 40, Process.LINEAR);

        assertEquals(direction, pacing.first());
        pacing.step(direction, BS);
        assertEquals(SECOND_NS / (10L << direction.ordinal()), pacing.dueNs(direction) - NOW_NS);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "999999, 1", "1000000, 1", "1000001, 2", "3500000, 4"})
    void whatWasDueBeforeATimeIsCounted(long sinceNs, long due) {
        ArrivalTimes arrivals = new ArrivalTimes(1_000, false, Process.LINEAR, 1);
        arrivals.begin(NOW_NS, BS);
        assertEquals(due, arrivals.dueBefore(NOW_NS + sinceNs));

        ArrivalTimes inBytes = new ArrivalTimes(1_000L * BS, true, Process.LINEAR, 1);
        inBytes.begin(NOW_NS, BS);
        assertEquals(due, inBytes.dueBefore(NOW_NS + sinceNs));
    }

    @Test
    void aBacklogInBytesIsCountedInRequestsOfTheirMeanLength() {
        ArrivalTimes arrivals = new ArrivalTimes(1_000_000, true, Process.LINEAR, 1);
        arrivals.begin(0, 500);
        for (int i = 0; i < 10; i++) {
            arrivals.step(i % 2 == 0 ? 500 : 1_500);
        }

        assertEquals(1_000, arrivals.dueBefore(arrivals.dueNs() + SECOND_NS));
    }

    @Test
    void whatIsSkippedIsNotDueAnyMoreAndTheOrderStays() {
        Pacing pacing = pacing(ReadWrite.RANDRW, 1_000, 10, 0, Process.LINEAR);
        pacing.step(Direction.WRITE, BS);
        pacing.skipTo(NOW_NS + 5_500_000);

        assertEquals(5_500_000, pacing.dueNs(Direction.READ) - NOW_NS);
        assertEquals(105_500_000, pacing.dueNs(Direction.WRITE) - NOW_NS);
        assertEquals(0, pacing.dueBefore(NOW_NS + 5_500_000));
        pacing.skipTo(NOW_NS);
        assertEquals(5_500_000, pacing.dueNs(Direction.READ) - NOW_NS, "nothing was due");
    }

    @Test
    void withoutARateForWhatTheJobDoesTheLoopIsClosed() {
        ArrivalRate writes = new ArrivalRate(0, 100, 0, false, Process.LINEAR);

        assertNull(Pacing.of(spec(ReadWrite.RANDREAD, ArrivalRate.NONE), 0));
        assertNull(Pacing.of(spec(ReadWrite.RANDREAD, writes), 0));
    }
}
