// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Parameters of a running loop, and where its thread runs. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopParametersTest {
    private static final AioOptions OFF = AioOptions.of(PollingOptions.OFF);

    /** Never has work; tells when it is looked at. */
    private static final class Looked implements FdCallbacks {
        final AtomicInteger looks = new AtomicInteger();
        final AtomicReference<CountDownLatch> next = new AtomicReference<>(new CountDownLatch(1));

        @Override
        public void onReadable() {}

        @Override
        public boolean poll() {
            looks.incrementAndGet();
            next.get().countDown();
            return false;
        }
    }

    @Test
    void pollingSwitchedOnAndOffByAnotherThreadHoldsAtOnce() throws Exception {
        PollingOptions on = new PollingOptions(20_000, 2, 3, 4, PollingPolicyKind.WEIGHTED);
        Looked looked = new Looked();
        try (IoThread loop = IoThread.start("loop", OFF);
                EventNotifier event = EventNotifier.create()) {
            AioContext context = loop.context();
            AioHandler handler = context.addHandler(
                    event.fd(), AioHandler.READ | AioHandler.POLL, looked);
            assertEquals(PollingOptions.OFF, context.polling());
            for (int i = 0; i < 100; i++) {
                AioContextTest.awaitSleep(loop);
                int before = looked.looks.get();
                looked.next.set(new CountDownLatch(1));
                AioContextTest.awaitSleep(loop);
                assertEquals(before, looked.looks.get());
                context.setPolling(on);
                assertEquals(on, context.polling());
                assertTrue(looked.next.get().await(60, TimeUnit.SECONDS), "round " + i);
                loop.call(() -> assertEquals(on, context.polling()));
                context.setPolling(PollingOptions.OFF);
                // The first may have begun, and counted its wait, before that.
                AioContextTest.awaitSleep(loop);
                AioContextTest.awaitSleep(loop);
                assertEquals(0, context.stats().pollTimeNs());
            }
            context.removeAndAwait(handler);
        }
    }

    @Test
    void limitsOfAnotherThreadAreSeenByTheLoop() throws ErrnoException {
        try (IoThread loop = IoThread.start("loop", OFF)) {
            AioContext context = loop.context();
            assertEquals(IoLimits.DEFAULT, context.ioLimits());
            for (int i = 1; i <= 100; i++) {
                IoLimits limits = new IoLimits(i, 0, i);
                context.setIoLimits(limits);
                assertEquals(limits, context.ioLimits());
                loop.call(() -> assertEquals(limits, context.ioLimits()));
            }
        }
    }

    @Test
    void limitsOfTheOptionsAreTheFirst() throws ErrnoException {
        IoLimits limits = new IoLimits(7, 2, 3);
        AioOptions options = new AioOptions(PollingOptions.DEFAULT, FdMonitorKind.AUTO, 64,
                NanoClock.MONOTONIC, NanoClock.REALTIME, limits);
        try (AioContext context = AioContext.create(options)) {
            assertEquals(limits, context.ioLimits());
            assertEquals(PollingOptions.DEFAULT, context.polling());
        }
    }

    @Test
    void limitsOutsideTheirRangesAreRefusedByName() {
        assertRefused("aio-max-batch", -1, 0, 64);
        assertRefused("thread-pool-min", 0, -1, 64);
        assertRefused("thread-pool-min", 0, IoLimits.THREAD_POOL_LIMIT + 1, 64);
        assertRefused("thread-pool-max", 0, 0, -1);
        assertRefused("thread-pool-max", 0, 0, 0);
        assertRefused("thread-pool-max", 0, 0, IoLimits.THREAD_POOL_LIMIT + 1);
        assertRefused("thread-pool-min=5", 0, 5, 4);
        new IoLimits(0, IoLimits.THREAD_POOL_LIMIT, IoLimits.THREAD_POOL_LIMIT);
    }

    private static void assertRefused(String name, int batch, int min, int max) {
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class, () -> new IoLimits(batch, min, max));
        assertTrue(refused.getMessage().startsWith(name), refused.getMessage());
    }

    @Test
    void monitorsAreCalledAsOperatorsWriteThem() {
        for (FdMonitorKind kind : FdMonitorKind.values()) {
            assertEquals(kind, FdMonitorKind.of(kind.toString()));
        }
        assertEquals("io_uring", FdMonitorKind.IO_URING.toString());
        assertThrows(IllegalArgumentException.class, () -> FdMonitorKind.of("select"));
    }

    // ------------------------------------------------------------------ the thread

    private static List<String> kernelThreadNames() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> tasks =
                Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                try {
                    names.add(Files.readString(task.resolve("comm")).strip());
                } catch (NoSuchFileException e) {
                    // Ended since it was listed.
                    continue;
                }
            }
        }
        return names;
    }

    @Test
    void theKernelKnowsTheThreadByItsName() throws Exception {
        try (IoThread loop = IoThread.start("loop of disk 7", OFF)) {
            loop.call(Recorder.NOTHING);
            List<String> names = kernelThreadNames();
            assertTrue(names.contains("loop of disk 7"), names.toString());
        }
    }

    @Test
    void aPinnedThreadMayRunOnItsProcessorOnly() throws ErrnoException {
        BitSet allowed = Posix.cpus();
        for (int cpu = allowed.nextSetBit(0); cpu >= 0; cpu = allowed.nextSetBit(cpu + 1)) {
            BitSet only = new BitSet();
            only.set(cpu);
            AtomicReference<BitSet> seen = new AtomicReference<>();
            try (IoThread loop = IoThread.startOnCpu("pinned", OFF, cpu)) {
                loop.call(() -> seen.set(cpusOfCaller()));
            }
            assertEquals(only, seen.get());
        }
        assertEquals(allowed, Posix.cpus());
    }

    private static BitSet cpusOfCaller() {
        try {
            return Posix.cpus();
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aProcessorThatIsNotThereIsRefusedAndLeavesNoThread() throws ErrnoException {
        int none = 1_000;
        assertFalse(Posix.cpus().get(none));
        ErrnoException refused = assertThrows(
                ErrnoException.class, () -> IoThread.startOnCpu("nowhere", OFF, none));
        assertEquals(Posix.EINVAL, refused.errno());
        assertTrue(Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("nowhere")));
    }
}
