// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.COMPLETED;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_EVENT_IDX;
import static io.vblk.virtioblk.HandMadeGuest.QUEUED;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioHandler;
import io.vblk.aio.FdCallbacks;
import io.vblk.aio.ManualClock;
import io.vblk.aio.PollingOptions;
import io.vblk.block.SimulatedBackend.Behaviour;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One publication and at most one call for each batch; kicks only when they are needed. */
class NotificationTest {
    private static final int NO_INTERRUPT = 1;
    private static final int NO_NOTIFY = 1;
    private static final int BATCH = 8;

    private static HandMadeGuest guest(Behaviour behaviour, long leftOut) throws Exception {
        return new HandMadeGuest(
                HandMadeGuest.limits(SECTOR, false), behaviour, leftOut, false);
    }

    private static void sendBatch(HandMadeGuest guest, int from) {
        for (int i = 0; i < BATCH; i++) {
            guest.sendRead(from + i);
        }
        assertEquals(BATCH, guest.serve().size());
    }

    private static void assertCounted(HandMadeGuest guest, int batches, int calls) {
        VirtioBlkStats stats = guest.device.stats();
        assertEquals(batches, stats.batches(), "batches");
        assertEquals(calls, stats.calls(), "calls");
        assertEquals(calls > 0, guest.call.testAndClear(), "the call's eventfd");
    }

    @Test
    void requestsDoneAtOnceArePublishedPassByPassWithOneCall() throws Exception {
        try (HandMadeGuest guest = guest(COMPLETED, FEATURE_EVENT_IDX)) {
            List<Integer> seen = new ArrayList<>();
            guest.watch.onSubmit(() -> seen.add(guest.ram.usedIdx(guest.queue)));
            sendBatch(guest, 0);
            assertCounted(guest, 2, 1);
            assertEquals(4, VirtioBlkQueue.CHAINS_PER_PASS);
            assertEquals(List.of(0, 0, 0, 0, 4, 4, 4, 4), seen);
        }
    }

    @Test
    void requestsThatEndInOneIterationArePublishedTogetherWithOneCall() throws Exception {
        try (HandMadeGuest guest = guest(QUEUED, FEATURE_EVENT_IDX)) {
            sendBatch(guest, 0);
            assertCounted(guest, 1, 1);
            assertEquals(1, guest.disk.commits(), "set off together as well");
        }
    }

    @Test
    void segmentsOfRequestsThatEndInOneIterationAreSetOffTogether() throws Exception {
        try (HandMadeGuest guest = guest(QUEUED, 0)) {
            for (int i = 0; i < 4; i++) {
                guest.segment(i, 2 * i, 1, 0);
            }
            guest.header(HandMadeGuest.WRITE_ZEROES, 0);
            for (int head : new int[] {0, 3, 6}) {
                guest.lay(guest.queue.descAddress(), head,
                        HandMadeGuest.readable(HandMadeGuest.HEADER, 16),
                        HandMadeGuest.readable(HandMadeGuest.DATA, 64),
                        HandMadeGuest.writable(HandMadeGuest.STATUS + head, 1));
                guest.offer(head);
            }
            assertEquals(3, guest.serve().size());
            assertEquals(12, guest.disk.submitted());
            assertEquals(4, guest.disk.commits());
        }
    }

    @Test
    void theFlagOfTheAvailableRingSuppressesCalls() throws Exception {
        try (HandMadeGuest guest = guest(COMPLETED, FEATURE_EVENT_IDX)) {
            guest.ram.putAvailFlags(guest.queue, NO_INTERRUPT);
            sendBatch(guest, 0);
            assertCounted(guest, 2, 0);
            guest.ram.putAvailFlags(guest.queue, 0);
            sendBatch(guest, BATCH);
            assertCounted(guest, 4, 1);
        }
    }

    @Test
    void theEventIndexDecidesAboutCalls() throws Exception {
        try (HandMadeGuest guest = guest(COMPLETED, 0)) {
            guest.ram.putUsedEvent(guest.queue, 1000);
            sendBatch(guest, 0);
            assertCounted(guest, 2, 1);
            sendBatch(guest, BATCH);
            assertEquals(1, guest.device.stats().calls(), "after the first decision: suppressed");
            guest.ram.putUsedEvent(guest.queue, 2 * BATCH + 3);
            sendBatch(guest, 0);
            assertCounted(guest, 6, 2);
            guest.ram.putUsedEvent(guest.queue, 4 * BATCH);
            sendBatch(guest, 0);
            assertEquals(2, guest.device.stats().calls(), "used_event not yet used");
            sendBatch(guest, 0);
            assertEquals(3, guest.device.stats().calls());
        }
    }

    @Test
    void chainsThatTheDeviceAnswersItselfAreCalledForToo() throws Exception {
        try (HandMadeGuest guest = guest(QUEUED, FEATURE_EVENT_IDX)) {
            guest.offer(1000);
            guest.offer(1001);
            assertEquals(2, guest.serve().size());
            assertCounted(guest, 1, 1);
            assertEquals(0, guest.disk.commits());
        }
    }

