// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;

/**
 * A loop whose events come at moments that a test chooses, on a clock of their own: a look at
 * memory takes a while, and a sleep ends some time after the event that ends it.
 */
final class ScriptedLoop implements NanoClock, AutoCloseable {
    static final long NEVER_NS = Long.MAX_VALUE;
    private static final long LOOK_NS = 50;

    /** Something that has work at a given moment. */
    final class Source implements FdCallbacks {
        final EventNotifier event = EventNotifier.create();
        AioHandler handler;
        Runnable served = Recorder.NOTHING;
        int polled;
        int slept;
        /** Whether polling puts the work off. */
        boolean dueUnlessPolled;
        private long dueNs = NEVER_NS;
        private boolean announced;

        Source() throws ErrnoException { }

        /** Has work so many nanoseconds from now on. */
        void dueIn(long ns) {
            dueNs = nowNs + ns;
        }

        int events() {
            return polled + slept;
        }

        @Override
        public boolean poll() {
            if (dueUnlessPolled) {
                dueNs = Math.max(dueNs, nowNs + 2_000);
            }
            // A round of looks is one moment: what is due together is found together.
            nowNs += this == sources.get(0) ? LOOK_NS : 0;
            if (nowNs >= wakeNs) {
                wakeNs = NEVER_NS;
                context.wakeup();
            }
            return nowNs >= dueNs;
        }

        @Override
        public void pollReady() {
            polled++;
            serve();
        }

        @Override
        public void onReadable() {
            // Polling may have found it in the same iteration.
            if (announced) {
                slept++;
                serve();
            }
        }

        private void serve() {
            assertTrue(nowNs >= dueNs, "too early");
            dueNs = NEVER_NS;
            announce(NEVER_NS);
            served.run();
        }

        private void announce(long untilNs) {
            boolean due = dueNs != NEVER_NS && dueNs <= untilNs;
            if (due && !announced) {
                event.set();
            } else if (!due && announced) {
                event.testAndClear();
            }
            announced = due;
        }
    }

    final AioContext context;
    /** Sleeps last so much longer than what ends them. */
    long wakeUpNs = 15_000;
    /** When another thread wakes the loop, if it polls then. */
    long wakeNs = NEVER_NS;
    /** When a timer of the test is due. */
    long timerNs = NEVER_NS;
    private final List<Source> sources = new ArrayList<>();
    private long nowNs;
    private long waitsSeen;

    ScriptedLoop(PollingOptions polling) throws ErrnoException {
        context = AioContext.create(new AioOptions(polling, FdMonitorKind.PPOLL, 64, this));
    }

    Source source() throws ErrnoException {
        Source source = new Source();
        source.handler = context.addHandler(
                source.event.fd(), AioHandler.READ | AioHandler.POLL, source);
        sources.add(source);
        return source;
    }

    /** The time, which stands still meanwhile. */
    long now() {
        return nowNs;
    }

    /** Runs the loop until a source has had so many more events. */
    void run(Source source, int events) {
        int end = source.events() + events;
        while (source.events() < end) {
            context.poll(true);
        }
    }

    AioStats statsSince(AioStats earlier) {
        return context.stats().since(earlier);
    }

    @Override
    public long nanoTime() {
        if (context == null) {
            return nowNs;
        }
        long waits = context.stats().waits();
        if (waits != waitsSeen) {
            waitsSeen = waits;
            nowNs = Math.max(nowNs, soonestNs() + wakeUpNs);
        }
        nowNs += LOOK_NS;
        // A sleep that follows shall end by the soonest only.
        long untilNs = Math.max(nowNs, soonestNs());
        sources.forEach(source -> source.announce(untilNs));
        return nowNs;
    }

    private long soonestNs() {
        long soonestNs = timerNs;
        for (Source source : sources) {
            soonestNs = Math.min(soonestNs, source.dueNs);
        }
        return soonestNs;
    }

    @Override
    public void close() {
        context.close();
        sources.forEach(source -> source.event.close());
    }
}
