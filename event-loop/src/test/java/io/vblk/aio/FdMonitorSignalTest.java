// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Signals that hit a loop in its wait, as PosixWaitTest has them hit the system calls. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FdMonitorSignalTest {
    private static final long WAIT_NS = 200_000_000;
    private static final long SIGNAL_EVERY_NS = 1_000_000;
    /** The signal by which java.nio interrupts its own blocking calls: it does nothing else. */
    private static final int SIGNAL = 62;
    private static final String ARCH = System.getProperty("os.arch");
    private static final boolean X86 = ARCH.equals("amd64");
    private static final long GETTID = X86 ? 186 : 178;
    private static final long TGKILL = X86 ? 234 : 131;

    private static void assumeHandled() throws IOException {
        assumeTrue(X86 || ARCH.equals("aarch64"), "system call numbers of " + ARCH);
        // Whoever opens channels has the handler installed.
        try (FileChannel file = FileChannel.open(Path.of("/proc/self/status"));
                ServerSocketChannel server = ServerSocketChannel.open()) {
            assertTrue(file.isOpen() && server.isOpen());
        }
        String caught = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigCgt:")).findFirst().orElseThrow();
        long mask = Long.parseUnsignedLong(caught.substring(7).trim(), 16);
        assumeTrue((mask >>> (SIGNAL - 1) & 1) == 1, "the JVM does not catch signal 62");
    }

    @ParameterizedTest
    @EnumSource
    void signalsNeitherEndNorShortenNorLoseAWait(FdMonitorKind kind) throws Exception {
        HandlerChangeContract.assumeAvailable(kind);
        assumeHandled();
        AioOptions options = new AioOptions(PollingOptions.OFF, kind, 64, NanoClock.MONOTONIC);
        CompletableFuture<Long> waiterId = new CompletableFuture<>();
        CompletableFuture<Long> tookNs = new CompletableFuture<>();
        Recorder event = new Recorder("event");
        try (AioContext context = AioContext.create(options);
                EventNotifier notifier = EventNotifier.create()) {
            event.onRead = notifier::testAndClear;
            context.addHandler(notifier.fd(), AioHandler.READ, event);
            Thread waiter = new Thread(() -> {
                context.poll(false);
                waiterId.complete(Posix.syscall(GETTID, 0, 0, 0, 0));
                long startNs = System.nanoTime();
                AioTimer timer = context.timer("end", Recorder.NOTHING);
                timer.modify(startNs + WAIT_NS);
                // One wait, though a hundred signals fall into it.
                boolean progress = context.poll(true);
                tookNs.complete(progress ? System.nanoTime() - startNs : 0);
                notifierServed(context, event);
            });
            waiter.start();
            int sent = 0;
            while (!tookNs.isDone()) {
                assertEquals(0, signal(waiterId.get()));
                sent++;
                LockSupport.parkNanos(SIGNAL_EVERY_NS);
            }
            assertTrue(tookNs.get() >= WAIT_NS, "took " + tookNs.get() + " ns");
            assertTrue(sent > 3, sent + " signals");
            notifier.set();
            while (waiter.isAlive()) {
                signal(waiterId.get());
                LockSupport.parkNanos(SIGNAL_EVERY_NS);
            }
            assertEquals(1, context.stats().timers());
        }
    }

    /** Waits for ever, as far as the loop knows, for a descriptor amid signals. */
    private static void notifierServed(AioContext context, Recorder event) {
        while (event.log.isEmpty()) {
            context.poll(true);
        }
    }

    private static long signal(long threadId) {
        return Posix.syscall(TGKILL, Posix.getpid(), threadId, SIGNAL, 0);
    }
}
