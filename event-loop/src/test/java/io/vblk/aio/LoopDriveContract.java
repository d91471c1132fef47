// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a loop does whoever drives it. Something slept over would hang a test, not fail it. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class LoopDriveContract {
    private static final int READ = AioHandler.READ;
    private static final int RACES = 500;
    /** Rounds that wake-ups left over and a noisy machine may cost besides those needed. */
    private static final int ROUNDS_SPARE = 10;

    final List<String> log = new ArrayList<>();
    LoopDrive drive;
    AioContext context;
    private EventNotifier event;

    /** A new drive with a context that has these parameters of polling. */
    abstract LoopDrive open(PollingOptions polling) throws ErrnoException;

    @BeforeEach
    void create() throws ErrnoException {
        drive = open(PollingOptions.OFF);
        context = drive.context;
        event = EventNotifier.create();
    }

    @AfterEach
    void close() {
        drive.close();
        event.close();
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    private void until(BooleanSupplier condition, int roundsMax) {
        int before = drive.rounds;
        while (!condition.getAsBoolean()) {
            drive.round();
            assertTrue(drive.rounds - before <= roundsMax, drive.rounds - before + " rounds");
        }
    }

    private void untilLogged(String what) {
        until(() -> log.contains(what), ROUNDS_SPARE);
    }

    /** A callback on another thread, begun when the drive is about to wait. */
    private Thread whileWaiting(Runnable runnable) {
        Semaphore waits = new Semaphore(0);
        Thread thread = new Thread(() -> {
            waits.acquireUninterruptibly();
            runnable.run();
        });
        thread.start();
        drive.beforeWait = waits::release;
        return thread;
    }

    // ------------------------------------------------------------------ bottom halves

    @Test
    void bottomHalvesScheduledByCallbacksRunOneARound() {
        int[] left = {100};
        BottomHalf[] self = new BottomHalf[1];
        self[0] = context.bottomHalf("chain", () -> {
            if (--left[0] > 0) {
                self[0].schedule();
            }
        });
        self[0].schedule();
        until(() -> left[0] == 0, 100 + ROUNDS_SPARE);
        assertTrue(drive.rounds >= 100);
        assertEquals(100, context.stats().bottomHalves());
    }

    @Test
    void aBottomHalfScheduledByTheHostIsNotSleptOver() {
        BottomHalf woken = context.bottomHalf("host", () -> log.add("host"));
        for (int i = 0; i < 100; i++) {
            drive.beforeWait = woken::schedule;
            untilLogged("host");
            assertEquals(List.of("host"), taken());
        }
    }

    @Test
    void aBottomHalfOfAnotherThreadEndsTheWait() throws InterruptedException {
        BottomHalf woken = context.bottomHalf("other", () -> log.add("other"));
        for (int i = 0; i < RACES; i++) {
            Thread other = whileWaiting(woken::schedule);
            untilLogged("other");
            assertEquals(List.of("other"), taken());
            other.join();
        }
    }

    @Test
    void aWakeupEndsTheWaitWithNothingToDo() throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            Thread other = whileWaiting(context::wakeup);
            drive.round();
            other.join();
            drive.beforeWait = context::wakeup;
            drive.round();
        }
        assertEquals(0, context.stats().bottomHalves());
    }

    @Test
    void anIdleBottomHalfRunsWhenDueWithoutSpinning() {
        int runs = 5;
        BottomHalf[] self = new BottomHalf[1];
        self[0] = context.bottomHalf("idle", () -> {
            log.add("idle");
            self[0].scheduleIdle();
        });
        long startNs = System.nanoTime();
        drive.beforeWait = self[0]::scheduleIdle;
        until(() -> log.size() == runs, 5 * runs + ROUNDS_SPARE);
        assertTrue(System.nanoTime() - startNs >= runs * BottomHalfQueue.IDLE_NS);
        assertEquals(runs, context.stats().idleBottomHalves());
        self[0].close();
    }

    @Test
    void anIdleBottomHalfOfAnotherThreadEndsTheWait() throws InterruptedException {
        BottomHalf idle = context.bottomHalf("idle", () -> log.add("idle"));
        Thread other = whileWaiting(idle::scheduleIdle);
        untilLogged("idle");
        other.join();
    }

    // ------------------------------------------------------------------ descriptors

    @Test
    void anEventEndsTheWait() throws Exception {
        Recorder fd = new Recorder("fd", log);
        fd.onRead = event::testAndClear;
        context.addHandler(event.fd(), READ, fd);
        for (int i = 0; i < RACES; i++) {
            if (i % 2 == 0) {
                event.set();
                untilLogged("fd read");
            } else {
                Thread other = whileWaiting(event::set);
                untilLogged("fd read");
                other.join();
            }
            assertEquals(List.of("fd read"), taken());
        }
    }

    @Test
    void handlersComeAndGoBetweenRoundsAndWaits() throws ErrnoException {
        event.set();
        for (int i = 0; i < 100; i++) {
            AioHandler[] handler = new AioHandler[1];
            Runnable add = () -> handler[0] = added("fd");
            if (i % 2 == 0) {
                add.run();
            } else {
                drive.beforeWait = add;
            }
            untilLogged("fd read");
            context.removeHandler(handler[0]);
            context.execute("end", () -> log.add("end"));
            taken();
            untilLogged("end");
            assertEquals(List.of("end"), taken());
        }
    }

    private AioHandler added(String name) {
        try {
            return context.addHandler(event.fd(), READ, new Recorder(name, log));
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aHandlerRemovedBeforeTheWaitIsNotCalled() {
        event.set();
        AioHandler handler = added("fd");
        drive.beforeWait = () -> {
            context.removeHandler(handler);
            context.execute("end", () -> log.add("end"));
        };
        untilLogged("end");
        assertEquals(List.of("end"), taken());
    }

    @Test
    void anInterestChangedBeforeTheWaitHolds() throws ErrnoException {
        AioHandler handler = context.addHandler(event.fd(), READ, new Recorder("fd", log));
        drive.beforeWait = () -> {
            try {
                context.setInterest(handler, AioHandler.WRITE);
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            }
        };
        untilLogged("fd write");
        assertFalse(log.contains("fd read"));
    }

    @Test
    void aRegularFileIsReadyInEachRound(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        int fd = Posix.open(file.toString(), Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        AioHandler handler = context.addHandler(fd, READ, new Recorder("file", log));
        int before = drive.rounds;
        until(() -> log.size() >= 20, 20 + ROUNDS_SPARE);
        assertTrue(drive.rounds - before >= 20);
        context.removeHandler(handler);
        Posix.close(fd);
    }

    @Test
    void aQueueThatIsPolledLosesNoKick() throws Exception {
        try (LoopDrive polling = open(PollingOptions.classic(20_000, 0, 0))) {
            KickedQueue queue = new KickedQueue(event);
            polling.context.addHandler(event.fd(), READ | AioHandler.POLL, queue);
            Thread guest = new Thread(() -> {
                for (int i = 0; i < 10 * RACES; i++) {
                    queue.add();
                    queue.served.acquireUninterruptibly();
                }
                queue.over = true;
                polling.context.wakeup();
            });
            guest.start();
            for (int i = 0; !queue.over; i++) {
                if (i % 3 == 0) {
                    // In poll mode sometimes, so that there is something to leave.
                    polling.context.poll(false);
                }
                // That iteration may have taken the wake-up that says it is over.
                if (!queue.over) {
                    polling.round();
                }
            }
            guest.join();
            assertEquals(10 * RACES, queue.taken);
        }
    }

    /** One request at a time, announced by a kick only while kicks are on. */
    private static final class KickedQueue implements FdCallbacks {
        final Semaphore served = new Semaphore(0);
        private final EventNotifier kick;
        private volatile int added;
        private volatile boolean kicksOff;
        volatile boolean over;
        private int taken;

        KickedQueue(EventNotifier kick) {
            this.kick = kick;
        }

        void add() {
            added++;
            if (!kicksOff) {
                kick.set();
            }
        }

        @Override
        public void onReadable() {
            kick.testAndClear();
            pollReady();
        }

        @Override
        public boolean poll() {
            return taken != added;
        }

        @Override
        public void pollReady() {
            while (taken != added) {
                taken++;
                served.release();
            }
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

    // ------------------------------------------------------------------ timers

    @Test
    void aTimerArmedByACallbackFiresWhenDueNotBefore() {
        long[] deadlineNs = new long[1];
        AioTimer timer = context.timer("timer", () -> {
            assertTrue(context.nanoTime() - deadlineNs[0] >= 0);
            log.add("timer");
        });
        for (int i = 0; i < 5; i++) {
            context.execute("arm", () -> {
                deadlineNs[0] = context.nanoTime() + 2_000_000;
                timer.modify(deadlineNs[0]);
            });
            untilLogged("timer");
            taken();
        }
        assertEquals(5, context.stats().timers());
    }

    @Test
    void aTimerArmedBeforeTheWaitIsNotSleptOver() {
        AioTimer timer = context.timer("timer", () -> log.add("timer"));
        AioTimer late = context.timer("late", () -> log.add("late"));
        late.modify(context.nanoTime() + 600_000_000_000L);
        for (int i = 0; i < 20; i++) {
            long delayNs = i % 2 == 0 ? 0 : 1_000_000;
            drive.beforeWait = () -> timer.modify(context.nanoTime() + delayNs);
            untilLogged("timer");
            assertEquals(List.of("timer"), taken());
        }
        late.cancel();
    }

    @Test
    void nothingSpinsWhileNothingIsDue() {
        added("fd");
        context.timer("timer", () -> log.add("timer")).modify(context.nanoTime() + 50_000_000);
        int before = drive.rounds;
        untilLogged("timer");
        assertTrue(drive.rounds - before <= ROUNDS_SPARE);
        assertEquals(List.of("timer"), taken());
        assertTrue(context.stats().iterations() <= ROUNDS_SPARE, context.stats().toString());
    }

    @Test
    void bottomHalvesRunBeforeDescriptorsBeforeTimers() {
        context.timer("timer", () -> log.add("timer")).modify(context.nanoTime());
        event.set();
        added("fd");
        context.execute("bottom half", () -> log.add("bottom half"));
        untilLogged("timer");
        assertEquals(List.of("bottom half", "fd read", "timer"), taken());
    }
}
