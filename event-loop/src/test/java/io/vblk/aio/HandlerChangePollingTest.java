// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Handlers that are changed or disabled in poll mode; the clock steps one microsecond a read. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerChangePollingTest {
    private static final int READ = AioHandler.READ;
    private static final int POLL = AioHandler.POLL;
    private static final int EXTERNAL = AioHandler.EXTERNAL;
    private static final PollingOptions POLLING = PollingOptions.classic(1_000_000, 0, 0);

    private final List<String> log = new ArrayList<>();
    private final ManualClock clock = new ManualClock(0);
    private final Recorder queue = new Recorder("queue", log);
    private AioContext context;
    private EventNotifier kick;
    private AioHandler handler;

    @AfterEach
    void close() {
        if (context != null) {
            context.close();
            kick.close();
        }
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    /** A queue that is external and in poll mode. */
    private void beginPollMode(FdMonitorKind kind) throws ErrnoException {
        HandlerChangeContract.assumeAvailable(kind);
        clock.stepOnRead(1_000);
        context = AioContext.create(new AioOptions(POLLING, kind, 64, clock));
        kick = EventNotifier.create();
        queue.onRead = kick::testAndClear;
        handler = context.addHandler(kick.fd(), READ | POLL | EXTERNAL, queue);
        context.poll(false);
        kick.set();
        assertTrue(context.poll(true));
        assertEquals(List.of("queue read"), taken());
        serve("queue begin", "queue ready");
    }

    /** The next busy polling finds work after two looks. */
    private void serve(String... expected) {
        int at = queue.looks + 2;
        queue.look = () -> queue.looks > at;
        waitForProgress();
        queue.look = () -> false;
        assertEquals(List.of(expected), taken());
    }

    /** Blocks until a callback ran; a wake-up given before may end a wait with nothing done. */
    private void waitForProgress() {
        boolean progress = false;
        while (!progress) {
            progress = context.poll(true);
        }
    }

    private void update(int interest, FdCallbacks callbacks) {
        try {
            context.updateHandler(handler, interest, callbacks);
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatComesWithoutAKickWhileDisabledIsFoundByALookAfterwards(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        // The other side adds by the old mode and is told only then: no kick ever comes.
        queue.onEnd = () -> queue.look = () -> true;
        context.disableExternal();
        assertFalse(context.poll(false));
        assertEquals(List.of("queue end"), taken());
        int looks = queue.looks;
        for (int i = 0; i < 5; i++) {
            assertFalse(context.poll(false));
        }
        assertEquals(looks, queue.looks);
        context.setPolling(PollingOptions.OFF);
        context.enableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("queue ready"), taken());
        assertFalse(context.poll(false));
    }

    @ParameterizedTest
    @EnumSource
    void theLookIsNotLostIfInterestInPollingGoesWhileDisabled(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        queue.onEnd = () -> queue.look = () -> true;
        context.disableExternal();
        assertFalse(context.poll(false));
        assertEquals(List.of("queue end"), taken());
        context.setInterest(handler, READ | EXTERNAL);
        assertFalse(context.poll(false));
        context.enableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("queue ready"), taken());
    }

    @ParameterizedTest
    @EnumSource
    void theLookIsNotLostIfTheQueueCeasesToBeExternalWhileDisabled(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        queue.onEnd = () -> queue.look = () -> true;
        context.disableExternal();
        assertFalse(context.poll(false));
        assertEquals(List.of("queue end"), taken());
        context.setPolling(PollingOptions.OFF);
        context.setInterest(handler, READ | POLL);
        assertTrue(context.poll(false));
        assertEquals(List.of("queue ready"), taken());
    }

    @ParameterizedTest
    @EnumSource
    void beginAndEndComeInPairsAcrossDisabling(FdMonitorKind kind) throws ErrnoException {
        beginPollMode(kind);
        for (int i = 0; i < 3; i++) {
            context.disableExternal();
            context.disableExternal();
            assertFalse(context.poll(false));
            assertEquals(List.of("queue end"), taken());
            context.enableExternal();
            assertFalse(context.poll(false));
            assertEquals(List.of(), taken());
            context.enableExternal();
            serve("queue begin", "queue ready");
        }
        queue.onEnd = kick::set;
        assertTrue(context.poll(true));
        assertEquals(List.of("queue end", "queue read"), taken());
    }

    @ParameterizedTest
    @EnumSource
    void disabledAndEnabledBetweenTwoPassesPollModeBeginsAnew(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        context.disableExternal();
        assertEquals(List.of("queue end"), taken());
        context.enableExternal();
        serve("queue begin", "queue ready");
        queue.onEnd = kick::set;
        assertTrue(context.poll(true));
        assertEquals(List.of("queue end", "queue read"), taken());
    }

    @ParameterizedTest
    @EnumSource
    void whoIsDisabledWhenItsWorkWasFoundIsServedAfterEnabling(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        queue.look = () -> true;
        context.execute("disable", context::disableExternal);
        assertTrue(context.poll(false));
        assertEquals(List.of("queue end"), taken());
        assertFalse(context.poll(false));
        assertEquals(List.of(), taken());
        context.setPolling(PollingOptions.OFF);
        context.enableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("queue ready"), taken());
    }

    @ParameterizedTest
    @EnumSource
    void aKickWhileDisabledIsServedAfterEnabling(FdMonitorKind kind) throws ErrnoException {
        beginPollMode(kind);
        queue.onEnd = kick::set;
        context.disableExternal();
        assertFalse(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of("queue end"), taken());
        context.enableExternal();
        waitForProgress();
        List<String> events = taken();
        assertTrue(events.contains("queue read"), events.toString());
    }

    @ParameterizedTest
    @EnumSource
    void replacedInPollModeTheOldIsEndedAndTheNewLookedAtWithoutAKick(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        Recorder next = new Recorder("next", log);
        queue.onEnd = () -> next.look = () -> true;
        update(READ | POLL, next);
        assertTrue(context.poll(false));
        assertEquals(List.of("queue end", "next ready"), taken());
        int at = next.looks + 2;
        next.look = () -> next.looks > at;
        assertTrue(context.poll(true));
        next.look = () -> false;
        assertEquals(List.of("next begin", "next ready"), taken());
        next.onEnd = kick::set;
        next.onRead = kick::testAndClear;
        assertTrue(context.poll(true));
        assertEquals(List.of("next end", "next read"), taken());
    }

    @ParameterizedTest
    @EnumSource
    void whoReplacesItsOwnCallbacksInReadyLeavesTheKickToTheNextPass(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        Recorder next = new Recorder("next", log);
        queue.onReady = () -> update(READ | POLL, next);
        queue.look = () -> true;
        kick.set();
        // Not blocking: looks at memory and at descriptors, and finds both.
        assertTrue(context.poll(false));
        assertEquals(List.of("queue ready"), taken());
        assertTrue(context.poll(false));
        assertEquals(List.of("queue end", "next read"), taken());
    }

    @ParameterizedTest
    @EnumSource
    void replacedWhenItsWorkWasFoundTheNewIsNotCalledForTheOld(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        Recorder next = new Recorder("next", log);
        queue.look = () -> true;
        context.execute("replace", () -> update(READ | POLL, next));
        assertTrue(context.poll(false));
        assertEquals(List.of(), taken());
        assertFalse(context.poll(false));
        assertEquals(List.of("queue end"), taken());
        assertTrue(next.looks > 0);
    }

    @ParameterizedTest
    @EnumSource
    void theLookForTheNewIsNotLostInWhatWasFoundForTheOld(FdMonitorKind kind)
            throws ErrnoException {
        beginPollMode(kind);
        Recorder next = new Recorder("next", log);
        next.look = () -> true;
        queue.look = () -> true;
        context.execute("replace", () -> {
            update(READ, next);
            // As a barrier of another thread does in the same iteration.
            context.takeOverIfBetweenCallbacks();
        });
        context.poll(false);
        context.poll(false);
        assertEquals(List.of("queue end", "next ready"), taken());
    }
}
