// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The engine over a ring that a test controls; the kernel's own is in RawImageUringTest. */
class UringEngineTest extends IoEngineContract {
    private static final int BLOCK = 512;
    private static final long NEVER_NS = Long.MAX_VALUE / 4;

    private final List<Long> endedOffsets = new ArrayList<>();
    private FileRing ring;

    @Override
    IoEngine open(HostFile hostFile, AioContext home) {
        ring = new FileRing(hostFile);
        try {
            return new UringEngine(hostFile, home, ring, new ThreadsEngine(
                    new BlockingIo(hostFile), home, NEVER_NS, ThreadsEngine::worker));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private BlockBackend over(HostFile hostFile) {
        return new ContractFilter(
                EngineBackend.of(open(hostFile, context), file.bytes.length), context);
    }

    /** Submits reads of one block at 0, 1, 2 ... blocks without a commit. */
    private void submitReads(BlockBackend backend, TestRequest buffer, int count) {
        BlockCompletion note = ended -> endedOffsets.add(ended.offset());
        for (int i = 0; i < count; i++) {
            BlockRequest request = new BlockRequest(note);
            aim(request, buffer, (long) i * BLOCK);
            assertEquals(QueueStatus.QUEUED, backend.submit(request));
        }
    }

    private static void aim(BlockRequest request, TestRequest buffer, long offset) {
        buffer.prepareAgain(BlockOp.READ, 0, BLOCK);
        request.transfer(BlockOp.READ, offset, BLOCK, buffer.request().iovecs(), 1);
    }

    /** A file of which some reads are in the page cache. */
    private static final class CachedFile extends FakeFile {
        private boolean cached = true;
        private int tries;

        CachedFile(int size) {
            super(size);
        }

        @Override
        public long readNoWait(long iovecs, int count, long offset) {
            tries++;
            return cached ? read(iovecs, count, offset) : -Posix.EAGAIN;
        }
    }

    /** A file whose system takes writes without waiting, or says why not. */
    private static final class QuickWrites extends FakeFile {
        private long answer;
        private int tries;

        QuickWrites() {
            super(4096);
        }

        @Override
        public long writeNoWait(long iovecs, int count, long offset) {
            tries++;
            return answer != 0 ? answer : write(iovecs, count, offset, false);
        }
    }

    @Test
    void aBatchGoesOutInOneCallAndComesBackInTheSameBatchOfCallbacks() {
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            context.execute("batch", () -> {
                submitReads(disk, buffer, 5);
                assertEquals(List.of(), ring.batches);
                disk.commit();
                assertEquals(List.of(5), ring.batches);
                assertEquals(List.of(), endedOffsets, "not inside commit");
            });
            context.poll(false);
            assertEquals(List.of(0L, 512L, 1024L, 1536L, 2048L), endedOffsets);
        }
    }

    @Test
    void aLongBatchIsHandedOverInParts() {
        context.setIoLimits(new IoLimits(4, 0, 8));
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(disk, buffer, 10);
            assertEquals(List.of(4, 4), ring.batches);
            disk.commit();
            assertEquals(List.of(4, 4, 2), ring.batches);
            TestRequest.await(context, () -> endedOffsets.size() == 10);
        }
    }

    @Test
    void pastThePageCacheTheDiskBeginsEarlier() {
        FakeFile direct = new FakeFile(file.bytes.length) {
            @Override
            public boolean isCached() {
                return false;
            }
        };
        try (BlockBackend backend = over(direct); TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(backend, buffer, 20);
            backend.commit();
            assertEquals(List.of(8, 8, 4), ring.batches);
            TestRequest.await(context, () -> endedOffsets.size() == 20);
        }
    }

