// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The parts of an iteration in an outer loop, one by one, on a clock that the test moves. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AioSourceTest {
    private static final int READ = AioHandler.READ;

    private final List<String> log = new ArrayList<>();
    private final ManualClock clock = new ManualClock(0);

    private AioContext context(FdMonitorKind kind, PollingOptions polling)
            throws ErrnoException {
        return AioContext.create(new AioOptions(polling, kind, 64, clock));
    }

    /** Takes the wake-ups that registration has left. */
    private static void settle(AioContext context) {
        context.poll(false);
    }

    @Test
    void ppollHasNoDescriptorToWaitOn() throws ErrnoException {
        try (AioContext context = context(FdMonitorKind.PPOLL, PollingOptions.OFF)) {
            IllegalStateException refused =
                    assertThrows(IllegalStateException.class, context::source);
            assertTrue(refused.getMessage().contains("epoll"), refused.getMessage());
            assertEquals(FdMonitorKind.PPOLL, context.fdMonitor());
        }
    }

    @Test
    void autoMovesToEpollAndKeepsItsHandlers() throws ErrnoException {
        try (AioContext context = context(FdMonitorKind.AUTO, PollingOptions.OFF);
                EventNotifier event = EventNotifier.create()) {
            context.addHandler(event.fd(), READ, new Recorder("fd", log));
            settle(context);
            assertEquals(FdMonitorKind.PPOLL, context.fdMonitor());
            AioSource source = context.source();
            assertEquals(FdMonitorKind.EPOLL, context.fdMonitor());
            assertEquals(source.fd(), context.source().fd());
            assertEquals(-1, source.prepare());
            event.set();
            assertTrue(source.check());
            assertTrue(source.dispatch());
            assertEquals(List.of("fd read"), log);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void prepareSaysHowLongToWaitAndCheckWhenItIsOver(FdMonitorKind kind)
            throws ErrnoException {
        try (AioContext context = context(kind, PollingOptions.OFF)) {
            settle(context);
            AioSource source = context.source();
            assertEquals(-1, source.prepare());
            assertFalse(source.check());
            AioTimer timer = context.timer("timer", () -> log.add("timer"));
            timer.modify(700);
            assertEquals(700, source.prepare());
            clock.advance(699);
            assertFalse(source.check());
            assertEquals(1, source.prepare());
            clock.advance(1);
            assertTrue(source.check());
            assertTrue(source.dispatch());
            assertEquals(List.of("timer"), log);
            context.execute("own", () -> log.add("own"));
            assertEquals(0, source.prepare());
            assertTrue(source.check());
            assertTrue(source.dispatch());
            assertEquals(-1, source.prepare());
            assertFalse(source.check());
            assertFalse(source.dispatch());
            assertEquals(3, context.stats().iterations() - 1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void anIdleBottomHalfIsATimeOutAndNoProgress(FdMonitorKind kind) throws ErrnoException {
        try (AioContext context = context(kind, PollingOptions.OFF)) {
            settle(context);
            AioSource source = context.source();
            BottomHalf idle = context.bottomHalf("idle", () -> log.add("idle"));
            idle.scheduleIdle();
            assertEquals(0, source.prepare());
            assertTrue(source.check());
            assertFalse(source.dispatch());
            assertEquals(BottomHalfQueue.IDLE_NS, source.prepare());
            clock.advance(BottomHalfQueue.IDLE_NS - 1);
            assertFalse(source.check());
            assertEquals(1, source.prepare());
            clock.advance(1);
            assertTrue(source.check());
            assertFalse(source.dispatch());
            assertEquals(List.of("idle"), log);
            idle.close();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void prepareLeavesPollModeAndLooksOnceMore(FdMonitorKind kind) throws ErrnoException {
        clock.stepOnRead(1_000);
        PollingOptions polling = PollingOptions.classic(1_000_000, 0, 0);
        try (AioContext context = context(kind, polling);
                EventNotifier kick = EventNotifier.create()) {
            AioSource source = context.source();
            Recorder queue = new Recorder("queue", log);
            queue.onRead = kick::testAndClear;
            context.addHandler(kick.fd(), READ | AioHandler.POLL, queue);
            settle(context);
            kick.set();
            assertTrue(context.poll(true));
            int at = queue.looks + 2;
            queue.look = () -> queue.looks > at;
            assertTrue(context.poll(true));
            assertEquals(List.of("queue read", "queue begin", "queue ready"), queue.taken());
            queue.look = () -> false;
            queue.onEnd = () -> queue.look = () -> true;
            assertEquals(0, source.prepare());
            assertTrue(source.check());
            assertTrue(source.dispatch());
            assertEquals(List.of("queue end", "queue ready"), queue.taken());
            queue.look = () -> false;
            assertEquals(-1, source.prepare());
            kick.set();
            assertTrue(source.check());
            assertTrue(source.dispatch());
            assertEquals(List.of("queue read"), queue.taken());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void deferredCallsRunAfterEachBatchAndBeforeTheWait(FdMonitorKind kind)
            throws ErrnoException {
        try (AioContext context = context(kind, PollingOptions.OFF)) {
            settle(context);
            AioSource source = context.source();
            DeferredCall call = new DeferredCall() {
                @Override
                protected void runDeferred() {
                    log.add("deferred");
                }
            };
            context.defer(call);
            assertEquals(-1, source.prepare());
            assertEquals(List.of("deferred"), log);
            assertFalse(source.check());
            context.execute("first", () -> context.defer(call));
            context.timer("timer", () -> log.add("timer")).modify(0);
            assertEquals(0, source.prepare());
            assertTrue(source.check());
            assertTrue(source.dispatch());
            assertEquals(List.of("deferred", "deferred", "timer"), log);
        }
    }

    @Test
    void thePartsAreRefusedInACallbackAfterCloseAndElsewhere() throws Exception {
        AioContext context = context(FdMonitorKind.EPOLL, PollingOptions.OFF);
        AioSource source = context.source();
        context.execute("nested", () -> {
            assertThrows(IllegalStateException.class, source::prepare);
            assertThrows(IllegalStateException.class, source::check);
            assertThrows(IllegalStateException.class, source::dispatch);
            log.add("refused");
        });
        assertTrue(source.dispatch());
        Thread foreign = new Thread(() -> {
            assertThrows(IllegalStateException.class, source::prepare);
            log.add("foreign");
        });
        foreign.start();
        foreign.join();
        context.close();
        assertThrows(IllegalStateException.class, source::prepare);
        assertEquals(List.of("refused", "foreign"), log);
    }

    @Test
    void aCallbackThatThrowsLeavesTheSourceUsable() throws ErrnoException {
        try (AioContext context = context(FdMonitorKind.EPOLL, PollingOptions.OFF)) {
            AioSource source = context.source();
            context.execute("bad", () -> {
                throw new IllegalStateException("bad");
            });
            context.execute("good", () -> log.add("good"));
            source.prepare();
            assertTrue(source.check());
            assertThrows(IllegalStateException.class, source::dispatch);
            assertEquals(0, source.prepare());
            assertTrue(source.check());
            assertTrue(source.dispatch());
            assertEquals(List.of("good"), log);
        }
    }
}
