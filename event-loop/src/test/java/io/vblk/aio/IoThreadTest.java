// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class IoThreadTest {
    private static final AioOptions OPTIONS = AioOptions.of(PollingOptions.OFF);

    @Test
    void callRunsOnTheThreadAndWaits() throws ErrnoException {
        AtomicReference<Thread> ranOn = new AtomicReference<>();
        try (IoThread loop = IoThread.start("loop 1", OPTIONS)) {
            loop.call(() -> ranOn.set(Thread.currentThread()));
            assertEquals("loop 1", ranOn.get().getName());
            assertEquals(loop.threadId(), ranOn.get().getId());
            assertTrue(ranOn.get().isDaemon());
            assertFalse(loop.context().inHomeThread());
            loop.call(() -> assertTrue(loop.context().inHomeThread()));
        }
    }

    @Test
    void callFromTheThreadItselfRunsAtOnce() throws ErrnoException {
        AtomicReference<String> order = new AtomicReference<>("");
        try (IoThread loop = IoThread.start("loop", OPTIONS)) {
            loop.call(() -> {
                loop.call(() -> order.set("inner"));
                order.set(order.get() + " outer");
            });
        }
        assertEquals("inner outer", order.get());
    }

    @Test
    void callThrowsWhatTheRunnableThrewAndTheThreadGoesOn() throws ErrnoException {
        try (IoThread loop = IoThread.start("loop", OPTIONS)) {
            IllegalArgumentException bad = new IllegalArgumentException("bad");
            assertSame(bad, assertThrows(IllegalArgumentException.class, () -> loop.call(() -> {
                throw bad;
            })));
            AssertionError worse = new AssertionError("worse");
            assertSame(worse, assertThrows(AssertionError.class, () -> loop.call(() -> {
                throw worse;
            })));
            assertTrue(loop.isAlive());
            loop.call(Recorder.NOTHING);
        }
    }

    @Test
    void closeEndsTheThreadAndFreesItsContext() throws ErrnoException {
        IoThread loop = IoThread.start("loop", OPTIONS);
        assertTrue(loop.isAlive());
        loop.close();
        assertFalse(loop.isAlive());
        assertThrows(IllegalStateException.class, () -> loop.call(Recorder.NOTHING));
        assertThrows(IllegalStateException.class,
                () -> loop.context().addHandler(0, AioHandler.READ, new Recorder("late")));
        loop.close();
    }

    @Test
    void closeWaitsForTheIterationUnderWay() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        CompletableFuture<Boolean> aliveAtEnd = new CompletableFuture<>();
        IoThread loop = IoThread.start("loop", OPTIONS);
        loop.context().execute("long", () -> {
            entered.countDown();
            try {
                leave.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            aliveAtEnd.complete(loop.isAlive());
        });
        entered.await();
        Thread closer = new Thread(loop::close);
        closer.start();
        // An impatient closer must not free the memory of a loop that still runs.
        closer.interrupt();
        leave.countDown();
        assertTrue(aliveAtEnd.get());
        closer.join();
        assertFalse(loop.isAlive());
    }

    @Test
    void closeKeepsTheInterruptForTheCaller() throws ErrnoException {
        IoThread loop = IoThread.start("loop", OPTIONS);
        Thread.currentThread().interrupt();
        loop.close();
        assertTrue(Thread.interrupted());
        assertFalse(loop.isAlive());
    }

    @Test
    void anInterruptedCallSaysSo() throws ErrnoException {
        try (IoThread loop = IoThread.start("loop", OPTIONS)) {
            CountDownLatch never = new CountDownLatch(1);
            loop.context().execute("busy", () -> {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            Thread.currentThread().interrupt();
            assertThrows(IllegalStateException.class, () -> loop.call(Recorder.NOTHING));
            assertTrue(Thread.interrupted());
            never.countDown();
        }
    }

    @Test
    void theThreadCannotCloseItself() throws ErrnoException {
        try (IoThread loop = IoThread.start("loop", OPTIONS)) {
            assertThrows(IllegalStateException.class, () -> loop.call(loop::close));
            loop.call(Recorder.NOTHING);
        }
    }

    @Test
    void anExceptionInACallbackEndsTheThreadAndIsReportedNotHungUpon() throws Exception {
        IllegalStateException bad = new IllegalStateException("bad");
        IoThread loop = IoThread.start("loop", OPTIONS);
        AtomicReference<Thread> thread = new AtomicReference<>();
        loop.call(() -> thread.set(Thread.currentThread()));
        loop.context().execute("bad", () -> {
            throw bad;
        });
        thread.get().join();
        assertFalse(loop.isAlive());
        assertSame(bad, assertThrows(IllegalStateException.class,
                () -> loop.call(Recorder.NOTHING)));
        assertSame(bad, assertThrows(IllegalStateException.class, loop::close));
        assertSame(bad, assertThrows(IllegalStateException.class, loop::close));
    }

    @Test
    void aCallThatWaitsWhenTheThreadDiesHearsOfIt() throws Exception {
        Error bad = new StackOverflowError("bad");
        for (int round = 0; round < 100; round++) {
            IoThread loop = IoThread.start("loop", OPTIONS);
            loop.context().execute("bad", () -> {
                throw bad;
            });
            assertSame(bad, assertThrows(StackOverflowError.class,
                    () -> loop.call(Recorder.NOTHING)));
            assertSame(bad, assertThrows(StackOverflowError.class, loop::close));
        }
    }

    @Test
    void handlersOfADeadThreadCanStillBeRemoved() throws Exception {
        for (FdMonitorKind kind : FdMonitorKind.values()) {
            EventNotifier event = EventNotifier.create();
            IoThread loop = IoThread.start("loop",
                    new AioOptions(PollingOptions.OFF, kind, 64, NanoClock.MONOTONIC));
            AioHandler handler =
                    loop.context().addHandler(event.fd(), AioHandler.READ, () -> {
                        throw new IllegalStateException("bad");
                    });
            event.set();
            // Hears of the end sooner or later, since the event is served in some iteration.
            assertThrows(IllegalStateException.class, () -> {
                while (true) {
                    loop.call(Recorder.NOTHING);
                }
            });
            loop.context().removeHandler(handler);
            assertThrows(IllegalStateException.class, loop::close);
            loop.context().removeHandler(handler);
            event.close();
        }
    }

    @Test
    void awaitWaitsForWhatTheThreadCompletes() throws ErrnoException {
        try (IoThread loop = IoThread.start("loop", OPTIONS)) {
            CompletableFuture<String> later = new CompletableFuture<>();
            BottomHalf second =
                    loop.context().bottomHalf("second", () -> later.complete("done"));
            loop.context().execute("first", second::schedule);
            loop.await(later);
            assertEquals("done", later.getNow(null));
            IllegalStateException bad = new IllegalStateException("bad");
            assertSame(bad, assertThrows(IllegalStateException.class,
                    () -> loop.await(CompletableFuture.failedFuture(bad))));
        }
    }

    @Test
    void awaitDoesNotOutliveTheThread() throws ErrnoException {
        IoThread loop = IoThread.start("loop", OPTIONS);
        loop.close();
        assertThrows(IllegalStateException.class, () -> loop.await(new CompletableFuture<>()));
    }

    @Test
    void awaitInACallbackOfTheThreadItselfIsRefusedNotHungUpon() throws ErrnoException {
        try (IoThread loop = IoThread.start("loop", OPTIONS)) {
            assertThrows(IllegalStateException.class,
                    () -> loop.call(() -> loop.await(new CompletableFuture<>())));
            loop.call(Recorder.NOTHING);
        }
    }

    @Test
    void anAdoptedThreadRunsTheLoopWhileItWaits() throws Exception {
        CompletableFuture<Thread> ranOn = new CompletableFuture<>();
        try (IoThread loop = IoThread.adoptCurrent(OPTIONS)) {
            loop.call(() -> assertTrue(loop.context().inHomeThread()));
            Thread other = new Thread(() -> loop.call(() -> {
                ranOn.complete(Thread.currentThread());
            }));
            other.start();
            loop.await(ranOn);
            assertSame(Thread.currentThread(), ranOn.get());
            other.join();
        }
    }

    @Test
    void whoWaitsForAnAdoptedThreadThatClosesHearsOfIt() throws Exception {
        CompletableFuture<Throwable> heard = new CompletableFuture<>();
        IoThread loop = IoThread.adoptCurrent(OPTIONS);
        Thread other = new Thread(() -> heard.complete(assertThrows(
                IllegalStateException.class, () -> loop.await(new CompletableFuture<>()))));
        other.start();
        loop.close();
        loop.close();
        assertEquals(IllegalStateException.class, heard.get().getClass());
        other.join();
    }

    @Test
    void manyThreadsLeaveNoDescriptorBehind() throws IOException {
        int before = descriptors();
        for (int i = 0; i < 100; i++) {
            IoThread loop = IoThread.start("loop", new AioOptions(
                    PollingOptions.DEFAULT, FdMonitorKind.EPOLL, 64, NanoClock.MONOTONIC));
            assertNotEquals(Thread.currentThread().getId(), loop.threadId());
            loop.close();
        }
        assertTrue(descriptors() - before < 50);
    }

    private static int descriptors() throws IOException {
        int count = 0;
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path ignored : fds) {
                count++;
            }
        }
        return count;
    }
}
