// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class UringMonitorTest extends FdMonitorContract {
    private static final int READ = AioHandler.READ;
    private static final long MS = 1_000_000;

    @BeforeAll
    static void assumeIoUring() {
        HandlerChangeContract.assumeAvailable(FdMonitorKind.IO_URING);
    }

    @Override
    FdMonitorKind kind() {
        return FdMonitorKind.IO_URING;
    }

    @Test
    void whatIsRemovedAndClosedWhileTheLoopSleepsIsReallyClosed() throws Exception {
        try (IoThread loop = IoThread.start("loop", options());
                MappedMemory buffer = MappedMemory.anonymous(8)) {
            for (int i = 0; i < 20; i++) {
                try (FdPair pair = FdPair.sockets(); FdPair pipe = FdPair.pipe()) {
                    AioHandler socket =
                            loop.context().addHandler(pair.first(), READ, recorder("socket"));
                    AioHandler reader =
                            loop.context().addHandler(pipe.second(), 0, recorder("pipe"));
                    loop.context().setInterest(reader, READ);
                    AioContextTest.awaitSleep(loop);
                    loop.context().removeHandler(socket);
                    loop.context().removeHandler(reader);
                    pair.closeFirst();
                    pipe.closeSecond();
                    // A request in the kernel keeps the file open: its peer would wait for ever.
                    assertEquals(0, Posix.read(pair.second(), buffer.address(), 1));
                    assertEquals(0, pipe.read(1));
                }
            }
        }
    }

    @Test
    void whatIsDisabledAndClosedWhileTheLoopSleepsIsReallyClosed() throws Exception {
        try (IoThread loop = IoThread.start("loop", options()); FdPair pair = FdPair.sockets();
                MappedMemory buffer = MappedMemory.anonymous(8)) {
            AioHandler handler = loop.context().addHandler(
                    pair.first(), READ | AioHandler.EXTERNAL, recorder("socket"));
            AioContextTest.awaitSleep(loop);
            loop.context().disableExternal();
            loop.context().removeHandler(handler);
            pair.closeFirst();
            assertEquals(0, Posix.read(pair.second(), buffer.address(), 1));
            loop.context().enableExternal();
        }
    }

    @Test
    void moreDescriptorsThanTheRingHoldsAreAllServedAgainAndAgain() throws ErrnoException {
        int count = 600;
        int[] served = new int[count];
        List<EventNotifier> events = new ArrayList<>();
        List<AioHandler> handlers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int self = i;
            EventNotifier event = notifier(true);
            events.add(event);
            handlers.add(context.addHandler(event.fd(), READ, () -> {
                served[self]++;
                event.testAndClear();
            }));
        }
        for (int round = 1; round <= 10; round++) {
            // Blocking and not: the one waits with what it submits, the other only looks.
            boolean blocking = round % 2 == 0;
            int iterations = 0;
            while (sum(served) < round * count) {
                context.poll(blocking);
                assertTrue(++iterations < 100, "served " + sum(served) + " in round " + round);
            }
            assertFalse(context.poll(false));
            for (int i = 0; i < count; i++) {
                assertEquals(round, served[i], "descriptor " + i);
                events.get(i).set();
            }
        }
        for (AioHandler handler : handlers) {
            context.removeHandler(handler);
        }
        assertFalse(context.poll(false));
        assertEquals(10 * count, sum(served));
    }

    private static int sum(int[] counts) {
        int sum = 0;
        for (int count : counts) {
            sum += count;
        }
        return sum;
    }

    @Test
    void manyDescriptorsThatComeAndGoLeaveNoRequestBehind() throws ErrnoException {
        List<EventNotifier> events = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            events.add(notifier(true));
        }
        for (int round = 0; round < 10; round++) {
            List<AioHandler> handlers = new ArrayList<>();
            for (EventNotifier event : events) {
                handlers.add(context.addHandler(event.fd(), READ, recorder("h")));
            }
            assertTrue(context.poll(false));
            for (AioHandler handler : handlers) {
                context.removeHandler(handler);
            }
            taken();
            assertFalse(context.poll(false));
            assertEquals(List.of(), taken());
        }
    }

    // ------------------------------------------------------------------ time-outs

    private long pollUntil(boolean[] fired) {
        long before = context.stats().iterations();
        while (!fired[0]) {
            context.poll(true);
        }
        return context.stats().iterations() - before;
    }

    private AioTimer timerAt(long deadlineNs, boolean[] fired, List<Long> latenessNs) {
        AioTimer timer = context.timer("timer", () -> {
            latenessNs.add(System.nanoTime() - deadlineNs);
            fired[0] = true;
        });
        timer.modify(deadlineNs);
        return timer;
    }

    @Test
    void timersThatComeEarlierAndLaterThanTheArmedOneAreNeitherEarlyNorLost() {
        List<Long> latenessNs = new ArrayList<>();
        long nowNs = context.nanoTime();
        boolean[] middle = new boolean[1];
        boolean[] early = new boolean[1];
        boolean[] late = new boolean[1];
        timerAt(nowNs + 60 * MS, middle, latenessNs);
        context.execute("arm", Recorder.NOTHING);
        context.poll(true);
        long iterations = 0;
        timerAt(nowNs + 20 * MS, early, latenessNs);
        timerAt(nowNs + 90 * MS, late, latenessNs);
        iterations += pollUntil(early);
        iterations += pollUntil(middle);
        iterations += pollUntil(late);
        assertEquals(3, latenessNs.size());
        latenessNs.forEach(ns -> assertTrue(ns >= 0, "early by " + -ns + " ns"));
        assertTrue(iterations < 20, iterations + " iterations");
    }

    @Test
    void timersAreKeptThroughManyWaitsThatDescriptorsEnd() throws ErrnoException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        EventNotifier event = notifier(false);
        Recorder recorder = recorder("event");
        recorder.onRead = event::testAndClear;
        context.addHandler(event.fd(), READ, recorder);
        List<Long> latenessNs = new ArrayList<>();
        int timers = 0;
        long before = context.stats().iterations();
        int rounds = 3_000;
        for (int i = 0; i < rounds; i++) {
            if (i % 10 == 0) {
                timerAt(context.nanoTime() + random.nextInt(20_000_000), new boolean[1],
                        latenessNs);
                timers++;
            }
            event.set();
            while (log.isEmpty()) {
                context.poll(true);
            }
            taken();
        }
        while (latenessNs.size() < timers) {
            context.poll(true);
        }
        latenessNs.forEach(ns -> assertTrue(ns >= 0, "early by " + -ns + " ns"));
        long iterations = context.stats().iterations() - before;
        assertTrue(iterations < rounds + 5 * timers, iterations + " iterations");
    }

    @Test
    void aTimerPutOffAgainAndAgainFiresAtItsLastDeadlineWithoutASpin() throws Exception {
        EventNotifier event = notifier(false);
        Recorder recorder = recorder("event");
        recorder.onRead = event::testAndClear;
        context.addHandler(event.fd(), READ, recorder);
        long[] firedNs = new long[1];
        AioTimer timer = context.timer("put off", () -> firedNs[0] = System.nanoTime());
        long deadlineNs = 0;
        for (int i = 0; i < 500; i++) {
            deadlineNs = context.nanoTime() + 10_000 * MS;
            timer.modify(deadlineNs);
            event.set();
            waitForProgress();
        }
        assertEquals(0, firedNs[0]);
        deadlineNs = context.nanoTime() + 30 * MS;
        timer.modify(deadlineNs);
        long before = context.stats().iterations();
        while (firedNs[0] == 0) {
            context.poll(true);
        }
        assertTrue(firedNs[0] >= deadlineNs);
        assertTrue(context.stats().iterations() - before < 10);
        assertServedByAWaitForEver(event);
    }

    /** With time-outs of the past still in the kernel, a wait without one goes on regardless. */
    private void assertServedByAWaitForEver(EventNotifier event) throws InterruptedException {
        taken();
        while (context.poll(false)) {
            taken();
        }
        Thread setter = new Thread(event::set, "setter");
        setter.start();
        waitForProgress();
        setter.join();
        assertEquals(List.of("event read"), taken());
    }
}
