// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Busy polling over io_uring: descriptors show in memory, so no look at them is ever due. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UringMonitorPollingTest {
    private static final int READ = AioHandler.READ;
    private static final int POLL = AioHandler.POLL;
    private static final PollingOptions POLLING = PollingOptions.classic(1_000_000, 0, 0);

    private final List<String> log = new ArrayList<>();
    private final ManualClock clock = new ManualClock(0);
    private final Recorder queue = new Recorder("queue", log);
    private final Recorder plain = new Recorder("plain", log);
    private AioContext context;
    private EventNotifier kick;
    private EventNotifier event;

    @BeforeEach
    void create() throws ErrnoException {
        HandlerChangeContract.assumeAvailable(FdMonitorKind.IO_URING);
        clock.stepOnRead(1_000);
        context = AioContext.create(new AioOptions(POLLING, FdMonitorKind.IO_URING, 64, clock));
        kick = EventNotifier.create();
        event = EventNotifier.create();
        queue.onRead = kick::testAndClear;
        plain.onRead = event::testAndClear;
        context.addHandler(kick.fd(), READ | POLL, queue);
    }

    @AfterEach
    void close() {
        if (context != null) {
            context.close();
            kick.close();
            event.close();
        }
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    private void startPolling() {
        while (context.poll(false)) {
            taken();
        }
        kick.set();
        waitForProgress();
        assertEquals(List.of("queue read"), taken());
        assertTrue(context.stats().pollTimeNs() > 0);
    }

    private void waitForProgress() {
        boolean progress = false;
        while (!progress) {
            progress = context.poll(true);
        }
    }

    /** Acts on another thread once the queue has been looked at some more times. */
    private Thread whilePolling(Runnable action) {
        int[] looksLeft = {1_000};
        Thread actor = new Thread(action, "actor");
        queue.look = () -> {
            if (--looksLeft[0] == 0) {
                actor.start();
            }
            return false;
        };
        return actor;
    }

    @Test
    void aPlainDescriptorShowsWhileTheClockStandsStill() throws Exception {
        context.addHandler(event.fd(), READ, plain);
        startPolling();
        for (int i = 0; i < 20; i++) {
            long waits = context.stats().waits();
            // On this clock the polling time never ends and no look at descriptors is ever due.
            clock.stepOnRead(0);
            Thread setter = whilePolling(event::set);
            waitForProgress();
            setter.join();
            List<String> called = taken();
            assertEquals("plain read", called.get(called.size() - 1), called.toString());
            assertEquals(waits, context.stats().waits());
        }
    }

    @Test
    void aHangUpShowsWhileTheClockStandsStill() throws Exception {
        try (FdPair pair = FdPair.sockets()) {
            plain.onRead = Recorder.NOTHING;
            context.addHandler(pair.first(), READ, plain);
            startPolling();
            long waits = context.stats().waits();
            clock.stepOnRead(0);
            Thread closer = whilePolling(pair::closeSecond);
            waitForProgress();
            closer.join();
            assertEquals(List.of("queue begin", "plain read"), taken());
            assertEquals(waits, context.stats().waits());
        }
    }

    @Test
    void aQueueWhoseRequestsEndInTheCallbackIsPolledAfterEachKick() {
        // A polling time that never grows, as each phase here is in vain.
        context.setPolling(PollingOptions.classic(1_000_000, 1, 0));
        startPolling();
        queue.onEnd = kick::set;
        for (int i = 0; i < 100; i++) {
            int looks = queue.looks;
            AioStats before = context.stats();
            waitForProgress();
            assertEquals(List.of("queue begin", "queue end", "queue read"), taken());
            assertTrue(queue.looks > looks + 1, "round " + i);
            AioStats gained = context.stats().since(before);
            assertEquals(1, gained.pollPhases(), "round " + i);
            assertEquals(1, gained.waits(), "round " + i);
        }
    }
}
