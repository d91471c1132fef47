// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DelayFilterTest {
    private static final long CAPACITY = 1 << 20;
    private static final long MIN_NS = 100_000;
    private static final long MAX_NS = 900_000;
    private static final long STEP_NS = 1_000;

    private long nowNs;
    private AioContext context;

    @BeforeEach
    void open() throws Exception {
        context = AioContext.create(new AioOptions(
                PollingOptions.OFF, FdMonitorKind.PPOLL, 64, () -> nowNs));
    }

    @AfterEach
    void close() {
        context.close();
    }

    private BlockBackend delayed(SimulatedBackend under, long minNs, long maxNs, long seed) {
        return delayed(under, DelaySpec.all("delay", minNs, maxNs, seed));
    }

    private BlockBackend delayed(SimulatedBackend under, DelaySpec spec) {
        BlockBackend inside = new ContractFilter(under, context);
        return new ContractFilter(new DelayFilter(inside, context, spec, 0), context);
    }

    private SimulatedBackend disk(Behaviour behaviour) {
        return new SimulatedBackend(context, CAPACITY, 1, behaviour);
    }

    /** Ends of so many requests, each as number and time; all are submitted at time 0. */
    private List<long[]> ends(int count, long seed, Behaviour behaviour) {
        nowNs = 0;
        List<long[]> ends = new ArrayList<>();
        BlockBackend disk = delayed(disk(behaviour), MIN_NS, MAX_NS, seed);
        for (int i = 0; i < count; i++) {
            BlockRequest request = new BlockRequest(
                    ended -> ends.add(new long[] {ended.offset() / 512, nowNs}));
            request.range(BlockOp.DISCARD, i * 512L, 512);
            assertEquals(QueueStatus.QUEUED, disk.submit(request));
        }
        disk.commit();
        while (ends.size() < count) {
            context.poll(false);
            nowNs += STEP_NS;
            assertTrue(nowNs < 100 * MAX_NS, "lost: " + ends.size() + " of " + count + " ended");
        }
        disk.close();
        return ends;
    }

    @Test
    void endsEachRequestOnceInsideTheRangeAndOutOfOrder() {
        List<long[]> ends = ends(200, 7, new Behaviour(100, 0, 0, 0, false));
        assertEquals(200, ends.stream().mapToLong(end -> end[0]).distinct().count());
        int overtakings = 0;
        for (int i = 0; i < ends.size(); i++) {
            long atNs = ends.get(i)[1];
            assertTrue(atNs >= MIN_NS && atNs <= MAX_NS + STEP_NS, "at " + atNs);
            overtakings += i > 0 && ends.get(i)[0] < ends.get(i - 1)[0] ? 1 : 0;
        }
        assertTrue(overtakings > 50, overtakings + " overtakings");
    }

    @Test
    void noneEndsBeforeItsOwnTime() {
        List<Long> ends = new ArrayList<>();
        BlockBackend disk = delayed(disk(new Behaviour(100, 0, 0, 0, false)), MIN_NS, MIN_NS, 1);
        for (int i = 0; i < 2; i++) {
            BlockRequest request = new BlockRequest(ended -> ends.add(nowNs));
            request.range(BlockOp.DISCARD, i * 512L, 512);
            disk.submit(request);
            disk.commit();
            nowNs += STEP_NS;
        }
        while (ends.size() < 2 && nowNs < 2 * MAX_NS) {
            context.poll(false);
            nowNs += STEP_NS;
        }
        assertEquals(List.of(MIN_NS, MIN_NS + STEP_NS), ends);
        disk.close();
    }

    @Test
    void sameSeedSameOrder() {
        Behaviour atOnce = new Behaviour(100, 0, 0, 0, false);
        List<Long> first = ends(50, 3, atOnce).stream().map(end -> end[0]).toList();
        assertEquals(first, ends(50, 3, atOnce).stream().map(end -> end[0]).toList());
        assertNotEquals(first, ends(50, 4, atOnce).stream().map(end -> end[0]).toList());
    }

    @Test
    void losesNothingOverADiskThatIsBusyNowAndThen() {
        Behaviour rough = new Behaviour(30, 60, 0, 5_000, false);
        List<long[]> ends = ends(200, 5, rough);
        assertEquals(200, ends.stream().mapToLong(end -> end[0]).distinct().count());
    }

    /** When a request ends that is submitted alone; 0 if at once, inside of submit. */
    private long endsAfter(BlockBackend disk, BlockOp op) {
        long beganNs = nowNs;
        boolean[] ended = new boolean[1];
        BlockRequest request = new BlockRequest(done -> ended[0] = true);
        request.range(op, 0, op == BlockOp.FLUSH ? 0 : 512);
        if (disk.submit(request) == QueueStatus.COMPLETED) {
            return nowNs - beganNs;
        }
        disk.commit();
        while (!ended[0] && nowNs - beganNs < 10 * MAX_NS) {
            context.poll(false);
            if (!ended[0]) {
                nowNs += STEP_NS;
            }
        }
        assertTrue(ended[0]);
        return nowNs - beganNs;
    }

    private static DelaySpec only(OpKind kind, DelayTime time, double probability, boolean spin) {
        DelayTime[] times = {DelayTime.NONE, DelayTime.NONE, DelayTime.NONE, DelayTime.NONE};
        times[kind.ordinal()] = time;
        return new DelaySpec("delay", List.of(times), probability, 1, spin);
    }

    @Test
    void delaysOnlyTheKindsThatHaveATime() {
        Behaviour atOnce = new Behaviour(100, 0, 0, 0, false);
        DelayTime time = DelayTime.between(MIN_NS, MIN_NS);
        for (OpKind kind : OpKind.values()) {
            BlockBackend disk = delayed(disk(atOnce), only(kind, time, 1, false));
            for (BlockOp op : List.of(BlockOp.FLUSH, BlockOp.DISCARD, BlockOp.WRITE_ZEROES)) {
                assertEquals(OpKind.of(op) == kind ? MIN_NS : 0, endsAfter(disk, op),
                        op + " where " + kind + " is delayed");
            }
            disk.close();
        }
    }

    @Test
    void whatPassesIsCommitted() {
        SimulatedBackend under = disk(Behaviour.PLAIN);
        BlockBackend disk = delayed(
                under, only(OpKind.READ, DelayTime.between(1, 1), 1, false));
        assertEquals(0, endsAfter(disk, BlockOp.FLUSH));
        assertEquals(1, under.flushes());
        disk.close();
    }

    @Test
    void delaysTheShareOfRequestsThatItIsToldTo() {
        DelayTime time = DelayTime.between(MIN_NS, MIN_NS);
        BlockBackend disk = delayed(disk(new Behaviour(100, 0, 0, 0, false)),
                only(OpKind.FLUSH, time, 0.1, false));
        int delayed = 0;
        for (int i = 0; i < 2_000; i++) {
            delayed += endsAfter(disk, BlockOp.FLUSH) > 0 ? 1 : 0;
        }
        assertTrue(delayed > 140 && delayed < 260, delayed + " of 2000");
        disk.close();
    }

    @Test
    void exponentialDelaysHaveTheirMeanAndATail() {
        BlockBackend disk = delayed(disk(new Behaviour(100, 0, 0, 0, false)),
                only(OpKind.FLUSH, DelayTime.exponential(MIN_NS), 1, false));
        long sumNs = 0;
        int longerThanMean = 0;
        for (int i = 0; i < 2_000; i++) {
            long ns = endsAfter(disk, BlockOp.FLUSH);
            sumNs += ns;
            longerThanMean += ns > MIN_NS ? 1 : 0;
        }
        assertEquals(MIN_NS, sumNs / 2_000, MIN_NS / 10.0);
        assertEquals(2_000 / Math.E, longerThanMean, 100, "e^-1 of them are longer");
        disk.close();
    }

    @Test
    void aSpinAddsExactlyItsTimeInsideOfSubmit() throws Exception {
        // Time passes only by being looked at, or a spin would never end.
        try (AioContext ticking = AioContext.create(new AioOptions(
                PollingOptions.OFF, FdMonitorKind.PPOLL, 64, () -> nowNs += 10))) {
            SimulatedBackend under = new SimulatedBackend(
                    ticking, CAPACITY, 1, new Behaviour(100, 0, 0, 0, false));
            BlockBackend disk = new DelayFilter(under, ticking,
                    only(OpKind.FLUSH, DelayTime.between(2_000, 2_000), 1, true), 0);
            BlockRequest request = new BlockRequest(done -> { });
            request.range(BlockOp.FLUSH, 0, 0);
            long beganNs = nowNs;
            assertEquals(QueueStatus.COMPLETED, disk.submit(request));
            assertEquals(2_000, nowNs - beganNs, 20);
            request.range(BlockOp.DISCARD, 0, 512);
            beganNs = nowNs;
            assertEquals(QueueStatus.COMPLETED, disk.submit(request));
            assertEquals(beganNs, nowNs, "not delayed");
            disk.close();
        }
    }

    @Test
    void aSpinIsBounded() {
        DelayTime tooLong = DelayTime.between(0, DelaySpec.SPIN_NS_MAX + 1);
        assertThrows(IllegalArgumentException.class,
                () -> only(OpKind.READ, tooLong, 1, true));
        DelaySpec exponential = only(OpKind.READ, DelayTime.exponential(5), 1, true);
        assertEquals(DelaySpec.SPIN_NS_MAX, exponential.times().get(0).maxNs());
    }

    @Test
    void countsWhatItDelayed() {
        DiskFilter delay = only(OpKind.FLUSH, DelayTime.between(MIN_NS, MIN_NS), 1, false)
                .open(null);
        BlockBackend disk = delay.around(
                disk(new Behaviour(100, 0, 0, 0, false)), context, 0);
        for (int i = 0; i < 3; i++) {
            endsAfter(disk, BlockOp.FLUSH);
            endsAfter(disk, BlockOp.DISCARD);
        }
        assertEquals(List.of("delay: delayed=3, delay-ns=" + 3 * MIN_NS),
                delay.report().lines());
        disk.close();
    }

    @Test
    void refusesWhatIsNoDelay() {
        assertThrows(IllegalArgumentException.class, () -> DelayTime.between(2_000, 1_000));
        assertThrows(IllegalArgumentException.class,
                () -> DelayTime.between(0, DelayTime.DELAY_NS_MAX + 1));
        DelayTime time = DelayTime.between(1, 1);
        for (double probability : new double[] {0, -0.1, 1.1, Double.NaN}) {
            assertThrows(IllegalArgumentException.class,
                    () -> only(OpKind.READ, time, probability, false));
        }
        assertThrows(IllegalArgumentException.class,
                () -> only(OpKind.READ, DelayTime.NONE, 1, false));
    }
}
