// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.AioTimer;
import io.vblk.aio.IoLimits;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.Posix;
import io.vblk.uring.UringProbe;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing is allocated per request, neither in the loop nor by the workers. */
class EngineAllocationTest {
    private static final int REQUESTS = 10_000;
    private static final int DEPTH = 16;
    private static final int ROUNDS_MAX = 10;
    private static final int BLOCK = 4096;
    private static final long DEADLINE_NS = 30_000_000_000L;

    @TempDir
    Path directory;

    private final ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final WorkerThreads threads = new WorkerThreads();
    private long[] workerIds = new long[0];

    @Test
    void syncEngineAllocatesNothing() throws Exception {
        run(IoEngineKind.SYNC);
    }

    @Test
    void threadsEngineAllocatesNothing() throws Exception {
        run(IoEngineKind.THREADS);
    }

    @Test
    void uringEngineAllocatesNothing() throws Exception {
        UringProbe probe = UringProbe.run();
        assumeTrue(probe.available(), probe.reason());
        run(IoEngineKind.IO_URING);
    }

    private void run(IoEngineKind kind) throws Exception {
        assumeTrue(bean.isThreadAllocatedMemorySupported(), "this JVM does not count allocation");
        Path path = directory.resolve("disk.raw");
        Files.write(path, new byte[DEPTH * BLOCK]);
        int fd = Posix.open(path.toString(), Posix.O_RDWR, 0);
        try (HostFile file = new HostFile("disk.raw", fd, fd);
                AioContext context = AioContext.create(AioOptions.of(PollingOptions.DEFAULT));
                IoEngine engine = open(kind, file, context);
                Load load = new Load(engine, context)) {
            AioTimer deadline = context.timer("deadline", () -> {
                throw new AssertionError("requests do not come back");
            });
            deadline.modify(context.nanoTime() + DEADLINE_NS);
            load.run(REQUESTS);
            load.run(REQUESTS);
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS_MAX && allocated != 0; round++) {
                // A worker that starts in a round is allowed; the next round has it from the start.
                workerIds = threads.made().stream().mapToLong(Thread::getId).toArray();
                long before = allocatedBytes();
                load.run(REQUESTS);
                allocated = allocatedBytes() - before;
                System.out.println("EngineAllocationTest: " + kind + ", " + workerIds.length
                        + " workers: " + allocated + " bytes in " + REQUESTS + " requests");
            }
            assertEquals(0, allocated, "bytes allocated in every round");
            assertTrue(kind == IoEngineKind.SYNC || workerIds.length > 0);
            deadline.cancel();
        }
    }

    private IoEngine open(IoEngineKind kind, HostFile file, AioContext context)
            throws Exception {
        context.setIoLimits(new IoLimits(0, 0, 4));
        if (kind == IoEngineKind.SYNC) {
            return IoEngines.open(kind, file, context, false);
        }
        ThreadsEngine workers =
                new ThreadsEngine(new BlockingIo(file), context, Long.MAX_VALUE / 4, threads);
        return kind == IoEngineKind.THREADS
                ? workers
                : new UringEngine(file, context, new UringTransfers(file, true), workers);
    }

    private long allocatedBytes() {
        long bytes = bean.getThreadAllocatedBytes(Thread.currentThread().getId());
        for (long id : workerIds) {
            bytes += bean.getThreadAllocatedBytes(id);
        }
        return bytes;
    }

    /** Keeps some requests of all kinds in flight; allocates only when made. */
    private static final class Load implements BlockCompletion, AutoCloseable {
        /** Zeroing is slow on file systems with a journal: one request in so many. */
        private static final int ZEROING_PERIOD = 100;

        private final IoEngine engine;
        private final AioContext context;
        private final MappedMemory memory;
        private final BlockRequest[] requests = new BlockRequest[DEPTH];
        private final IovecArray iovecs;
        private final int[] freeSlots = new int[DEPTH];
        private int free;
        private int number;

        Load(IoEngine engine, AioContext context) throws Exception {
            this.engine = engine;
            this.context = context;
            memory = MappedMemory.anonymous(DEPTH * (long) (BLOCK + IovecArray.ELEMENT_BYTES));
            iovecs = new IovecArray(memory.address() + (long) DEPTH * BLOCK, DEPTH);
            for (int i = 0; i < DEPTH; i++) {
                requests[i] = new BlockRequest(this);
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
                engine.commit();
                if (free < DEPTH) {
                    context.poll(true);
                }
            }
        }

        private void submit(int slot) {
            BlockOp op = nextOp();
            BlockRequest request = requests[slot];
            long offset = (long) slot * BLOCK;
            if (op == BlockOp.READ || op == BlockOp.WRITE) {
                iovecs.set(slot, memory.address() + offset, BLOCK);
                request.transfer(op, offset, BLOCK, iovecs.address(slot), 1);
            } else {
                request.range(op, offset, BLOCK);
            }
            if (engine.submit(request) == QueueStatus.COMPLETED) {
                freeSlots[free++] = slot;
            }
        }

        private BlockOp nextOp() {
            number++;
            return switch (number % ZEROING_PERIOD) {
                case 0 -> BlockOp.WRITE_ZEROES;
                case 1 -> BlockOp.DISCARD;
                default -> number % 2 == 0 ? BlockOp.READ : BlockOp.WRITE;
            };
        }

        @Override
        public void complete(BlockRequest request) {
            freeSlots[free++] = (int) (request.offset() / BLOCK);
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
