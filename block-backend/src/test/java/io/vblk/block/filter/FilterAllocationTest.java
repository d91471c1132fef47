// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.BottomHalf;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import io.vblk.posix.Posix;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Once warm, a request allocates nothing in any filter. */
@Timeout(120)
class FilterAllocationTest {
    private static final int BLOCK = 4096;
    private static final int DEPTH = 16;
    private static final int REQUESTS = 5_000;
    private static final int ROUNDS_MAX = 40;
    private static final BlockLimits LIMITS =
            new BlockLimits(DEPTH * BLOCK, 512, 4096, 0, false, true, true);

    private final ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Ends every other request at once, and the others in the next iteration. */
    private static final class Ring implements BlockBackend {
        private final BlockRequest[] queued = new BlockRequest[DEPTH];
        private final BottomHalf end;
        private int count;
        private boolean atOnce;

        Ring(AioContext context) {
            end = context.bottomHalf("ring", this::end);
        }

        @Override
        public BlockLimits limits() {
            return LIMITS;
        }

        @Override
        public QueueStatus submit(BlockRequest request) {
            request.setErrno(0);
            atOnce = !atOnce;
            if (atOnce) {
                return QueueStatus.COMPLETED;
            }
            queued[count++] = request;
            return QueueStatus.QUEUED;
        }

        @Override
        public void commit() {
            if (count > 0) {
                end.schedule();
            }
        }

        private void end() {
            while (count > 0) {
                BlockRequest request = queued[--count];
                request.completion().complete(request);
            }
        }

        @Override
        public void close() {
            end.close();
        }
    }

    private static List<FilterSpec> all() {
        RateSpec.Limits none = new RateSpec.Limits(0, 0, 0);
        return List.of(new StatsSpec("stats"),
                new RateSpec("rate", new RateSpec.Limits(100_000, 0, 0), none, 1_000_000),
                new VerifySpec("verify", BLOCK),
                new ErrorSpec("error", Set.of(OpKind.WRITE), Posix.EIO,
                        new ErrorSpec.Chance(0.01, 1, 0, 0), 0, Long.MAX_VALUE, null),
                DelaySpec.all("delay", 0, 10_000, 1));
    }

    @Test
    void nothingIsAllocated() throws Exception {
        assumeTrue(bean.isThreadAllocatedMemorySupported(), "this JVM does not count allocation");
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.DEFAULT));
                FilterStack stack = FilterStack.open(new Filters(all(), true), LIMITS)) {
            BlockBackend disk = stack.around(new Ring(context), context);
            Load load = new Load(disk, context);
            long least = Long.MAX_VALUE;
            int round = 0;
            while (round < ROUNDS_MAX && least > 0) {
                long before = bean.getThreadAllocatedBytes(Thread.currentThread().getId());
                load.run(REQUESTS);
                least = Math.min(least, bean.getThreadAllocatedBytes(
                        Thread.currentThread().getId()) - before);
                round++;
            }
            assertEquals(0, least, "bytes in the best of " + round + " rounds");
            for (FilterReport report : stack.reports()) {
                assertTrue(report.lines().get(0).matches(".*[1-9].*"), report.toString());
            }
            load.close();
            disk.close();
        }
    }

    /** Keeps some requests of all kinds in flight; allocates only when made. */
    private static final class Load {
        private final BlockBackend disk;
        private final AioContext context;
        private final TestRequest[] requests = new TestRequest[DEPTH];
        private final BlockRequest[] plain = new BlockRequest[DEPTH];
        private final int[] freeSlots = new int[DEPTH];
        private int free;
        private int number;

        Load(BlockBackend disk, AioContext context) {
            this.disk = disk;
            this.context = context;
            for (int i = 0; i < DEPTH; i++) {
                requests[i] = new TestRequest(BLOCK, 1);
                requests[i].prepareAgain(BlockOp.READ, 0, BLOCK);
                int slot = i;
                plain[i] = new BlockRequest(done -> freeSlots[free++] = slot);
                freeSlots[free++] = i;
            }
        }

        void run(int count) {
            int left = count;
            while (left > 0 || free < DEPTH) {
                while (left > 0 && free > 0) {
                    left--;
                    submit(freeSlots[--free]);
                }
                disk.commit();
                if (free < DEPTH) {
                    context.poll(true);
                }
            }
        }

        private void submit(int slot) {
            BlockRequest request = plain[slot];
            long offset = (long) slot * BLOCK;
            switch (number++ % 16) {
                case 0 -> request.range(BlockOp.FLUSH, 0, 0);
                case 1 -> request.range(BlockOp.DISCARD, offset, BLOCK);
                case 2 -> request.range(BlockOp.WRITE_ZEROES, offset, BLOCK);
                case 3, 4, 5 -> request.transfer(BlockOp.WRITE, offset, BLOCK,
                        requests[slot].request().iovecs(), 1);
                default -> request.transfer(BlockOp.READ, offset, BLOCK,
                        requests[slot].request().iovecs(), 1);
            }
            if (disk.submit(request) == QueueStatus.COMPLETED) {
                freeSlots[free++] = slot;
            }
        }

        void close() {
            for (TestRequest request : requests) {
                request.close();
            }
        }
    }
}