    @Test
    void aBatchOfOneIsOne() {
        context.setIoLimits(new IoLimits(1, 0, 8));
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(disk, buffer, 3);
            disk.commit();
            assertEquals(List.of(1, 1, 1), ring.batches);
            TestRequest.await(context, () -> endedOffsets.size() == 3);
        }
    }

    @Test
    void whatTakesLongToCopyTheWorkersDo() {
        int longest = UringEngine.INLINE_BYTES_MAX;
        try (TestRequest request = new TestRequest(longest + BLOCK, 1)) {
            assertEquals(0, request.read(0, longest).run(disk, context));
            assertEquals(List.of(1), ring.batches);
            assertEquals(0, request.read(0, longest + BLOCK).run(disk, context));
            assertEquals(List.of(1), ring.batches);
        }
    }

    @Test
    void aFullRingIsHandedOverEarly() {
        context.setIoLimits(new IoLimits(0, 0, 8));
        ring.entriesMax = 3;
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(disk, buffer, 7);
            disk.commit();
            assertEquals(List.of(3, 3, 1), ring.batches);
            TestRequest.await(context, () -> endedOffsets.size() == 7);
        }
    }

    @Test
    void whatTheKernelDoesNotTakeTheWorkersDo() {
        ring.takenMax = 2;
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(disk, buffer, 6);
            disk.commit();
            TestRequest.await(context, () -> endedOffsets.size() == 6);
            assertEquals(List.of(2), ring.batches);
            ring.takenMax = 0;
            submitReads(disk, buffer, 1);
            disk.commit();
            TestRequest.await(context, () -> endedOffsets.size() == 7);
        }
    }

    @Test
    void saysBusyWhenItHasNoSlotLeftAndGoesOnWhenItHas() {
        ring.hidden = true;
        try (TestRequest buffer = new TestRequest(BLOCK, 1)) {
            submitReads(disk, buffer, UringEngine.REQUESTS_MAX);
            disk.commit();
            BlockRequest request = new BlockRequest(ended -> endedOffsets.add(ended.offset()));
            aim(request, buffer, 0);
            assertEquals(QueueStatus.BUSY, disk.submit(request));
            ring.hidden = false;
            TestRequest.await(
                    context, () -> endedOffsets.size() == UringEngine.REQUESTS_MAX);
            assertEquals(QueueStatus.QUEUED, disk.submit(request));
            disk.commit();
            TestRequest.await(
                    context, () -> endedOffsets.size() == UringEngine.REQUESTS_MAX + 1);
        }
    }

    @Test
    void whatSaysNothingAboutTheFileIsDoneAgain() {
        byte[] bytes = pattern(6, BLOCK);
        try (TestRequest request = new TestRequest(BLOCK, 1)) {
            assertEquals(0, request.write(0, bytes).run(disk, context));
            for (int odd : new int[] {
                -Posix.EAGAIN, -Posix.EINTR, -Posix.ECANCELED, -Posix.EOPNOTSUPP, 1, 511}) {
                ring.nextResult = odd;
                assertEquals(0, request.read(0, BLOCK).run(disk, context));
                assertArrayEquals(bytes, request.bytes(BLOCK));
            }
            ring.nextResult = -Posix.ENOSPC;
            assertEquals(Posix.ENOSPC, request.write(0, bytes).run(disk, context));
        }
    }

    @Test
    void aReadThatIsAloneIsTriedInThePageCache() {
        CachedFile cached = new CachedFile(4096);
        try (BlockBackend backend = over(cached);
                TestRequest request = new TestRequest(4096, 2)) {
            assertEquals(0, request.read(0, BLOCK, BLOCK).run(backend, context));
            assertEquals(1, cached.tries);
            assertEquals(List.of(), ring.batches);
            submitReads(backend, request, 2);
            backend.commit();
            TestRequest.await(context, () -> endedOffsets.size() == 2);
            assertEquals(1, cached.tries, "not in a batch");
            assertEquals(0, request.write(0, new byte[BLOCK]).run(backend, context));
            assertEquals(1, cached.tries, "not a write");
        }
    }

    @Test
    void aWriteThatIsAloneIsTriedUntilTheFileSystemRefuses() {
        QuickWrites quick = new QuickWrites();
        byte[] bytes = pattern(7, BLOCK);
        try (BlockBackend backend = over(quick); TestRequest request = new TestRequest(BLOCK, 1)) {
            assertEquals(0, request.write(512, bytes).run(backend, context));
            assertEquals(1, quick.tries);
            assertEquals(List.of(), ring.batches);
            assertArrayEquals(bytes, Arrays.copyOfRange(quick.bytes, 512, 1024));
            assertEquals(0, request.flush().run(backend, context));
            assertEquals(1, quick.count("fdatasync"));
            assertEquals(0, request.write(512, bytes).run(backend, context));
            assertEquals(0, request.flush().run(backend, context));
            assertEquals(2, quick.count("fdatasync"), "it has written");
            assertEquals(0, request.write(0, bytes).stable().run(backend, context));
            assertEquals(2, quick.tries, "a stable one waits");
            quick.answer = -Posix.EAGAIN;
            assertEquals(0, request.write(512, bytes).run(backend, context));
            assertEquals(0, request.write(512, bytes).run(backend, context));
            quick.answer = -Posix.EOPNOTSUPP;
            for (int i = 0; i < 10; i++) {
                assertEquals(0, request.write(512, bytes).run(backend, context));
            }
            assertEquals(4, quick.tries);
        }
    }

    @Test
    void afterMissesFewerAndFewerReadsAreTried() {
        CachedFile cached = new CachedFile(4096);
        cached.cached = false;
        try (BlockBackend backend = over(cached);
                TestRequest request = new TestRequest(4096, 1)) {
            int reads = 1_000;
            for (int i = 0; i < reads; i++) {
                assertEquals(0, request.read(0, BLOCK).run(backend, context));
            }
            assertTrue(cached.tries < 30 && cached.tries > reads / (QuickTries.SKIPPED_MAX + 1),
                    cached.tries + " tries");
            cached.cached = true;
            for (int i = 0; i <= QuickTries.SKIPPED_MAX; i++) {
                assertEquals(0, request.read(0, BLOCK).run(backend, context));
            }
            int before = cached.tries;
            assertEquals(0, request.read(0, BLOCK).run(backend, context));
            assertEquals(before + 1, cached.tries, "one hit, and all are tried again");
        }
    }

    @Test
    void aCompletionThatThrowsKeepsNoOtherFromBeingTold() {
        CachedFile cached = new CachedFile(4096);
        try (BlockBackend backend = over(cached);
                TestRequest buffer = new TestRequest(BLOCK, 1)) {
            BlockRequest throwing = new BlockRequest(ended -> {
                throw new IllegalStateException("planted");
            });
            aim(throwing, buffer, 0);
            context.execute("two alone", () -> {
                submitReads(backend, buffer, 1);
                backend.commit();
                backend.submit(throwing);
                backend.commit();
            });
            assertThrows(IllegalStateException.class, () -> context.poll(false));
            TestRequest.await(context, () -> endedOffsets.size() == 1);
        }
    }
}
