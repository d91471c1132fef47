// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.fio.Access;
import io.vblk.fio.Amount;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.BlockSizes;
import io.vblk.fio.Direction;
import io.vblk.fio.Distribution;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.SizeSplit;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which requests a job makes, in which order. */
final class RequestPlanTest {
    private static final int BS = 4096;
    private static final Timing FOR_EVER = Timing.of(1_000_000_000L, 0);
    private static final Queueing ONE = Queueing.of(1, WaitMode.POLL);

    private record Step(Direction direction, long block, int blocks) {
        @Override
        public String toString() {
            return direction.name().charAt(0) + "" + block + (blocks == 1 ? "" : "+" + blocks);
        }
    }

    private static JobSpec job(Access access, Extent extent, Timing timing) {
        return JobSpec.of(access, extent, timing, ONE);
    }

    private static Access random(ReadWrite rw, BlockSizes sizes, int sequence) {
        return new Access(rw, 50, sizes, Distribution.UNIFORM, true, 11, sequence, 0, false);
    }

    private static Access inOrder(ReadWrite rw, BlockSizes sizes, long skipBytes) {
        return new Access(rw, 50, sizes, Distribution.UNIFORM, true, 11, 1, skipBytes, false);
    }

    private static RequestPlan plan(JobSpec spec, long blocks, int thread) {
        return new RequestPlan(spec, new Region(0, blocks * BS), thread);
    }

    private static RequestPlan plan(Access access, long blocks) {
        return plan(job(access, Extent.ALL, Timing.UNLIMITED), blocks, 0);
    }

    private static List<Step> steps(RequestPlan plan, int most) {
        List<Step> steps = new ArrayList<>();
        while (steps.size() < most && plan.next()) {
            assertEquals(0, plan.offset() % BS);
            assertEquals(0, plan.lengthBytes() % BS);
            steps.add(new Step(plan.direction(), plan.offset() / BS, plan.lengthBytes() / BS));
        }
        return steps;
    }

    private static String text(RequestPlan plan) {
        return String.join(" ", steps(plan, 100).stream().map(Step::toString).toList());
    }

    private static BlockSizes mixedSizes() {
        SizeSplit split = new SizeSplit(List.of(new SizeSplit.Part(BS, BS, 60),
                new SizeSplit.Part(4 * BS, 4 * BS, 30), new SizeSplit.Part(BS, 9 * BS, 10)));
        return new BlockSizes(split, split, split);
    }

