// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.posix.ErrnoException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a recording shows of a loop, and what a loop costs without one. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopEventsTest {
    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final List<String> KINDS = List.of("PollBegin", "PollEnd", "PollGrow",
            "PollShrink", "Wait", "Dispatch", "Wakeup");
    private static final long MAX_NS = 1_000_000;
    private static final int ITERATIONS = 2_000;
    private static final int REPEATS = 10;

    private final ManualClock clock = new ManualClock(0);
    private final Recorder queue = new Recorder("queue");

    private static Recording recording() {
        Recording recording = new Recording();
        for (String kind : KINDS) {
            recording.enable("vblk." + kind).withoutThreshold();
        }
        return recording;
    }

    private static List<RecordedEvent> recorded(Recording recording, Path file)
            throws Exception {
        recording.stop();
        recording.dump(file);
        return RecordingFile.readAllEvents(file);
    }

    private static List<RecordedEvent> of(List<RecordedEvent> events, String kind) {
        List<RecordedEvent> found = events.stream()
                .filter(event -> event.getEventType().getName().equals("vblk." + kind))
                .filter(event -> event.getString("context").equals("disk loop")).toList();
        assertFalse(found.isEmpty(), "no " + kind);
        return found;
    }

    /** A short wait, one in poll mode, a long one, and one that a wake-up ends. */
    private void drive(AioContext context, EventNotifier kick) throws Exception {
        context.poll(false);
        kick.set();
        assertTrue(context.poll(true));
        int at = queue.looks + 3;
        queue.look = () -> queue.looks > at;
        assertTrue(context.poll(true));
        queue.look = () -> false;
        queue.onEnd = () -> {
            clock.advance(2 * MAX_NS);
            kick.set();
        };
        assertTrue(context.poll(true));
        queue.onEnd = Recorder.NOTHING;
        assertEquals(0, context.stats().pollTimeNs());
        long waits = context.stats().waits();
        Thread waker = new Thread(() -> {
            while (context.stats().waits() == waits) {
                Thread.yield();
            }
            context.execute("woken", Recorder.NOTHING);
        });
        waker.start();
        assertTrue(context.poll(true));
        waker.join();
        assertEquals(1, context.stats().wakeupsSent());
    }

    private AioContext context() throws ErrnoException {
        clock.stepOnRead(1_000);
        return AioContext.create("disk loop", new AioOptions(
                PollingOptions.classic(MAX_NS, 0, 0), FdMonitorKind.PPOLL, 64, clock));
    }

    @Test
    void aRecordingShowsEachKindOfEvent(@TempDir Path directory) throws Exception {
        try (Recording recording = recording(); AioContext context = context();
                EventNotifier kick = EventNotifier.create()) {
            recording.start();
            queue.onRead = kick::testAndClear;
            context.addHandler(kick.fd(), AioHandler.READ | AioHandler.POLL, queue);
            drive(context, kick);
            List<RecordedEvent> events = recorded(recording, directory.resolve("loop.jfr"));
            for (RecordedEvent begin : of(events, "PollBegin")) {
                assertTrue(begin.getLong("pollNs") > 0 && begin.getLong("pollNs") <= MAX_NS);
                assertEquals(-1, begin.getLong("timeoutNs"));
            }
            List<RecordedEvent> ends = of(events, "PollEnd");
            assertEquals(of(events, "PollBegin").size(), ends.size());
            assertTrue(ends.stream().anyMatch(end -> end.getBoolean("progress")));
            assertTrue(ends.stream().anyMatch(end -> !end.getBoolean("progress")));
            for (RecordedEvent grow : of(events, "PollGrow")) {
                assertTrue(grow.getLong("newNs") > grow.getLong("oldNs"));
            }
            assertEquals(4_000, of(events, "PollGrow").get(0).getLong("newNs"));
            for (RecordedEvent shrink : of(events, "PollShrink")) {
                assertTrue(shrink.getLong("newNs") < shrink.getLong("oldNs"));
            }
            List<RecordedEvent> waits = of(events, "Wait");
            assertEquals(context.stats().waits(), waits.size());
            for (RecordedEvent wait : waits) {
                assertEquals(-1, wait.getLong("timeoutNs"));
                assertEquals(1, wait.getInt("ready"));
                assertFalse(wait.getDuration().isNegative());
            }
            assertEquals(1, of(events, "Wakeup").size());
            checkDispatches(of(events, "Dispatch"), kick);
            assertEquals(context.stats().dispatches(), of(events, "Dispatch").size());
        }
    }

    private static void checkDispatches(List<RecordedEvent> dispatches, EventNotifier kick) {
        List<RecordedEvent> ours = dispatches.stream()
                .filter(event -> event.getInt("fd") == kick.fd()).toList();
        assertEquals(3, ours.size());
        for (RecordedEvent dispatch : ours) {
            assertEquals("Recorder", dispatch.getString("handler"));
            boolean polled = dispatch.getBoolean("polled");
            assertEquals(polled ? 0 : AioHandler.READ, dispatch.getInt("events"));
        }
        assertEquals(1, ours.stream().filter(event -> event.getBoolean("polled")).count());
    }

    @Test
    void aKindThatIsNotAskedForIsNotRecorded(@TempDir Path directory) throws Exception {
        try (Recording recording = new Recording(); AioContext context = context();
                EventNotifier kick = EventNotifier.create()) {
            recording.enable("vblk.Wait").withoutThreshold();
            for (String kind : KINDS) {
                if (!kind.equals("Wait")) {
                    recording.disable("vblk." + kind);
                }
            }
            recording.start();
            queue.onRead = kick::testAndClear;
            context.addHandler(kick.fd(), AioHandler.READ | AioHandler.POLL, queue);
            drive(context, kick);
            List<RecordedEvent> events = recorded(recording, directory.resolve("loop.jfr"));
            assertTrue(events.stream().filter(event ->
                    event.getEventType().getName().startsWith("vblk.")).allMatch(event ->
                    event.getEventType().getName().equals("vblk.Wait")));
            assertEquals(context.stats().waits(), of(events, "Wait").size());
        }
    }

    @Test
    void anIterationAllocatesNothingBeforeAndAfterARecording() throws Exception {
        assertAllocatesNothing();
        try (Recording recording = recording()) {
            recording.start();
            try (AioContext context = context()) {
                context.poll(false);
            }
        }
        assertAllocatesNothing();
    }

    private static void assertAllocatesNothing() throws ErrnoException {
        PollingOptions polling = PollingOptions.classic(1_000, 0, 0);
        try (AioContext context = AioContext.create(AioOptions.of(polling));
                EventNotifier event = EventNotifier.create()) {
            context.addHandler(
                    event.fd(), AioHandler.READ | AioHandler.POLL, event::testAndClear);
            BottomHalf bottomHalf = context.bottomHalf("own", Recorder.NOTHING);
            BottomHalf idle = context.bottomHalf("idle", Recorder.NOTHING);
            long leastBytes = Long.MAX_VALUE;
            for (int repeat = 0; repeat < REPEATS && leastBytes > 0; repeat++) {
                long beforeBytes = THREADS.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < ITERATIONS; i++) {
                    event.set();
                    context.poll(true);
                    bottomHalf.schedule();
                    idle.scheduleIdle();
                    context.wakeup();
                    context.poll(true);
                }
                leastBytes = Math.min(
                        leastBytes, THREADS.getCurrentThreadAllocatedBytes() - beforeBytes);
            }
            assertEquals(0, leastBytes, "bytes in " + ITERATIONS + " iterations");
        }
    }
}
