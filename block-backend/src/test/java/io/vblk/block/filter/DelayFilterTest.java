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
        BlockBackend inside = new ContractFilter(under, context);
        return new ContractFilter(
                new DelayFilter(inside, context, minNs, maxNs, seed), context);
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

    @Test
    void aDelayOfZeroStillEndsLater() {
        SimulatedBackend under = disk(new Behaviour(100, 0, 0, 0, false));
        BlockBackend disk = delayed(under, 0, 0, 1);
        int[] ended = new int[1];
        BlockRequest request = new BlockRequest(r -> ended[0]++);
        request.range(BlockOp.DISCARD, 0, 512);
        assertEquals(QueueStatus.QUEUED, disk.submit(request));
        disk.commit();
        assertEquals(0, under.submitted());
        context.poll(false);
        assertEquals(1, ended[0]);
        disk.close();
    }

    @Test
    void refusesRangesThatAreNone() {
        String message = assertThrows(IllegalArgumentException.class,
                () -> new Filters(2_000, 1_000, 1, false)).getMessage();
        assertTrue(message.contains("delay-us") && message.contains("2-1"), message);
        assertThrows(IllegalArgumentException.class,
                () -> new Filters(0, Filters.DELAY_NS_MAX + 1, 1, false));
    }
}