    @ParameterizedTest
    @EnumSource(ReadWrite.class)
    void theSamePlanMadeAgainHasTheSameRequests(ReadWrite rw) {
        for (BlockSizes sizes : List.of(BlockSizes.of(BS), mixedSizes())) {
            for (boolean map : new boolean[] {true, false}) {
                JobSpec spec = job(random(rw, sizes, 1).withMap(map), Extent.ALL, FOR_EVER);

                assertEquals(steps(plan(spec, 700, 3), 3_000), steps(plan(spec, 700, 3), 3_000));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"RANDRW, LINEAR", "RANDRW, POISSON", "RW, POISSON"})
    void ratesGiveTheOrderAndNoClockChangesIt(ReadWrite rw, ArrivalRate.Process process) {
        ArrivalRate rate = new ArrivalRate(300, 100, 0, false, process);
        JobSpec spec = job(random(rw, BlockSizes.of(BS), 1), Extent.ALL, FOR_EVER.withRate(rate));
        List<Step> first = steps(plan(spec, 64, 2), 40_000);
        Pacing pacing = Pacing.of(spec, 2);
        pacing.begin(12_345);

        for (int i = 0; i < first.size(); i++) {
            assertEquals(pacing.first(), first.get(i).direction(), "request " + i);
            pacing.step(first.get(i).direction(), BS);
            if (i % 1_000 == 0) {
                pacing.skipTo(pacing.dueNs(Direction.READ) + 123_456_789);
            }
        }
        assertEquals(30_000, first.stream().filter(s -> s.direction() == Direction.READ).count(),
                process == ArrivalRate.Process.LINEAR ? 2 : 400);
    }

    @Test
    void anotherSeedOrThreadGivesOthers() {
        Access access = random(ReadWrite.RANDREAD, BlockSizes.of(BS), 1);
        JobSpec spec = job(access, Extent.ALL, FOR_EVER);
        List<Step> steps = steps(plan(spec, 1_000, 0), 100);

        assertNotEquals(steps, steps(plan(spec, 1_000, 1), 100));
        assertNotEquals(steps,
                steps(plan(job(access.withSeed(12), Extent.ALL, FOR_EVER), 1_000, 0), 100));
    }

    @ParameterizedTest
    @CsvSource({
            "READ, 0, R0 R1 R2 R3 R4 R5",
            "WRITE, 0, W0 W1 W2 W3 W4 W5",
            "TRIM, 0, T0 T1 T2 T3 T4 T5",
            "TRIMWRITE, 0, T0 W0 T1 W1 T2 W2 T3 W3 T4 W4 T5 W5",
            "READ, 1, R0 R2 R4 R0 R2 R4",
            "READ, -1, R0 R0 R0 R0 R0 R0",
            "READ, -2, R5 R4 R3 R2 R1 R0",
            "READ, -3, R5 R3 R1 R5 R3 R1"})
    void inOrder(ReadWrite rw, long skip, String expected) {
        assertEquals(expected, text(plan(inOrder(rw, BlockSizes.of(BS), skip * BS), 6)));
    }

    @Test
    void readsAndWritesInOrderHaveEachTheirPosition() {
        List<Step> steps = steps(plan(inOrder(ReadWrite.RW, BlockSizes.of(BS), 0), 200), 1_000);

        long reads = 0;
        long writes = 0;
        for (Step step : steps) {
            assertEquals(step.direction() == Direction.READ ? reads++ : writes++, step.block());
        }
        assertEquals(200, steps.size());
        assertEquals(100, reads, 30);
    }

    @Test
    void sizesInOrderAreCutAtTheEndOfTheRegion() {
        RequestPlan plan = plan(inOrder(ReadWrite.READ,
                new BlockSizes(SizeSplit.of(4 * BS), null, null), 0), 10);

        assertEquals("R0+4 R4+4 R0+4", text(plan), "10 is no multiple of 4: a new pass");
        BlockSizes range = new BlockSizes(SizeSplit.range(BS, 5 * BS), null, null);
        long expected = 0;
        for (Step step : steps(plan(inOrder(ReadWrite.READ, range, 0), 1_001), 2_000)) {
            assertEquals(expected, step.block());
            expected += step.blocks();
        }
        assertEquals(1_001, expected, "all, and not one block more");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "3, 1", "64, 1", "65, 1", "4096, 1", "10007, 1", "10007, 8",
            "7, 8"})
    void aRandomMapHasEachBlockOnce(int blocks, int sequence) {
        Access access = random(ReadWrite.RANDREAD, BlockSizes.of(BS), sequence);
        RequestPlan plan = plan(job(access, Extent.ALL, FOR_EVER), blocks, 0);

        List<Step> before = List.of();
        for (int pass = 0; pass < 3; pass++) {
            BitSet seen = new BitSet();
            List<Step> steps = steps(plan, blocks);
            steps.forEach(step -> seen.set((int) step.block()));
            assertEquals(blocks, seen.cardinality(), "pass " + pass);
            assertTrue(blocks < 64 || !steps.equals(before), "each pass has its own order");
            before = steps;
        }
    }

    @ParameterizedTest
    @CsvSource({"5003, 1", "5003, 5", "4096, 1", "64, 5", "1, 3"})
    void aRandomMapOfMixedSizesHasEachBlockOnce(int blocks, int sequence) {
        Access access = random(ReadWrite.RANDRW, mixedSizes(), sequence);
        RequestPlan plan = plan(job(access, Extent.ALL, FOR_EVER), blocks, 0);

        for (int pass = 0; pass < 3; pass++) {
            BitSet seen = new BitSet();
            while (seen.cardinality() < blocks) {
                Step step = steps(plan, 1).get(0);
                int from = (int) step.block();
                int to = from + step.blocks();
                assertTrue(to <= blocks);
                int before = seen.nextSetBit(from);
                assertTrue(before < 0 || before >= to, step + " has been before");
                seen.set(from, to);
            }
        }
    }

    @Test
    void withoutAMapBlocksAreDrawnAlikeAndSomeComeAgain() {
        int blocks = 64;
        int count = 64_000;
        Access access = random(ReadWrite.RANDREAD, BlockSizes.of(BS), 1).withMap(false);
        long[] seen = new long[blocks];
        for (Step step : steps(plan(job(access, Extent.ALL, FOR_EVER), blocks, 0), count)) {
            seen[(int) step.block()]++;
        }

        assertTrue(Statistics.chiSquare(seen) < Statistics.chiSquareLimit(blocks - 1));
        BitSet first = new BitSet();
        steps(plan(job(access, Extent.ALL, FOR_EVER), blocks, 0), blocks)
                .forEach(step -> first.set((int) step.block()));
        assertTrue(first.cardinality() < blocks);
    }

