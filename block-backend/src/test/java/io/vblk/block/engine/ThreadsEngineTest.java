// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.IoLimits;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ThreadsEngineTest extends IoEngineContract {
    private static final long NEVER_NS = Long.MAX_VALUE / 4;
    private static final long SOON_NS = 1_000_000;
    private static final int BLOCK = 512;

    private final WorkerThreads threads = new WorkerThreads();
    private final GatedFile gated = new GatedFile(1 << 20);
    private final List<Long> endedOffsets = new ArrayList<>();

    @Override
    IoEngine open(HostFile hostFile, AioContext home) {
        return open(hostFile, home, NEVER_NS);
    }

    private IoEngine open(HostFile hostFile, AioContext home, long idleMaxNs) {
        return new ThreadsEngine(new BlockingIo(hostFile), home, idleMaxNs, threads);
    }

    private BlockBackend openGated(long idleMaxNs) {
        IoEngine engine = open(gated, context, idleMaxNs);
        return new ContractFilter(EngineBackend.of(engine, gated.bytes.length), context);
    }

    /** Submits reads of one block at 0, 1, 2 ... blocks in one batch. */
    private void submitReads(BlockBackend backend, TestRequest buffer, int count) {
        BlockCompletion note = ended -> endedOffsets.add(ended.offset());
        for (int i = 0; i < count; i++) {
            buffer.prepareAgain(BlockOp.READ, (long) i * BLOCK, BLOCK);
            BlockRequest template = buffer.request();
            BlockRequest read = new BlockRequest(note);
            read.transfer(BlockOp.READ, template.offset(), BLOCK, template.iovecs(), 1);
            assertEquals(QueueStatus.QUEUED, backend.submit(read));
        }
        assertEquals(0, endedOffsets.size());
    }

    @Test
    void startsNothingBeforeCommit() {
        try (TestRequest request = new TestRequest(BLOCK, 1)) {
            assertEquals(QueueStatus.QUEUED, disk.submit(request.read(0, BLOCK).request()));
            assertEquals(0, threads.made().size());
            disk.commit();
            TestRequest.await(context, () -> request.completions() == 1);
        }
    }

    @Test
    void deliversInTheOrderInWhichRequestsEnd() {
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 4);
            backend.commit();
            gated.awaitInside(4);
            List<Long> order = List.of(2L * BLOCK, 0L, 3L * BLOCK, 1L * BLOCK);
            for (int i = 0; i < order.size(); i++) {
                int ended = i + 1;
                gated.open(order.get(i));
                TestRequest.await(context, () -> endedOffsets.size() == ended);
            }
            assertEquals(order, endedOffsets);
        }
    }

    @Test
    void deliversWhatEndsTogetherFirstInFirstOut() {
        List<Long> begun = new ArrayList<>();
        FakeFile noting = new FakeFile(1 << 20) {
            @Override
            public long read(long iovecs, int count, long offset) {
                begun.add(offset);
                return super.read(iovecs, count, offset);
            }
        };
        threads.allowOnly(1);
        BlockBackend backend = new ContractFilter(
                EngineBackend.of(open(noting, context), 1 << 20), context);
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 500);
            backend.commit();
            TestRequest.await(context, () -> endedOffsets.size() == 500);
            assertEquals(begun, endedOffsets);
        } finally {
            backend.close();
        }
    }

    @Test
    void tellsTheOthersWhenACompletionThrows() {
        threads.allowOnly(0);
        gated.openAll();
        IoEngine engine = open(gated, context);
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            for (int i = 0; i < 4; i++) {
                boolean bad = i == 1;
                BlockRequest read = new BlockRequest(ended -> {
                    endedOffsets.add(ended.offset());
                    if (bad) {
                        throw new IllegalStateException("planted");
                    }
                });
                buffer.prepareAgain(BlockOp.READ, (long) i * BLOCK, BLOCK);
                read.transfer(
                        BlockOp.READ, (long) i * BLOCK, BLOCK, buffer.request().iovecs(), 1);
                engine.submit(read);
            }
            engine.commit();
            assertThrows(IllegalStateException.class, () -> context.poll(false));
            assertEquals(2, endedOffsets.size());
            submitOne(engine, buffer);
            TestRequest.await(context, () -> endedOffsets.size() == 5);
            assertEquals(List.of(0L, 512L, 1024L, 1536L, 2048L), endedOffsets);
        } finally {
            engine.close();
        }
    }

    private void submitOne(IoEngine engine, TestRequest buffer) {
        BlockRequest read = new BlockRequest(ended -> endedOffsets.add(ended.offset()));
        read.transfer(BlockOp.READ, 4 * BLOCK, BLOCK, buffer.request().iovecs(), 1);
        engine.submit(read);
        engine.commit();
    }

    @Test
    void growsToTheRequestsThatBlockUpToTheLimit() {
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 10);
            backend.commit();
            gated.awaitInside(10);
            assertEquals(10, threads.made().size());
            gated.openAll();
            TestRequest.await(context, () -> endedOffsets.size() == 10);
        }
    }

    @Test
    void neverHasMoreWorkersThanTheLimit() {
        int requests = 3 * IoLimits.THREAD_POOL_MAX_DEFAULT;
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, requests);
            backend.commit();
            gated.awaitInside(IoLimits.THREAD_POOL_MAX_DEFAULT);
            gated.openAll();
            TestRequest.await(context, () -> endedOffsets.size() == requests);
            assertEquals(IoLimits.THREAD_POOL_MAX_DEFAULT, gated.insidePeak());
            assertEquals(IoLimits.THREAD_POOL_MAX_DEFAULT, threads.made().size());
        }
    }

    @Test
    void aLimitThatIsLoweredEndsWorkersAfterTheirRequest() throws InterruptedException {
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 20);
            backend.commit();
            gated.awaitInside(20);
            context.setIoLimits(new IoLimits(0, 0, 2));
            gated.openAll();
            TestRequest.await(context, () -> endedOffsets.size() == 20);
            threads.awaitAlive(2);
            assertEquals(20, threads.made().size());
        }
    }

    @Test
    void idleWorkersAboveALoweredMaximumDoNotWork() {
        context.setIoLimits(new IoLimits(0, 8, 8));
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            threads.awaitWaiting(8);
            context.setIoLimits(new IoLimits(0, 0, 1));
            gated.openAll();
            submitReads(backend, buffer, 8);
            backend.commit();
            TestRequest.await(context, () -> endedOffsets.size() == 8);
            threads.awaitAlive(1);
            assertEquals(1, gated.insidePeak());
        }
    }

    @Test
    void theMinimumIsThereBeforeTheFirstRequestAndStays() throws InterruptedException {
        context.setIoLimits(new IoLimits(0, 3, 8));
        gated.openAll();
        try (BlockBackend backend = openGated(SOON_NS);
                TestRequest request = new TestRequest(BLOCK, 1)) {
            threads.awaitMade(3);
            assertEquals(0, request.read(0, BLOCK).run(backend, context));
            context.setIoLimits(new IoLimits(0, 5, 8));
            assertEquals(0, request.read(0, BLOCK).run(backend, context));
            threads.awaitMade(5);
            context.setIoLimits(new IoLimits(0, 0, 8));
            threads.awaitEnd();
            assertEquals(5, threads.made().size());
        }
    }

    @Test
    void aLongBatchIsHandedOverInParts() {
        context.setIoLimits(new IoLimits(4, 0, 8));
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 6);
            gated.awaitInside(4);
            assertEquals(4, gated.insidePeak());
            backend.commit();
            gated.awaitInside(6);
            gated.openAll();
            TestRequest.await(context, () -> endedOffsets.size() == 6);
        }
    }

    @Test
    void retiresIdleWorkersAndStartsNewOnes() throws InterruptedException {
        gated.openAll();
        try (BlockBackend backend = openGated(SOON_NS);
                TestRequest request = new TestRequest(BLOCK, 1)) {
            for (int round = 1; round <= 3; round++) {
                assertEquals(0, request.read(0, BLOCK).run(backend, context));
                threads.awaitEnd();
                assertEquals(round, threads.made().size());
            }
        }
    }

    @Test
    void namesItsWorkersAndEndsThemAtClose() throws InterruptedException {
        BlockBackend backend = openGated(NEVER_NS);
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 5);
            backend.commit();
            gated.awaitInside(5);
            gated.openAll();
            TestRequest.await(context, () -> endedOffsets.size() == 5);
        }
        assertEquals(5, threads.made().size());
        for (Thread worker : threads.made()) {
            assertTrue(worker.getName().matches("vblk-aio-\\d+"), worker.getName());
            assertTrue(worker.isDaemon());
            assertTrue(worker.isAlive());
        }
        backend.close();
        for (Thread worker : threads.made()) {
            assertFalse(worker.isAlive(), "close waits for the workers");
        }
    }

    @Test
    void answersWithEioWhenAWorkerFails() {
        AtomicInteger reads = new AtomicInteger();
        FakeFile failing = new FakeFile(BLOCK) {
            @Override
            public long read(long iovecs, int count, long offset) {
                if (reads.incrementAndGet() <= 2) {
                    throw new StackOverflowError("planted");
                }
                return super.read(iovecs, count, offset);
            }
        };
        BlockBackend backend =
                new ContractFilter(EngineBackend.of(open(failing, context), BLOCK), context);
        try (TestRequest request = new TestRequest(BLOCK, 1)) {
            assertEquals(Posix.EIO, request.read(0, BLOCK).run(backend, context));
            assertEquals(Posix.EIO, request.read(0, BLOCK).run(backend, context));
            assertEquals(0, request.read(0, BLOCK).run(backend, context));
        } finally {
            backend.close();
        }
    }

    @Test
    void worksInTheLoopWhenTheHostHasNoThreads() {
        threads.allowOnly(0);
        gated.openAll();
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 20);
            backend.commit();
            TestRequest.await(context, () -> endedOffsets.size() == 20);
            assertEquals(0, threads.made().size());
        }
    }

    @Test
    void makesDoWithTheWorkersThatTheHostGives() {
        threads.allowOnly(2);
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 20);
            backend.commit();
            gated.awaitInside(2);
            gated.openAll();
            TestRequest.await(context, () -> endedOffsets.size() == 20);
            assertEquals(2, gated.insidePeak());
        }
    }

    @Test
    void staysAliveWhenSomebodyInterruptsWorkers() {
        gated.openAll();
        try (BlockBackend backend = openGated(NEVER_NS);
                TestRequest request = new TestRequest(BLOCK, 1)) {
            for (int i = 0; i < 100; i++) {
                assertEquals(0, request.read(0, BLOCK).run(backend, context));
                threads.made().forEach(Thread::interrupt);
            }
        }
    }
}
