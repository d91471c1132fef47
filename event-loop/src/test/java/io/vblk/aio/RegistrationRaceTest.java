// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import io.vblk.posix.Posix;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Handlers that come and go on another thread while the loop polls, waits and serves. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RegistrationRaceTest {
    private static final int READ = AioHandler.READ;
    private static final int ROUNDS = 2_000;
    private static final PollingOptions POLLING = PollingOptions.classic(20_000, 0, 0);

    private static IoThread start(FdMonitorKind kind, PollingOptions polling)
            throws ErrnoException {
        return IoThread.start("loop", new AioOptions(polling, kind, 4, NanoClock.MONOTONIC));
    }

    private static EventNotifier reservedEvent() throws ErrnoException {
        int flags = Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC;
        return EventNotifier.borrow(FdPair.reserved(Posix.eventfd(0, flags)));
    }

    @ParameterizedTest
    @EnumSource
    void aReusedNumberNeverGetsItsPredecessorsEvents(FdMonitorKind kind) throws Exception {
        AtomicInteger foreign = new AtomicInteger();
        try (IoThread loop = start(kind, POLLING)) {
            AioContext context = loop.context();
            for (int round = 0; round < ROUNDS; round++) {
                EventNotifier old = reservedEvent();
                Semaphore called = new Semaphore(0);
                // Never cleared, so the loop sees it ready in each iteration up to the removal.
                AioHandler oldHandler = context.addHandler(old.fd(), READ, called::release);
                old.set();
                assertTrue(called.tryAcquire(60, TimeUnit.SECONDS), "round " + round);
                context.removeHandler(oldHandler);
                Posix.close(old.fd());
                EventNotifier next = reservedEvent();
                assertEquals(old.fd(), next.fd());
                AioHandler nextHandler =
                        context.addHandler(next.fd(), READ, foreign::incrementAndGet);
                loop.call(Recorder.NOTHING);
                context.removeHandler(nextHandler);
                Posix.close(next.fd());
            }
        }
        assertEquals(0, foreign.get());
    }

    @ParameterizedTest
    @EnumSource
    void noCallbackStartsAfterARemovalAndABarrier(FdMonitorKind kind) throws Exception {
        AtomicInteger late = new AtomicInteger();
        EventNotifier event = EventNotifier.create();
        event.set();
        try (IoThread loop = start(kind, POLLING)) {
            for (int round = 0; round < ROUNDS; round++) {
                Semaphore called = new Semaphore(0);
                boolean[] over = new boolean[1];
                AioHandler handler = loop.context().addHandler(event.fd(), READ, () -> {
                    called.release();
                    if (over[0]) {
                        late.incrementAndGet();
                    }
                });
                assertTrue(called.tryAcquire(60, TimeUnit.SECONDS), "round " + round);
                loop.context().removeHandler(handler);
                loop.call(() -> over[0] = true);
            }
        }
        assertEquals(0, late.get());
        event.close();
    }

    @ParameterizedTest
    @EnumSource
    void aQueueLosesNoKickWhilePlainHandlersComeAndGo(FdMonitorKind kind) throws Exception {
        EventNotifier kick = EventNotifier.create();
        Queue queue = new Queue(kick);
        try (IoThread loop = start(kind, POLLING)) {
            Thread churn = churn(loop.context(), queue);
            loop.context().addHandler(kick.fd(), READ | AioHandler.POLL, queue);
            for (int i = 0; i < 10 * ROUNDS; i++) {
                queue.add();
                assertTrue(queue.served.tryAcquire(60, TimeUnit.SECONDS), "request " + i);
            }
            queue.over = true;
            churn.join();
        }
        kick.close();
    }

    private static Thread churn(AioContext context, Queue queue) throws ErrnoException {
        EventNotifier[] events = new EventNotifier[8];
        for (int i = 0; i < events.length; i++) {
            events[i] = EventNotifier.create();
        }
        Thread thread = new Thread(() -> {
            AioHandler[] handlers = new AioHandler[events.length];
            try {
                for (int i = 0; !queue.over; i = (i + 1) % events.length) {
                    if (handlers[i] != null) {
                        context.setInterest(handlers[i], 0);
                        context.removeHandler(handlers[i]);
                    }
                    int interest = i % 2 == 0 ? READ : READ | AioHandler.POLL;
                    handlers[i] = context.addHandler(
                            events[i].fd(), interest, events[i]::testAndClear);
                    events[i].set();
                    Thread.yield();
                }
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            } finally {
                for (EventNotifier event : events) {
                    event.close();
                }
            }
        }, "churn");
        thread.start();
        return thread;
    }

    /**
     * One request at a time, announced by a kick only while kicks are on: a virtqueue in small.
     * The two sides order their writes as SplitVirtqueue and SplitDriverQueue do.
     */
    private static final class Queue implements FdCallbacks {
        final Semaphore served = new Semaphore(0);
        volatile boolean over;
        private final EventNotifier kick;
        private volatile int added;
        private volatile boolean kicksOff;
        private int taken;

        Queue(EventNotifier kick) {
            this.kick = kick;
        }

        void add() {
            added++;
            if (!kicksOff) {
                kick.set();
            }
        }

        private void process() {
            while (taken != added) {
                taken++;
                served.release();
            }
        }

        @Override
        public void onReadable() {
            kick.testAndClear();
            process();
        }

        @Override
        public boolean poll() {
            return taken != added;
        }

        @Override
        public void pollReady() {
            process();
        }

        @Override
        public void pollBegin() {
            kicksOff = true;
        }

        @Override
        public void pollEnd() {
            kicksOff = false;
        }
    }
}