    @Test
    void aSequenceFollowsEachRandomBlock() {
        Access access = random(ReadWrite.RANDRW, BlockSizes.of(BS), 4).withMap(false);
        List<Step> steps = steps(plan(job(access, Extent.ALL, FOR_EVER), 1 << 20, 0), 4_000);

        for (int i = 0; i < steps.size(); i++) {
            if (i % 4 != 0) {
                assertEquals(steps.get(i - 1).block() + 1, steps.get(i).block());
            }
        }
        assertNotEquals(steps.get(3).block() + 1, steps.get(4).block());
    }

    @Test
    void eachTrimmedBlockIsWrittenNext() {
        List<Step> steps = steps(plan(random(ReadWrite.RANDTRIMWRITE, mixedSizes(), 1), 500),
                2_000);

        BitSet seen = new BitSet();
        for (int i = 0; i < steps.size(); i += 2) {
            Step trim = steps.get(i);
            assertEquals(Direction.TRIM, trim.direction());
            assertEquals(new Step(Direction.WRITE, trim.block(), trim.blocks()), steps.get(i + 1));
            seen.set((int) trim.block(), (int) trim.block() + trim.blocks());
        }
        assertEquals(500, seen.cardinality());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 30, 50, 99, 100})
    void aMixHasTheShareAskedFor(int percent) {
        Access access = random(ReadWrite.RANDRW, BlockSizes.of(BS), 1).withMix(percent);
        long reads = steps(plan(job(access, Extent.ALL, FOR_EVER), 1 << 20, 0), 100_000).stream()
                .filter(step -> step.direction() == Direction.READ)
                .count();

        double deviation = Math.sqrt(100_000 * (percent / 100.0) * (1 - percent / 100.0));
        assertEquals(percent * 1_000.0, reads, 5 * deviation);
    }

    @Test
    void sizesHaveTheSharesAskedFor() {
        SizeSplit split = new SizeSplit(List.of(new SizeSplit.Part(BS, BS, 50),
                new SizeSplit.Part(2 * BS, 2 * BS, 0), new SizeSplit.Part(4 * BS, 4 * BS, 20),
                new SizeSplit.Part(8 * BS, 8 * BS, 0)));
        Access access = random(ReadWrite.RANDREAD, new BlockSizes(split, null, null), 1)
                .withMap(false);
        long[] seen = new long[9];
        steps(plan(job(access, Extent.ALL, FOR_EVER), 1 << 30, 0), 100_000)
                .forEach(step -> seen[step.blocks()]++);

        assertEquals(50_000, seen[1], 800);
        assertEquals(15_000, seen[2], 600, "parts without a share have the rest alike");
        assertEquals(20_000, seen[4], 700);
        assertEquals(15_000, seen[8], 600);
    }

    @Test
    void sizesOfARangeAreAllMultiplesOfTheSmallestAlike() {
        Access access = random(ReadWrite.RANDREAD,
                new BlockSizes(SizeSplit.range(BS, 8 * BS + BS / 2), null, null), 1)
                .withMap(false);
        long[] seen = new long[8];
        steps(plan(job(access, Extent.ALL, FOR_EVER), 1 << 30, 0), 80_000)
                .forEach(step -> seen[step.blocks() - 1]++);

        assertTrue(Statistics.chiSquare(seen) < Statistics.chiSquareLimit(7));
    }

    @Test
    void eachDirectionHasItsSizesAndAlignment() {
        BlockSizes sizes = new BlockSizes(SizeSplit.of(BS), SizeSplit.of(4 * BS), null);
        Access access = random(ReadWrite.RANDRW, sizes, 1).withMap(false);

        for (Step step : steps(plan(job(access, Extent.ALL, FOR_EVER), 1_000, 0), 10_000)) {
            boolean read = step.direction() == Direction.READ;
            assertEquals(read ? 1 : 4, step.blocks());
            assertEquals(0, step.block() % step.blocks());
        }
    }

    @ParameterizedTest
    @EnumSource(ReadWrite.class)
    void noRequestLeavesTheRegion(ReadWrite rw) {
        Region region = new Region(1 << 20, 37L * BS);
        for (int variant = 0; variant < 4; variant++) {
            Access access = new Access(rw, 50, mixedSizes(), Distribution.UNIFORM,
                    variant % 2 == 0, variant, variant < 2 ? 1 : 6, 0, false);
            RequestPlan plan = new RequestPlan(job(access, Extent.ALL, FOR_EVER), region, 0);
            for (int i = 0; i < 20_000 && plan.next(); i++) {
                assertTrue(plan.lengthBytes() >= BS);
                assertTrue(plan.offset() >= region.offset());
                assertTrue(plan.offset() + plan.lengthBytes()
                        <= region.offset() + region.lengthBytes());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 0, 10", "0, 3, 0, 30", "4, 1, 0, 4", "25, 1, 0, 25", "25, 2, 0, 50",
            "0, 1, 7, 7", "0, 2, 15, 15", "4, 1, 7, 4"})
    void endsAfterTheAmountAskedFor(long ioBlocks, int loops, long numberIos, int expected) {
        Amount ioSize = ioBlocks == 0 ? Amount.NONE : Amount.ofBytes(ioBlocks * BS);
        Extent extent =
                new Extent(Amount.NONE, Amount.NONE, Amount.NONE, ioSize, loops, numberIos);

        for (ReadWrite rw : new ReadWrite[] {ReadWrite.READ, ReadWrite.RANDWRITE}) {
            Access access = random(rw, BlockSizes.of(BS), 1);
            RequestPlan plan = plan(job(access, extent, Timing.UNLIMITED), 10, 0);
            assertEquals(expected, steps(plan, 1_000).size());
            assertFalse(plan.next(), "an end stays an end");
        }
    }

    @Test
    void anAmountCanBeAShareOfTheRegion() {
        Extent extent = new Extent(
                Amount.NONE, Amount.NONE, Amount.NONE, new Amount(0, 50), 1, 0);

        assertEquals(5, steps(plan(job(random(ReadWrite.RANDREAD, BlockSizes.of(BS), 1), extent,
                Timing.UNLIMITED), 10, 0), 100).size());
    }

    @Test
    void aRunByTimeHasNoEnd() {
        Extent extent = new Extent(Amount.NONE, Amount.NONE, Amount.NONE, Amount.NONE, 1, 5);

        assertEquals(1_000, steps(plan(job(random(ReadWrite.RANDREAD, BlockSizes.of(BS), 1),
                extent, FOR_EVER), 10, 0), 1_000).size(), "nor by number_ios, as with fio");
    }

    @Test
    void aRandomMapOfOneSizeNeedsNoMemory() {
        RequestPlan plan = plan(random(ReadWrite.RANDREAD, BlockSizes.of(BS), 1), 1L << 40);

        long above = 0;
        for (int i = 0; i < 1_000; i++) {
            assertTrue(plan.next());
            above += plan.offset() / BS > 1L << 39 ? 1 : 0;
        }
        assertEquals(500, above, 80);
    }

    @Test
    void aMapThatIsTooLargeIsRefusedInWords() {
        String message = assertThrows(IllegalArgumentException.class,
                () -> plan(random(ReadWrite.RANDREAD, mixedSizes(), 1),
                        FreeRuns.BLOCKS_MAX + 1)).getMessage();

        assertTrue(message.contains("norandommap"), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void skewedReadsAndWritesLikeTheSameBlocks() {
        BlockSizes sizes = new BlockSizes(SizeSplit.of(BS), SizeSplit.of(2 * BS), null);
        Access access = new Access(ReadWrite.RANDRW, 50, sizes, new Distribution.Zipf(1.5, -1),
                true, 5, 1, 0, false);
        long[] reads = new long[1_000];
        long[] writes = new long[500];
        for (Step step : steps(plan(job(access, Extent.ALL, FOR_EVER), 1_000, 0), 20_000)) {
            if (step.direction() == Direction.READ) {
                reads[(int) step.block()]++;
            } else {
                assertEquals(2, step.blocks());
                writes[(int) step.block() / 2]++;
            }
        }

        assertEquals(most(reads) / 2, most(writes), "aligned to the size of a write");
    }

    private static int most(long[] seen) {
        int most = 0;
        for (int i = 0; i < seen.length; i++) {
            most = seen[i] > seen[most] ? i : most;
        }
        return most;
    }

    @Test
    void aPlanAllocatesNothing() {
        ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(bean.isThreadAllocatedMemorySupported(), "this JVM does not count allocation");
        long thread = Thread.currentThread().getId();
        for (Distribution distribution : List.of(Distribution.UNIFORM,
                new Distribution.Zipf(1.2, -1), new Distribution.Pareto(0.2, -1),
                new Distribution.Normal(10, -1),
                new Distribution.Zoned(List.of(new Distribution.Zone(100, 100)), false))) {
            for (ReadWrite rw : ReadWrite.values()) {
                Access access =
                        new Access(rw, 50, mixedSizes(), distribution, true, 1, 2, 0, false);
                ArrivalRate rate = ArrivalRate.ofIops(1_000, ArrivalRate.Process.POISSON);
                RequestPlan plan =
                        plan(job(access, Extent.ALL, FOR_EVER.withRate(rate)), 100, 0);
                plan.next();
                long before = bean.getThreadAllocatedBytes(thread);
                for (int i = 0; i < 10_000; i++) {
                    plan.next();
                }
                long bytes = bean.getThreadAllocatedBytes(thread) - before;
                assertTrue(bytes < 10_000, bytes + " bytes for " + access);
            }
        }
    }
}
