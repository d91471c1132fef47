// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.ArrivalRate.Process;
import io.vblk.block.BlockOp;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.ReadWrite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When the requests of an open loop are due, on a clock that the test holds. */
final class PacerTest {
    private static final long SECOND_NS = 1_000_000_000L;
    /** Near the end of a long, where a clock may be: only differences count. */
    private static final long NOW_NS = Long.MAX_VALUE - 5;

    private static Pacer pacer(ReadWrite rw, String rate, Process process) {
        return Pacer.of(Jobs.mix(rw, 50, 7).withRate(ArrivalRate.parse(rate, process)), 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3, 7, 999, 1_000, 70_001, 333_333_333, 1_000_000_000})
    void linearDistancesAreEqualAndDoNotDrift(long perSecond) {
        Arrivals arrivals = new Arrivals(perSecond, Process.LINEAR, 1);
        arrivals.begin(NOW_NS);
        long steps = Math.min(perSecond, 100_000) * 3;

        for (long i = 0; i < steps; i++) {
            long sinceNs = arrivals.dueNs() - NOW_NS;
            assertEquals(Math.floorDiv(i * SECOND_NS, perSecond), sinceNs);
            arrivals.step();
        }
    }

    @Test
    void poissonDistancesHaveTheRateAndTheSpreadOfIndependentUsers() {
        int count = 200_000;
        Arrivals arrivals = new Arrivals(10_000, Process.POISSON, 42);
        arrivals.begin(NOW_NS);
        double meanNs = 100_000;
        double sum = arrivals.dueNs() - NOW_NS;
        long longerThanMean = 0;

        for (int i = 1; i < count; i++) {
            long beforeNs = arrivals.dueNs();
            arrivals.step();
            long distanceNs = arrivals.dueNs() - beforeNs;
            assertTrue(distanceNs >= 0);
            sum += distanceNs;
            longerThanMean += distanceNs > meanNs ? 1 : 0;
        }

        assertEquals(meanNs, sum / count, meanNs / 100);
        assertEquals(Math.exp(-1), longerThanMean / (double) count, 0.01);
    }

    @Test
    void equalSeedsPaceEquallyAndJobsDiffer() {
        JobSpec spec = Jobs.mix(ReadWrite.RANDRW, 50, 3)
                .withRate(ArrivalRate.parse("100", Process.POISSON));
        Pacer one = Pacer.of(spec, 0);
        Pacer same = Pacer.of(spec, 0);
        Pacer other = Pacer.of(spec, 1);
        one.begin(0);
        same.begin(0);
        other.begin(0);

        assertEquals(one.dueNs(false), same.dueNs(false));
        assertFalse(one.dueNs(false) == other.dueNs(false));
        assertFalse(one.dueNs(false) == one.dueNs(true));
    }

    @Test
    void readsAndWritesHaveARateEach() {
        Pacer pacer = pacer(ReadWrite.RANDRW, "3000,1000", Process.LINEAR);
        pacer.begin(NOW_NS);
        int writes = 0;
        long lastNs = NOW_NS;

        for (int i = 0; i < 4000; i++) {
            boolean write = pacer.isWrite();
            assertTrue(pacer.dueNs(write) - lastNs >= 0, "in order");
            lastNs = pacer.dueNs(write);
            writes += write ? 1 : 0;
            pacer.step(write);
        }

        assertEquals(1000, writes);
        assertEquals(SECOND_NS, pacer.dueNs(false) - NOW_NS, "4000 requests take a second");
    }

    @Test
    void thePatternOfAMixedJobFollowsThePacer() {
        JobSpec spec = Jobs.mix(ReadWrite.RANDRW, 100, 3)
                .withRate(ArrivalRate.parse("1,1000", Process.LINEAR));
        Pacer pacer = Pacer.of(spec, 0);
        pacer.begin(0);
        AccessPattern pattern = new AccessPattern(spec, 0, pacer);

        for (int i = 0; i < 100; i++) {
            assertTrue(pattern.next());
            assertEquals(pacer.isWrite(), pattern.op() == BlockOp.WRITE);
            pacer.step(pacer.isWrite());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "999999, 1", "1000000, 1", "1000001, 2", "3500000, 4"})
    void whatWasDueBeforeATimeIsCounted(long sinceNs, long due) {
        Arrivals arrivals = new Arrivals(1_000, Process.LINEAR, 1);
        arrivals.begin(NOW_NS);

        assertEquals(due, arrivals.dueBefore(NOW_NS + sinceNs));
    }

    @Test
    void whatIsSkippedIsNotDueAnyMore() {
        Pacer pacer = pacer(ReadWrite.RANDRW, "1000,10", Process.LINEAR);
        pacer.begin(NOW_NS);
        pacer.step(true);
        pacer.skipTo(NOW_NS + 5_500_000);

        assertEquals(5_500_000, pacer.dueNs(false) - NOW_NS);
        assertEquals(100_000_000, pacer.dueNs(true) - NOW_NS, "was not due yet");
        assertEquals(0, pacer.dueBefore(NOW_NS + 5_500_000));
    }

    @Test
    void withoutARateForWhatTheJobDoesTheLoopIsClosed() {
        assertNull(pacer(ReadWrite.RANDREAD, "0", Process.LINEAR));
        assertNull(pacer(ReadWrite.RANDREAD, "0,100", Process.LINEAR));
        assertNull(pacer(ReadWrite.RANDRW, "0,0", Process.LINEAR));
        assertFalse(Jobs.mix(ReadWrite.RW, 50, 1).isOpenLoop());
    }

    @Test
    void aRateOfHalfAMixedLoadIsRefused() {
        for (String rate : new String[] {"100,0", "0,100"}) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                    () -> pacer(ReadWrite.RANDRW, rate, Process.LINEAR));
            assertTrue(e.getMessage().contains(rate), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1,2,3,4", "-1", "1000000001", "1k"})
    void nonsenseIsRefused(String rate) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> ArrivalRate.parse(rate, Process.LINEAR));
        assertTrue(e.getMessage().startsWith("rate_iops"), e.getMessage());
        assertEquals(1, e.getMessage().lines().count());
    }

    @Test
    void ratesAndProcessesHaveFiosNames() {
        assertEquals(ArrivalRate.ofIops(5, Process.POISSON),
                ArrivalRate.parse("5", Process.parse("poisson")));
        assertEquals(new ArrivalRate(5, 6, 0, false, Process.LINEAR),
                ArrivalRate.parse("5,6", Process.parse("linear")));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Process.parse("normal"))
                .getMessage().contains("rate_process=normal"));
    }
}
