// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What removeAndAwait and disableExternal promise to whoever calls them, on whatever thread. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerBarrierTest {
    private static final int READ = AioHandler.READ;
    private static final int EXTERNAL = AioHandler.EXTERNAL;
    private static final int ROUNDS = 2_000;
    private static final PollingOptions POLLING = PollingOptions.classic(20_000, 0, 0);

    private static IoThread start(FdMonitorKind kind, PollingOptions polling)
            throws ErrnoException {
        HandlerChangeContract.assumeAvailable(kind);
        return IoThread.start("loop", new AioOptions(polling, kind, 4, NanoClock.MONOTONIC));
    }

    private static EventNotifier reservedEvent(boolean set) throws ErrnoException {
        int flags = Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC;
        return EventNotifier.borrow(FdPair.reserved(Posix.eventfd(set ? 1 : 0, flags)));
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }

    /** A callback that says that it has begun and ends when told to. */
    private static final class Held implements FdCallbacks {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch released = new CountDownLatch(1);
        volatile boolean returning;
        RuntimeException failure;

        @Override
        public void onReadable() {
            entered.countDown();
            try {
                assertTrue(released.await(60, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            returning = true;
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** Starts a thread and returns when it waits or has ended. */
    private static Thread waiting(Runnable barrier) {
        Thread thread = new Thread(barrier, "foreign");
        thread.start();
        while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
            Thread.yield();
        }
        return thread;
    }

    private static void holdsUntilTheCallbackReturns(Held held, Runnable barrier)
            throws InterruptedException {
        assertTrue(held.entered.await(60, TimeUnit.SECONDS));
        CompletableFuture<Boolean> seen = new CompletableFuture<>();
        Thread foreign = waiting(() -> {
            barrier.run();
            seen.complete(held.returning);
        });
        assertFalse(seen.isDone());
        held.released.countDown();
        foreign.join();
        assertTrue(seen.join());
    }

    @ParameterizedTest
    @EnumSource
    void removalReturnsAfterTheCallbackUnderWay(FdMonitorKind kind) throws Exception {
        try (EventNotifier event = EventNotifier.create(); IoThread loop = start(kind, POLLING)) {
            event.set();
            Held held = new Held();
            AioHandler handler = loop.context().addHandler(event.fd(), READ, held);
            holdsUntilTheCallbackReturns(held, () -> loop.context().removeAndAwait(handler));
        }
    }

    @ParameterizedTest
    @EnumSource
    void disablingReturnsAfterTheCallbackUnderWay(FdMonitorKind kind) throws Exception {
        try (EventNotifier event = EventNotifier.create(); IoThread loop = start(kind, POLLING)) {
            event.set();
            Held held = new Held();
            loop.context().addHandler(event.fd(), READ | EXTERNAL, held);
            holdsUntilTheCallbackReturns(held, loop.context()::disableExternal);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aNumberIsFreeForUseAgainAfterARemoval(FdMonitorKind kind) throws Exception {
        AtomicInteger foreign = new AtomicInteger();
        try (IoThread loop = start(kind, POLLING)) {
            AioContext context = loop.context();
            for (int round = 0; round < ROUNDS; round++) {
                EventNotifier old = reservedEvent(true);
                Semaphore called = new Semaphore(0);
                boolean[] over = new boolean[1];
                AioHandler oldHandler = context.addHandler(old.fd(), READ, () -> {
                    called.release();
                    if (over[0]) {
                        foreign.incrementAndGet();
                    }
                });
                assertTrue(called.tryAcquire(60, TimeUnit.SECONDS), "round " + round);
                context.removeAndAwait(oldHandler);
                over[0] = true;
                Posix.close(old.fd());
                EventNotifier next = reservedEvent(false);
                assertEquals(old.fd(), next.fd());
                AioHandler nextHandler =
                        context.addHandler(next.fd(), READ, foreign::incrementAndGet);
                context.removeAndAwait(nextHandler);
                Posix.close(next.fd());
            }
            assertTrue(loop.isAlive());
        }
        assertEquals(0, foreign.get());
    }

    @ParameterizedTest
    @EnumSource
    void noExternalCallbackRunsWhileAnybodyHasThemDisabled(FdMonitorKind kind) throws Exception {
        AtomicInteger disablers = new AtomicInteger();
        AtomicInteger inside = new AtomicInteger();
        Semaphore called = new Semaphore(0);
        try (EventNotifier event = EventNotifier.create(); IoThread loop = start(kind, POLLING)) {
            event.set();
            loop.context().addHandler(event.fd(), READ | EXTERNAL, () -> {
                called.release();
                if (disablers.get() > 0) {
                    inside.incrementAndGet();
                }
            });
            List<CompletableFuture<Void>> others = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                others.add(CompletableFuture.runAsync(() -> {
                    for (int round = 0; round < 500; round++) {
                        loop.context().disableExternal();
                        disablers.incrementAndGet();
                        Thread.yield();
                        disablers.decrementAndGet();
                        loop.context().enableExternal();
                    }
                }));
            }
            for (CompletableFuture<Void> other : others) {
                get(other);
            }
            called.drainPermits();
            assertTrue(called.tryAcquire(60, TimeUnit.SECONDS), "enabled again, but not called");
        }
        assertEquals(0, inside.get());
    }

    @ParameterizedTest
    @EnumSource
    void onTheHomeThreadThereIsNothingToWaitFor(FdMonitorKind kind) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try (EventNotifier event = EventNotifier.create(); IoThread loop = start(kind, POLLING)) {
            event.set();
            AioContext context = loop.context();
            AioHandler[] handler = new AioHandler[1];
            loop.call(() -> {
                try {
                    handler[0] = context.addHandler(event.fd(), READ | EXTERNAL, () -> {
                        context.disableExternal();
                        context.enableExternal();
                        context.removeAndAwait(handler[0]);
                        done.complete(null);
                    });
                } catch (ErrnoException e) {
                    throw new AssertionError(e);
                }
            });
            get(done);
            assertEquals(List.of(), context.handlerStats());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSocketRemovedAndClosedOnTheHomeThreadIsReallyClosed(FdMonitorKind kind)
            throws Exception {
        HandlerChangeContract.assumeAvailable(kind);
        AioOptions options =
                new AioOptions(PollingOptions.OFF, kind, 64, NanoClock.MONOTONIC);
        try (AioContext context = AioContext.create(options); FdPair pair = FdPair.sockets();
                MappedMemory buffer = MappedMemory.anonymous(32)) {
            AioHandler handler = context.addHandler(pair.first(), READ, () -> { });
            context.poll(false);
            context.removeAndAwait(handler);
            pair.closeFirst();
            // Nobody polls the context in between: the peer has to see the hang-up now.
            NativeMemory.putInt(buffer.address(), pair.second());
            NativeMemory.putInt(buffer.address() + 4, READ);
            assertEquals(1, Posix.ppoll(buffer.address(), 1, 0, buffer.address() + 16));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSocketRemovedAndClosedOnAnotherThreadIsReallyClosed(FdMonitorKind kind)
            throws Exception {
        try (IoThread loop = start(kind, PollingOptions.OFF);
                MappedMemory buffer = MappedMemory.anonymous(32)) {
            for (int round = 0; round < 200; round++) {
                try (FdPair pair = FdPair.sockets()) {
                    AioHandler handler =
                            loop.context().addHandler(pair.first(), READ, () -> { });
                    loop.context().removeAndAwait(handler);
                    pair.closeFirst();
                    NativeMemory.putInt(buffer.address(), pair.second());
                    NativeMemory.putInt(buffer.address() + 4, READ);
                    int ready = Posix.ppoll(buffer.address(), 1, 0, buffer.address() + 16);
                    assertEquals(1, ready, "round " + round);
                }
            }
        }
    }

    // ------------------------------------------------------------------ loops that do not run

    @Test
    void aLoopThatNeverRanKeepsNobodyWaiting() throws Exception {
        try (EventNotifier event = EventNotifier.create();
                AioContext context = AioContext.create(AioOptions.of(POLLING))) {
            AioHandler handler = context.addHandler(event.fd(), READ | EXTERNAL, () -> { });
            get(CompletableFuture.runAsync(() -> {
                context.disableExternal();
                context.enableExternal();
                context.removeAndAwait(handler);
            }));
            assertEquals(List.of(), context.handlerStats());
        }
    }

    @Test
    void aLoopThatHasEndedKeepsNobodyWaiting() throws Exception {
        IoThread loop = IoThread.start("loop", AioOptions.of(POLLING));
        try (EventNotifier event = EventNotifier.create()) {
            AioHandler handler =
                    loop.context().addHandler(event.fd(), READ | EXTERNAL, () -> { });
            loop.close();
            get(CompletableFuture.runAsync(() -> {
                loop.context().disableExternal();
                loop.context().enableExternal();
                loop.context().removeAndAwait(handler);
            }));
        }
    }

    @Test
    void aContextThatItsThreadHasClosedKeepsNobodyWaiting() throws Exception {
        try (EventNotifier event = EventNotifier.create()) {
            AioContext context = AioContext.create(AioOptions.of(POLLING));
            AioHandler handler = context.addHandler(event.fd(), READ | EXTERNAL, () -> { });
            context.poll(false);
            context.close();
            CompletableFuture<Void> foreign = CompletableFuture.runAsync(() -> {
                context.disableExternal();
                context.removeAndAwait(handler);
            });
            foreign.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void anAdoptedThreadThatHasClosedItsContextKeepsNobodyWaiting() throws Exception {
        try (EventNotifier event = EventNotifier.create()) {
            IoThread adopted = IoThread.adoptCurrent(AioOptions.of(POLLING));
            AioHandler handler =
                    adopted.context().addHandler(event.fd(), READ | EXTERNAL, () -> { });
            adopted.call(Recorder.NOTHING);
            adopted.context().poll(false);
            adopted.close();
            CompletableFuture<Void> foreign = CompletableFuture.runAsync(
                    () -> adopted.context().removeAndAwait(handler));
            foreign.get(10, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoWaitsWhenTheLoopDiesIsReleased(FdMonitorKind kind) throws Exception {
        try (EventNotifier event = EventNotifier.create()) {
            IoThread loop = start(kind, POLLING);
            event.set();
            Held held = new Held();
            held.failure = new IllegalStateException("planted");
            AioHandler handler = loop.context().addHandler(event.fd(), READ | EXTERNAL, held);
            assertTrue(held.entered.await(60, TimeUnit.SECONDS));
            Thread remover = waiting(() -> loop.context().removeAndAwait(handler));
            Thread disabler = waiting(loop.context()::disableExternal);
            assertTrue(remover.isAlive() && disabler.isAlive());
            held.released.countDown();
            remover.join();
            disabler.join();
            loop.context().enableExternal();
            assertThrows(IllegalStateException.class, loop::close);
        }
    }

    @Test
    void whoComesWhileTheLoopEndsIsReleasedToo() throws Exception {
        try (EventNotifier event = EventNotifier.create()) {
            for (int round = 0; round < 200; round++) {
                IoThread loop = IoThread.start("loop", AioOptions.of(PollingOptions.OFF));
                AioHandler handler = loop.context().addHandler(event.fd(), READ, () -> { });
                CompletableFuture<Void> foreign = CompletableFuture.runAsync(
                        () -> loop.context().removeAndAwait(handler));
                loop.close();
                try {
                    get(foreign);
                } catch (ExecutionException e) {
                    throw new AssertionError("round " + round, e.getCause());
                }
            }
        }
    }
}
