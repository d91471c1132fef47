// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.block.TestRequest;
import io.vblk.posix.Posix;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatsFilterTest {
    private static final BlockLimits LIMITS = new BlockLimits(1 << 20, 512, 4096, 0, false, true,
            true);
    private static final long US = 1_000;

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

    private SimulatedBackend simulated(Behaviour behaviour) {
        return new SimulatedBackend(context, LIMITS, 1, behaviour);
    }

    private BlockBackend view(DiskFilter shared, SimulatedBackend under) {
        return new ContractFilter(
                shared.around(new ContractFilter(under, context), context, 0), context);
    }

    private static FilterReport.Times times(DiskFilter shared, OpKind kind) {
        return shared.report().times().stream().filter(times -> times.kind() == kind)
                .findFirst().orElseThrow();
    }

    @Test
    void timesWhatIsUnderWayFromSubmitToItsEnd() {
        DiskFilter shared = new StatsSpec("stats").open(null);
        SimulatedBackend under = simulated(Behaviour.ON_DEMAND);
        BlockBackend disk = view(shared, under);
        for (int i = 1; i <= 100; i++) {
            BlockRequest request = new BlockRequest(done -> { });
            request.range(BlockOp.DISCARD, 0, 512);
            disk.submit(request);
            disk.commit();
            nowNs += i * 10 * US;
            under.completeOne();
        }
        FilterReport.Times times = times(shared, OpKind.DISCARD);
        assertEquals(100, times.requests());
        assertEquals(100 * 512, times.bytes());
        assertEquals(505 * US, times.meanNs());
        assertEquals(500 * US, times.p50Ns(), 5.0 * US);
        assertEquals(900 * US, times.p90Ns(), 9.0 * US);
        assertEquals(990 * US, times.p99Ns(), 10.0 * US);
        assertEquals(1_000 * US, times.maxNs());
        disk.close();
    }

    @Test
    void tellsKindsAndErrorsApartInAllViewsTogether() {
        DiskFilter shared = new StatsSpec("stats:name=x").open(null);
        SimulatedBackend under = simulated(new Behaviour(50, 0, 0, 0, false));
        BlockBackend first = view(shared, under);
        BlockBackend second = view(shared, simulated(new Behaviour(50, 0, 0, 0, false)));
        try (TestRequest request = new TestRequest(4096, 1)) {
            assertEquals(0, request.read(0, 4096).run(first, context));
            assertEquals(0, request.read(0, 512).run(second, context));
            under.failNext(Posix.EIO);
            assertEquals(Posix.EIO, request.read(0, 512).run(first, context));
            assertEquals(0, request.write(0, new byte[1024]).run(first, context));
            assertEquals(0, request.flush().run(first, context));
        }
        FilterReport.Times reads = times(shared, OpKind.READ);
        assertEquals(3, reads.requests());
        assertEquals(1, reads.errors());
        assertEquals(4096 + 512, reads.bytes());
        assertEquals(1024, times(shared, OpKind.WRITE).bytes());
        assertEquals(List.of(OpKind.READ, OpKind.WRITE, OpKind.FLUSH),
                shared.report().times().stream().map(FilterReport.Times::kind).toList());
        first.close();
        second.close();
    }

    @Test
    void aRequestThatIsTurnedAwayCountsOnce() {
        DiskFilter shared = new StatsSpec("stats").open(null);
        BlockBackend disk = view(shared, simulated(new Behaviour(0, 70, 0, 5_000, false)));
        int[] ended = new int[1];
        int busy = 0;
        for (int i = 0; i < 200;) {
            BlockRequest request = new BlockRequest(done -> ended[0]++);
            request.range(BlockOp.DISCARD, 0, 512);
            switch (disk.submit(request)) {
                case BUSY -> busy++;
                case QUEUED -> i++;
                default -> throw new AssertionError("at once");
            }
            disk.commit();
            context.poll(false);
            nowNs += US;
        }
        for (int turn = 0; turn < 1_000 && ended[0] < 200; turn++) {
            context.poll(false);
            nowNs += US;
        }
        assertEquals(200, ended[0]);
        assertEquals(true, busy > 20, busy + " times busy");
        assertEquals(200, times(shared, OpKind.DISCARD).requests());
        disk.close();
    }

    @Test
    void timesLongerThanTheLongestClassCountAsThat() {
        KindStats stats = new KindStats();
        stats.count(Long.MAX_VALUE, 0, 0);
        stats.count(-1, 0, 0);
        assertEquals((1L << 40) - 1, stats.report(OpKind.READ).maxNs());
        assertEquals(2, stats.report(OpKind.READ).requests());
    }
}