    @Test
    void kicksAreOffWhileTheQueueIsServedAndOnAfterwards() throws Exception {
        try (HandMadeGuest guest = guest(COMPLETED, FEATURE_EVENT_IDX)) {
            List<Integer> flags = new ArrayList<>();
            guest.watch.onSubmit(() -> flags.add(guest.ram.usedFlags(guest.queue)));
            assertEquals(0, guest.ram.usedFlags(guest.queue));
            sendBatch(guest, 0);
            assertEquals(List.of(1, 1, 1, 1, 1, 1, 1, 1), flags);
            assertEquals(0, guest.ram.usedFlags(guest.queue));
        }
    }

    @Test
    void withEventIndicesTheNextChainIsAskedForOnceTheQueueIsServed() throws Exception {
        try (HandMadeGuest guest = guest(COMPLETED, 0)) {
            List<Integer> events = new ArrayList<>();
            guest.watch.onSubmit(() -> events.add(guest.ram.availEvent(guest.queue)));
            assertEquals(0, guest.ram.availEvent(guest.queue));
            sendBatch(guest, 0);
            assertEquals(BATCH, events.size());
            for (int event : events) {
                assertTrue(event < BATCH || event >= BATCH + HandMadeGuest.QUEUE_SIZE,
                        "meanwhile nothing that can come is asked for: " + event);
            }
            assertEquals(BATCH, guest.ram.availEvent(guest.queue));
        }
    }

    @Test
    void whatIsOfferedWhileTheQueueIsServedNeedsNoKick() throws Exception {
        try (HandMadeGuest guest = guest(COMPLETED, 0)) {
            guest.watch.onSubmit(() -> {
                if (guest.ram.availIdx(guest.queue) < 20) {
                    guest.sendRead(guest.ram.availIdx(guest.queue));
                }
            });
            guest.sendRead(0);
            assertEquals(20, guest.serve().size());
            assertEquals(1, guest.device.stats().kicks());
            assertEquals(20, guest.ram.availEvent(guest.queue));
        }
    }

    /** Looks at the ring whenever the loop polls; makes a request available at the fifth look. */
    private static final class Onlooker implements FdCallbacks {
        private final HandMadeGuest guest;
        private final List<Integer> flags = new ArrayList<>();
        private boolean looking;

        Onlooker(HandMadeGuest guest) {
            this.guest = guest;
        }

        @Override
        public boolean poll() {
            if (looking) {
                flags.add(guest.ram.usedFlags(guest.queue));
                if (flags.size() == 5) {
                    guest.sendRead(1);
                }
            }
            return false;
        }

        @Override
        public void onReadable() {
            throw new AssertionError("nothing to read");
        }
    }

    private static HandMadeGuest polling(ManualClock clock) throws Exception {
        clock.stepOnRead(1_000);
        return HandMadeGuest.polling(
                PollingOptions.classic(1_000_000, 0, 0), clock, FEATURE_EVENT_IDX);
    }

    /** A kick after a short wait sets polling off; the request that follows is found by it. */
    private static Onlooker serveByPolling(HandMadeGuest guest) throws Exception {
        AioContext context = guest.loop.context();
        Onlooker onlooker = new Onlooker(guest);
        context.addHandler(-1, AioHandler.POLL, onlooker);
        assertEquals(List.of(), guest.run());
        guest.kick.set();
        assertTrue(context.poll(true));
        assertEquals(1, guest.device.stats().kicks());
        onlooker.looking = true;
        assertTrue(context.poll(true));
        guest.assertRead(1);
        assertEquals(1, guest.device.stats().kicks(), "served by polling");
        onlooker.looking = false;
        return onlooker;
    }

    @Test
    void whileTheLoopPollsRequestsAreFoundWithoutKicksAndKicksAreOff() throws Exception {
        ManualClock clock = new ManualClock(0);
        try (HandMadeGuest guest = polling(clock)) {
            List<Integer> flags = serveByPolling(guest).flags;
            assertTrue(flags.size() >= 5, "looks: " + flags);
            // The first look is the one before poll mode begins.
            assertFalse(flags.subList(1, flags.size()).contains(0), "while polling: " + flags);
            assertEquals(NO_NOTIFY, guest.ram.usedFlags(guest.queue), "poll mode goes on");
            // A longer wait than polling is worth: the loop sleeps, here for a moment.
            guest.loop.context().timer("end", () -> { }).modify(clock.nanoTime() + 20_000_000);
            guest.loop.context().poll(true);
            assertEquals(0, guest.ram.usedFlags(guest.queue), "on again before the loop sleeps");
            guest.sendRead(2);
            assertEquals(2, guest.serve().size());
            assertEquals(2, guest.device.stats().kicks());
        }
    }

    @Test
    void aQueueThatStopsInPollModeLeavesKicksOn() throws Exception {
        try (HandMadeGuest guest = polling(new ManualClock(0))) {
            serveByPolling(guest);
            assertEquals(NO_NOTIFY, guest.ram.usedFlags(guest.queue), "in poll mode");
            assertEquals(1, guest.device.stopQueue(0));
            assertEquals(0, guest.ram.usedFlags(guest.queue));
        }
    }
}
