// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.IoLimits;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import io.vblk.posix.NativeMemory;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Event loops on threads of their own, with workers, share a file: each owns every third sector,
 * so that all of them are in every unit, and finds there what it wrote last.
 */
class AlignedStressTest {
    private static final int UNIT = 4096;
    private static final int SECTOR = 512;
    private static final int SECTORS = 8 * UNIT / SECTOR;
    private static final int VIEWS = 3;
    private static final int ROUNDS = 2_000;

    private final AtomicReference<String> difference = new AtomicReference<>();

    private static DirectIo direct() {
        return new DirectIo(SECTOR, UNIT, SECTOR, null, SECTORS * SECTOR);
    }

    @Test
    void viewsOnSeveralThreadsKeepEachOthersSectors() throws Exception {
        DirectIo shared = direct();
        assertNull(run(() -> shared));
    }

    @Test
    void wouldFindViewsThatDoNotShareTheLock() throws Exception {
        assertNotNull(run(AlignedStressTest::direct), "lost updates were not found");
    }

    private String run(Supplier<DirectIo> lock) throws Exception {
        FakeFile file = new FakeFile(SECTORS * SECTOR, direct());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < VIEWS; i++) {
            int number = i;
            DirectIo direct = lock.get();
            Thread thread = new Thread(() -> {
                try (View view = new View(file, direct, number)) {
                    view.run();
                } catch (Exception | AssertionError e) {
                    difference.compareAndSet(null, e.toString());
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join(60_000);
            assertTrue(!thread.isAlive(), "a view hangs");
        }
        return difference.get();
    }

    private final class View implements AutoCloseable {
        private final FakeFile file;
        private final AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
        private final IoEngine engine;
        private final SplittableRandom random;
        private final int number;
        private final TestRequest[] requests = new TestRequest[SECTORS / VIEWS];
        private final int[] values = new int[requests.length];
        private final int[] before = new int[requests.length];

        View(FakeFile file, DirectIo direct, int number) throws Exception {
            this.file = file;
            this.number = number;
            this.random = new SplittableRandom(number);
            context.setIoLimits(new IoLimits(0, 0, 3));
            engine = new AlignedEngine(new ThreadsEngine(new BlockingIo(file), context,
                    Long.MAX_VALUE / 4, ThreadsEngine::worker), direct, context, () -> null);
            for (int i = 0; i < requests.length; i++) {
                requests[i] = new TestRequest(SECTOR, 1);
            }
        }

        void run() {
            for (int round = 0; round < ROUNDS && difference.get() == null; round++) {
                boolean write = random.nextBoolean();
                for (int i = 0; i < requests.length; i++) {
                    before[i] = requests[i].completions();
                    long offset = (long) (i * VIEWS + number) * SECTOR;
                    requests[i].prepareAgain(
                            write ? BlockOp.WRITE : BlockOp.READ, offset, SECTOR);
                    if (write) {
                        values[i] = random.nextInt(256);
                        NativeMemory.fill(requests[i].address(), SECTOR, values[i]);
                    }
                    assertTrue(engine.submit(requests[i].request()) == QueueStatus.QUEUED);
                }
                engine.commit();
                TestRequest.await(context, this::allEnded);
                file.calls.clear();
                for (int i = 0; i < requests.length; i++) {
                    int found = NativeMemory.getByte(requests[i].address() + SECTOR / 2);
                    if (found != values[i] || requests[i].request().errno() != 0) {
                        difference.compareAndSet(null, "view " + number + ", sector " + i);
                    }
                }
            }
        }

        private boolean allEnded() {
            for (int i = 0; i < requests.length; i++) {
                if (requests[i].completions() == before[i]) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void close() {
            engine.close();
            context.close();
            for (TestRequest request : requests) {
                request.close();
            }
        }
    }

    /** Whether it passes untouched, is noted, or goes through a buffer. */
    @Test
    void allocatesNothingPerRequest() throws Exception {
        ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                TestRequest request = new TestRequest(UNIT, 1);
                IoEngine engine = new AlignedEngine(
                        new NullEngine(), direct(), context, () -> null)) {
            BlockRequest block = request.request();
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < 10 && allocated != 0; round++) {
                long start = bean.getThreadAllocatedBytes(thread);
                for (int i = 0; i < 20_000; i++) {
                    BlockOp op = i % 2 == 0 ? BlockOp.READ : BlockOp.WRITE;
                    boolean part = i % 5 == 0;
                    request.prepareAgain(op, part ? SECTOR : 0, part ? SECTOR : UNIT);
                    int before = request.completions();
                    if (engine.submit(block) == QueueStatus.QUEUED) {
                        while (request.completions() == before) {
                            context.poll(false);
                        }
                    }
                }
                allocated = bean.getThreadAllocatedBytes(thread) - start;
            }
            assertTrue(allocated == 0, allocated + " bytes allocated in every round");
        }
    }

    /** Has done everything at once. */
    private static final class NullEngine implements IoEngine {
        @Override
        public QueueStatus submit(BlockRequest request) {
            request.setErrno(0);
            return QueueStatus.COMPLETED;
        }

        @Override
        public void commit() {
            // Nothing is ever left over.
        }

        @Override
        public void close() {
            // There is nothing to close.
        }
    }
}
