// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.LoopModel.Bh;
import io.vblk.aio.LoopModel.Fd;
import io.vblk.aio.LoopModel.Mistake;
import io.vblk.aio.LoopModel.Phase;
import io.vblk.aio.LoopModel.Tm;
import io.vblk.posix.ErrnoException;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A million random changes for each monitor, each call compared with {@link LoopModel}.
 * {@code -Dfuzz.seed=N} repeats a run.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopSimulationTest {
    private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());
    private static final int STEPS = 1_000_000;
    /** Within so many a wrong rule has to show. */
    private static final int STEPS_OF_MISTAKES = 50_000;
    private static final int FDS = 8;
    /** Places of handlers: a descriptor each, and some that are only polled. */
    private static final int PLACES = FDS + 2;
    private static final int BOTTOM_HALVES = 8;
    private static final int TIMERS = 8;
    /** About a tenth of an idle round. */
    private static final int STRIDE_NS = 1_000_000;
    private static final int READ = AioHandler.READ;
    private static final int WRITE = AioHandler.WRITE;
    private static final int POLL = AioHandler.POLL;

    /** A loop and its model side by side. */
    private static final class Simulation implements AutoCloseable {
        private final Random random = new Random(SEED);
        private final ManualClock clock = new ManualClock(0);
        private final ManualClock wallClock = new ManualClock(0);
        private final LoopModel model;
        private final AioContext context;
        private final EventNotifier[] events = new EventNotifier[FDS];
        private final AioHandler[] handlers = new AioHandler[PLACES];
        private final Fd[] fds = new Fd[PLACES];
        private final boolean[] readable = new boolean[PLACES];
        private final BottomHalf[] bottomHalves = new BottomHalf[BOTTOM_HALVES];
        private final Bh[] bhs = new Bh[BOTTOM_HALVES];
        private final AioTimer[] timers = new AioTimer[TIMERS];
        private final Tm[] tms = new Tm[TIMERS];
        private long calls;

        Simulation(FdMonitorKind kind, Mistake mistake) throws ErrnoException {
            // A poll request of io_uring answers with what woke it, though that may be gone.
            model = new LoopModel(mistake, kind == FdMonitorKind.IO_URING);
            context = AioContext.create(new AioOptions(
                    PollingOptions.OFF, kind, FDS, clock, wallClock, IoLimits.DEFAULT));
            for (int i = 0; i < FDS; i++) {
                events[i] = EventNotifier.create();
            }
            for (int i = 0; i < BOTTOM_HALVES; i++) {
                renewBottomHalf(i);
            }
            for (int i = 0; i < TIMERS; i++) {
                Tm tm = new Tm("timer " + i, i % 2 == 1);
                Runnable callback = () -> {
                    model.called(tm);
                    actInCallback();
                };
                tms[i] = tm;
                timers[i] = tm.wall ? context.realTimeTimer(tm.name, callback)
                        : context.timer(tm.name, callback);
            }
        }

        private void renewBottomHalf(int i) {
            Bh bh = new Bh("bottom half " + i);
            bhs[i] = bh;
            bottomHalves[i] = context.bottomHalf(bh.name, () -> {
                model.called(bh);
                actInCallback();
            });
        }

        private void actInCallback() {
            calls++;
            while (random.nextInt(3) == 0) {
                act();
            }
        }

        void run(int steps) throws ErrnoException {
            for (int step = 0; step < steps; step++) {
                if (random.nextInt(4) == 0) {
                    poll();
                } else {
                    act();
                }
            }
        }

        private void poll() {
            model.beginPoll();
            boolean progress = context.poll(false);
            assertEquals(model.endPoll(), progress, "progress");
        }

        private void act() {
            switch (random.nextInt(6)) {
                case 0, 1 -> actOnBottomHalf(random.nextInt(BOTTOM_HALVES));
                case 2 -> actOnTimer(random.nextInt(TIMERS));
                case 3 -> setReadable(random.nextInt(PLACES), random.nextBoolean());
                case 4 -> actOnHandler(random.nextInt(PLACES));
                default -> actOnTheWhole();
            }
        }

        private void actOnBottomHalf(int i) {
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3 -> {
                    bottomHalves[i].schedule();
                    model.schedule(bhs[i]);
                }
                case 4, 5, 6, 7 -> {
                    bottomHalves[i].scheduleIdle();
                    model.scheduleIdle(bhs[i]);
                }
                case 8, 9, 10 -> {
                    bottomHalves[i].cancel();
                    model.cancel(bhs[i]);
                }
                default -> {
                    bottomHalves[i].close();
                    bhs[i].closed = true;
                    if (random.nextBoolean()) {
                        bottomHalves[i].schedule();
                        model.schedule(bhs[i]);
                    }
                    renewBottomHalf(i);
                }
            }
        }

        private void actOnTimer(int i) {
            if (random.nextInt(3) == 0) {
                timers[i].cancel();
                model.disarm(tms[i]);
                return;
            }
            // Some deadlines are equal. Callbacks arm for later only: whether what is due already
            // still fires in the iteration under way depends on who arms.
            long aheadNs = random.nextInt(6) * STRIDE_NS;
            if (model.phase == Phase.OUTSIDE) {
                aheadNs -= 2 * STRIDE_NS;
            } else {
                aheadNs++;
            }
            long deadlineNs = (tms[i].wall ? model.wallNs : model.nowNs) + aheadNs;
            timers[i].modify(deadlineNs);
            model.arm(tms[i], deadlineNs);
        }

        private void setReadable(int place, boolean value) {
            readable[place] = value;
            if (fds[place] != null) {
                fds[place].setReadable(value);
            }
            if (place < FDS) {
                if (value) {
                    events[place].set();
                } else {
                    events[place].testAndClear();
                }
            }
        }

        private void actOnHandler(int place) {
            try {
                if (handlers[place] == null) {
                    add(place);
                } else if (random.nextInt(3) == 0) {
                    context.removeHandler(handlers[place]);
                    model.remove(fds[place]);
                    handlers[place] = null;
                    fds[place] = null;
                } else if (model.phase == Phase.OUTSIDE || model.phase == Phase.SLICE) {
                    change(place);
                }
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            }
        }

        private int randomInterest(int place) {
            return place < FDS ? random.nextInt(2) * READ
                    | (random.nextInt(4) == 0 ? WRITE : 0) : POLL;
        }

        private void add(int place) throws ErrnoException {
            int interest = randomInterest(place)
                    | (random.nextInt(3) == 0 ? AioHandler.EXTERNAL : 0);
            Fd fd = new Fd("handler " + place, interest);
            fd.setReadable(readable[place]);
            fds[place] = fd;
            model.add(fd);
            handlers[place] = context.addHandler(
                    place < FDS ? events[place].fd() : -1, interest, callbacks(fd));
        }

        private void change(int place) throws ErrnoException {
            Fd fd = fds[place];
            int interest = randomInterest(place) | (fd.external ? AioHandler.EXTERNAL : 0);
            fd.interest = interest;
            if (random.nextBoolean()) {
                context.setInterest(handlers[place], interest);
            } else {
                fd.generation++;
                context.updateHandler(handlers[place], interest, callbacks(fd));
            }
        }

        private FdCallbacks callbacks(Fd fd) {
            int generation = fd.generation;
            return new FdCallbacks() {
                private void called(int bit) {
                    model.called(fd, generation, bit);
                    actInCallback();
                }

                @Override
                public void onReadable() {
                    called(READ);
                }

                @Override
                public void onWritable() {
                    called(WRITE);
                }

                @Override
                public boolean poll() {
                    return fd.isReadable();
                }

                @Override
                public void pollReady() {
                    called(POLL);
                }
            };
        }

        private void actOnTheWhole() {
            boolean outside = model.phase == Phase.OUTSIDE;
            switch (random.nextInt(outside ? 4 : 2)) {
                case 0 -> {
                    if (model.disabled() < 2 && random.nextInt(3) == 0) {
                        context.disableExternal();
                        model.disable();
                    }
                }
                case 1 -> {
                    // Not among handlers: what was passed over stays so.
                    if (model.disabled() > 0 && model.phase != Phase.HANDLERS) {
                        context.enableExternal();
                        model.enable();
                    }
                }
                case 2 -> {
                    long strideNs = random.nextInt(3) * STRIDE_NS;
                    clock.advance(strideNs);
                    model.nowNs += strideNs;
                }
                default -> {
                    long strideNs = (random.nextInt(4) - 1) * (long) STRIDE_NS;
                    wallClock.advance(strideNs);
                    model.wallNs += strideNs;
                }
            }
        }

        @Override
        public void close() {
            context.close();
            for (EventNotifier event : events) {
                event.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theLoopDoesWhatTheModelSays(FdMonitorKind kind) throws ErrnoException {
        System.out.println("LoopSimulationTest: -Dfuzz.seed=" + SEED);
        try (Simulation simulation = new Simulation(kind, Mistake.NONE)) {
            simulation.run(STEPS);
            assertTrue(simulation.calls > STEPS / 20, simulation.calls + " calls");
        } catch (AssertionError e) {
            throw new AssertionError(kind + " -Dfuzz.seed=" + SEED + ": " + e.getMessage(), e);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aModelWithAWrongRuleDisagrees(Mistake mistake) throws ErrnoException {
        try (Simulation simulation = new Simulation(FdMonitorKind.EPOLL, mistake)) {
            assertThrows(AssertionError.class, () -> simulation.run(STEPS_OF_MISTAKES),
                    () -> mistake + " -Dfuzz.seed=" + SEED);
        }
    }
}
