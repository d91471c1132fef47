// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import io.vblk.block.TestRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RateFilterTest {
    private static final RateSpec.Limits NONE = new RateSpec.Limits(0, 0, 0);
    private static final Behaviour AT_ONCE = new Behaviour(100, 0, 0, 0, false);
    private static final long MS = 1_000_000;
    private static final int BLOCK = 4096;

    private final List<TestRequest> made = new ArrayList<>();
    private final List<String> ended = new ArrayList<>();
    /** A clock that began before 0: only differences of its values count. */
    private long nowNs = -5 * MS;
    private AioContext context;

    @BeforeEach
    void open() throws Exception {
        context = AioContext.create(new AioOptions(
                PollingOptions.OFF, FdMonitorKind.PPOLL, 64, () -> nowNs));
    }

    @AfterEach
    void close() {
        made.forEach(TestRequest::close);
        context.close();
    }

    private static RateSpec iops(long total, long reads, long writes, long burstNs) {
        return new RateSpec("rate", new RateSpec.Limits(total, reads, writes), NONE, burstNs);
    }

    private static RateSpec bps(long total, long burstNs) {
        return new RateSpec("rate", NONE, new RateSpec.Limits(total, 0, 0), burstNs);
    }

    private SimulatedBackend simulated(Behaviour behaviour) {
        return new SimulatedBackend(context, 1 << 20, 1, behaviour);
    }

    private BlockBackend view(DiskFilter shared, SimulatedBackend under) {
        return new ContractFilter(
                shared.around(new ContractFilter(under, context), context, 0), context);
    }

    private QueueStatus submit(BlockBackend disk, String name, BlockOp op, int bytes) {
        TestRequest data = new TestRequest(Math.max(1, bytes), 1);
        made.add(data);
        BlockRequest request = new BlockRequest(done -> ended.add(name));
        if (op == BlockOp.READ || op == BlockOp.WRITE) {
            data.read(0, bytes);
            request.transfer(op, 0, bytes, data.request().iovecs(), 1);
        } else {
            request.range(op, 0, bytes);
        }
        QueueStatus status = disk.submit(request);
        disk.commit();
        if (status == QueueStatus.COMPLETED) {
            ended.add(name);
        }
        return status;
    }

    private void runFor(long ns) {
        long endNs = nowNs + ns;
        while (nowNs < endNs) {
            context.poll(false);
            nowNs += MS / 20;
        }
        context.poll(false);
    }

    @Test
    void letsTheRateThroughAndWhatWasSavedUp() {
        BlockBackend disk = view(iops(1_000, 0, 0, 10 * MS).open(null), simulated(AT_ONCE));
        for (int i = 0; i < 200; i++) {
            submit(disk, "r" + i, BlockOp.READ, 512);
        }
        assertEquals(10, ended.size(), "10 ms at 1000 a second");
        runFor(50 * MS);
        assertEquals(60, ended.size(), 1);
        runFor(200 * MS);
        assertEquals(IntStream.range(0, 200).mapToObj(i -> "r" + i).toList(), ended, "in order");
        disk.close();
    }

    @Test
    void savesUpNoMoreThanTheBurst() {
        BlockBackend disk = view(iops(1_000, 0, 0, 10 * MS).open(null), simulated(AT_ONCE));
        nowNs += 1_000 * MS;
        for (int i = 0; i < 20; i++) {
            submit(disk, "r" + i, BlockOp.READ, 512);
        }
        assertEquals(10, ended.size());
        runFor(20 * MS);
        disk.close();
    }

    @Test
    void withoutABurstRequestsGoAtEqualDistances() {
        BlockBackend disk = view(iops(1_000, 0, 0, 0).open(null), simulated(AT_ONCE));
        for (int i = 0; i < 10; i++) {
            submit(disk, "r" + i, BlockOp.READ, 512);
        }
        for (int i = 1; i <= 10; i++) {
            assertEquals(i, ended.size());
            runFor(MS);
        }
        disk.close();
    }

    @Test
    void readsDoNotWaitForTheLimitOfWrites() {
        BlockBackend disk = view(iops(0, 0, 100, MS).open(null), simulated(AT_ONCE));
        for (int i = 0; i < 5; i++) {
            submit(disk, "w" + i, BlockOp.WRITE, 512);
            assertEquals(QueueStatus.COMPLETED, submit(disk, "r" + i, BlockOp.READ, 512));
            assertEquals(QueueStatus.COMPLETED, submit(disk, "f" + i, BlockOp.FLUSH, 0));
        }
        assertEquals(1, ended.stream().filter(name -> name.startsWith("w")).count());
        runFor(50 * MS);
        assertEquals(15, ended.size());
        disk.close();
    }

    @Test
    void bytesCountOfWhatMovesThem() {
        BlockBackend disk = view(bps(BLOCK * 1_000L, 0).open(null), simulated(AT_ONCE));
        submit(disk, "big", BlockOp.READ, 8 * BLOCK);
        submit(disk, "discard", BlockOp.DISCARD, 1 << 19);
        submit(disk, "small", BlockOp.READ, 512);
        assertEquals(List.of("big"), ended, "goes when the bucket is full, larger as it is");
        runFor(7 * MS);
        assertEquals(List.of("big"), ended, "what was owed is paid first");
        runFor(2 * MS);
        assertEquals(List.of("big", "discard", "small"), ended);
        disk.close();
    }

    @Test
    void manySmallRequestsDoNotStarveALargeOne() {
        BlockBackend disk = view(bps(BLOCK * 1_000L, 4 * MS).open(null), simulated(AT_ONCE));
        for (int i = 0; i < 20; i++) {
            submit(disk, "r" + i, BlockOp.READ, BLOCK);
        }
        submit(disk, "big", BlockOp.READ, 32 * BLOCK);
        for (int i = 0; i < 40; i++) {
            submit(disk, "late" + i, BlockOp.READ, 512);
            runFor(MS);
        }
        assertEquals(20, ended.indexOf("big"));
        runFor(100 * MS);
        assertEquals(61, ended.size());
        disk.close();
    }

    @Test
    void viewsShareTheRate() {
        DiskFilter shared = iops(1_000, 0, 0, 10 * MS).open(null);
        BlockBackend first = view(shared, simulated(AT_ONCE));
        BlockBackend second = view(shared, simulated(AT_ONCE));
        for (int i = 0; i < 20; i++) {
            submit(first, "a" + i, BlockOp.READ, 512);
            submit(second, "b" + i, BlockOp.READ, 512);
        }
        assertEquals(10, ended.size());
        runFor(10 * MS);
        assertEquals(20, ended.size(), 1);
        assertEquals(10, ended.stream().filter(name -> name.startsWith("a")).count(), 1);
        runFor(30 * MS);
        assertTrue(shared.report().lines().get(0).startsWith("rate: waited=30, wait-ns="),
                shared.report().lines().toString());
        first.close();
        second.close();
    }

    @Test
    void aRequestWithoutRoomBelowIsNotCountedTwice() {
        // Only the disk's own BUSY is in the way: the rate would allow all of them.
        BlockBackend disk = view(iops(1_000, 0, 0, 30 * MS).open(null),
                simulated(new Behaviour(0, 50, 0, 10_000, false)));
        int busy = 0;
        for (int i = 0; i < 30;) {
            QueueStatus status = submit(disk, "r" + i, BlockOp.READ, 512);
            if (status == QueueStatus.BUSY) {
                busy++;
            } else {
                i++;
            }
        }
        assertTrue(busy > 5, busy + " times busy");
        runFor(MS);
        assertEquals(30, ended.size());
        disk.close();
    }

    @Test
    void letsAllGoWhenTheDiskIsAboutToBeClosed() {
        DiskFilter shared = iops(1, 0, 0, 0).open(null);
        BlockBackend disk = view(shared, simulated(AT_ONCE));
        for (int i = 0; i < 50; i++) {
            submit(disk, "r" + i, BlockOp.READ, 512);
        }
        assertEquals(1, ended.size());
        shared.letGo();
        context.poll(false);
        assertEquals(50, ended.size());
        assertEquals(QueueStatus.COMPLETED, submit(disk, "late", BlockOp.READ, 512));
        disk.close();
    }

    @Test
    void refusesRatesThatAreNone() {
        assertThrows(IllegalArgumentException.class, () -> iops(0, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> iops(-1, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> iops(1, 0, 0, -1));
        assertThrows(IllegalArgumentException.class,
                () -> iops(1, 0, 0, RateSpec.BURST_NS_MAX + 1));
    }

    @Test
    void noQueueOfWaitersReachesTheEndOfTheClock() {
        TokenBucket bucket = new TokenBucket(1, 1_000_000_000L, 0);
        long lastNs = 0;
        for (int i = 0; i < 256 * 1024; i++) {
            long atNs = bucket.take(1L << 30, 0);
            assertTrue(atNs >= lastNs, "waiter " + i);
            lastNs = atNs;
        }
    }
}
