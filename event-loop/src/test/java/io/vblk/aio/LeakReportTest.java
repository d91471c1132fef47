// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeakReportTest {
    /** Callbacks with a name of their own, as devices have. */
    private static final class Kick implements FdCallbacks {
        @Override
        public void onReadable() {}

        @Override
        public String name() {
            return "queue 3";
        }
    }

    private static AioContext context() throws ErrnoException {
        return AioContext.create("disk loop", AioOptions.of(PollingOptions.OFF));
    }

    @Test
    void aNewContextLeaksNothing() throws ErrnoException {
        try (AioContext context = context()) {
            assertEquals(List.of(), context.leaks());
            context.poll(false);
            assertEquals(List.of(), context.leaks());
        }
    }

    @Test
    void namesWhatIsLeftAndNothingAfterItIsGone() throws ErrnoException {
        try (AioContext context = context(); EventNotifier event = EventNotifier.create()) {
            AioHandler handler = context.addHandler(event.fd(), AioHandler.READ, new Kick());
            AioHandler memory = context.addHandler(-1, AioHandler.POLL, new Recorder("m"));
            BottomHalf resting = context.bottomHalf("resting", Recorder.NOTHING);
            AioTimer timer = context.timer("retry", Recorder.NOTHING);
            AioTimer wall = context.realTimeTimer("nightly", Recorder.NOTHING);
            timer.modify(context.nanoTime() + 1_000_000_000_000L);
            wall.modify(NanoClock.REALTIME.nanoTime() + 1_000_000_000_000L);
            assertEquals(List.of(
                    "handler of fd " + event.fd() + " (queue 3)",
                    "handler of fd -1 (Recorder)",
                    "bottom half resting",
                    "timer retry, armed",
                    "timer nightly, armed"), context.leaks());
            context.removeHandler(handler);
            resting.close();
            timer.cancel();
            assertEquals(List.of("handler of fd -1 (Recorder)", "timer nightly, armed"),
                    context.leaks());
            context.removeHandler(memory);
            wall.cancel();
            assertEquals(List.of(), context.leaks());
        }
    }

    @Test
    void saysWhetherABottomHalfIsScheduled() throws ErrnoException {
        try (AioContext context = context()) {
            BottomHalf resume = context.bottomHalf("resume", Recorder.NOTHING);
            resume.schedule();
            assertEquals(List.of("bottom half resume, scheduled"), context.leaks());
            resume.cancel();
            assertEquals(List.of("bottom half resume"), context.leaks());
            resume.scheduleIdle();
            assertEquals(List.of("bottom half resume, scheduled"), context.leaks());
            context.poll(false);
            assertEquals(List.of("bottom half resume, scheduled"), context.leaks());
            resume.schedule();
            assertTrue(context.poll(false));
            assertEquals(List.of("bottom half resume"), context.leaks());
            resume.schedule();
            resume.close();
            assertEquals(List.of(), context.leaks());
        }
    }

    @Test
    void oneShotsAndWhatHasExpiredAreNoLeaks() throws ErrnoException {
        try (AioContext context = context()) {
            context.execute("one shot", Recorder.NOTHING);
            AioTimer timer = context.timer("retry", Recorder.NOTHING);
            timer.modify(context.nanoTime());
            assertEquals(List.of("timer retry, armed"), context.leaks());
            assertTrue(context.poll(false));
            assertEquals(List.of(), context.leaks());
        }
    }

    @Test
    void aBottomHalfThatClosesItselfIsNoLeak() throws ErrnoException {
        try (AioContext context = context()) {
            BottomHalf[] self = new BottomHalf[1];
            self[0] = context.bottomHalf("self", () -> self[0].close());
            self[0].schedule();
            assertTrue(context.poll(false));
            assertEquals(List.of(), context.leaks());
        }
    }

    @Test
    void closeGoesOnDespiteLeaksWhichCanStillBeAskedFor() throws ErrnoException {
        IoThread loop = IoThread.start("loop", AioOptions.of(PollingOptions.OFF));
        BottomHalf left = loop.context().bottomHalf("left", Recorder.NOTHING);
        loop.close();
        assertEquals(List.of("bottom half left"), loop.context().leaks());
        left.close();
        assertEquals(List.of(), loop.context().leaks());
        AioContext context = context();
        context.addHandler(-1, AioHandler.POLL, new Kick());
        context.close();
        assertEquals(List.of("handler of fd -1 (queue 3)"), context.leaks());
    }
}
