// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HostFileTest {
    /** A file whose fdatasync waits for the test. */
    private static final class SlowSync extends HostFile {
        final Semaphore entered = new Semaphore(0);
        final Semaphore release = new Semaphore(0);
        final AtomicInteger inside = new AtomicInteger();
        volatile int result;

        SlowSync() {
            super("slow", -1, -1);
        }

        SlowSync(boolean flushes, DirectIo direct) {
            super("slow", -1, -1, flushes, direct);
        }

        @Override
        protected int fdatasync() {
            assertEquals(1, inside.incrementAndGet(), "one at a time");
            entered.release();
            acquire(release);
            inside.decrementAndGet();
            return result;
        }

        static void acquire(Semaphore semaphore) {
            try {
                assertTrue(semaphore.tryAcquire(20, TimeUnit.SECONDS), "did not happen");
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private SlowSync file = new SlowSync();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    private void syncOnOtherThreads(int count) {
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(() -> {
                if (file.sync() < 0) {
                    failed.incrementAndGet();
                }
                ended.incrementAndGet();
            });
            threads.add(thread);
            thread.start();
        }
    }

    /** All but the one inside fdatasync wait for its end. */
    private void awaitBlocked(int count) {
        long deadlineNs = System.nanoTime() + 20_000_000_000L;
        long blocked = 0;
        while (blocked < count) {
            assertTrue(System.nanoTime() < deadlineNs, "did not happen");
            blocked = threads.stream()
                    .filter(thread -> thread.getState() == Thread.State.BLOCKED).count();
            Thread.onSpinWait();
        }
    }

    private void joinAll() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join(20_000);
        }
        assertEquals(threads.size(), ended.get());
    }

    @Test
    void thoseWhoWaitDuringASyncShareTheNext() throws InterruptedException {
        syncOnOtherThreads(1);
        SlowSync.acquire(file.entered);
        file.written();
        syncOnOtherThreads(5);
        awaitBlocked(5);
        file.release.release();
        SlowSync.acquire(file.entered);
        threads.get(0).join(20_000);
        assertEquals(1, ended.get(), "the sync under way had begun before they came");
        file.release.release();
        joinAll();
        assertEquals(0, file.entered.availablePermits(), "two syncs for six");
        assertEquals(0, failed.get());
    }

    @Test
    void noSyncSucceedsBesideOneThatFails() throws InterruptedException {
        file.result = -Posix.EIO;
        syncOnOtherThreads(1);
        SlowSync.acquire(file.entered);
        syncOnOtherThreads(5);
        awaitBlocked(5);
        file.release.release();
        joinAll();
        assertEquals(6, failed.get());
        assertEquals(0, file.entered.availablePermits());
    }

    /** A process before this one may have told of writes that it did not sync. */
    @Test
    void theFirstSyncReachesTheKernel() {
        file.release.release();
        assertEquals(0, file.sync());
        assertEquals(1, file.entered.availablePermits());
    }

    @Test
    void everySyncAfterAWriteReachesTheKernel() {
        file.release.release(3);
        for (int i = 1; i <= 3; i++) {
            file.written();
            assertEquals(0, file.sync());
            assertEquals(i, file.entered.availablePermits());
        }
    }

    @Test
    void aSyncBeforeWhichNothingWasWrittenIsLeftOut() {
        file.release.release(1);
        for (int i = 0; i < 3; i++) {
            assertEquals(0, file.sync());
        }
        assertEquals(1, file.entered.availablePermits());
    }

    /** It may have ended too late for the fdatasync that was running. */
    @Test
    void aWriteThatEndsDuringASyncIsForTheNext() throws InterruptedException {
        syncOnOtherThreads(1);
        SlowSync.acquire(file.entered);
        file.written();
        file.release.release(2);
        joinAll();
        assertEquals(0, file.sync());
        assertEquals(1, file.entered.availablePermits());
    }

    /** What is not written is not stable because somebody else's sync runs. */
    @Test
    void aSyncWithNothingToDoWaitsForTheOneThatRuns() throws InterruptedException {
        file.result = -Posix.EIO;
        syncOnOtherThreads(1);
        SlowSync.acquire(file.entered);
        syncOnOtherThreads(1);
        awaitBlocked(1);
        file.release.release();
        joinAll();
        assertEquals(2, failed.get());
    }

    @Test
    void aFailedSyncIsForEverInThePageCache() {
        file.release.release();
        file.result = -Posix.EIO;
        assertEquals(-Posix.EIO, file.sync());
        file.result = 0;
        file.written();
        assertEquals(-Posix.EIO, file.sync());
        assertEquals(1, file.entered.availablePermits());
    }

    @Test
    void aFailedSyncPastThePageCacheIsTriedAgainUntilItIsGood() {
        file = new SlowSync(true, new DirectIo(512, 512, 512, null, 4096));
        file.release.release(3);
        file.result = -Posix.EIO;
        assertEquals(-Posix.EIO, file.sync());
        assertEquals(-Posix.EIO, file.sync(), "nothing written, and yet nothing is stable");
        file.result = 0;
        assertEquals(0, file.sync());
        assertEquals(0, file.sync());
        assertEquals(3, file.entered.availablePermits());
    }

    @Test
    void aFileThatNobodyCaresForIsNeverSynced() {
        file = new SlowSync(false, null);
        file.written();
        assertEquals(0, file.sync());
        assertEquals(0, file.entered.availablePermits());
    }
}
