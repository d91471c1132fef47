// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Latencies of the event loop, each beside its target:
 *
 * <pre>
 *   mvn -Pjmh -pl event-loop verify -Djmh.main=io.vblk.aio.LoopLatency \
 *       -Djmh.args=--fd-monitor=epoll
 * </pre>
 *
 * <p>What takes less than the clock's own reading is measured in batches; of these, p50 and p99 are
 * those of the batches' averages. Needs two processors: one for the loop, one for the other side.
 */
public final class LoopLatency {
    private static final String OPTION = "--fd-monitor=";
    private static final long HIGHEST_NS = 10_000_000_000L;
    private static final int DIGITS = 3;

    private static final int BATCHES = 500;
    private static final int BATCH = 200;
    private static final int SAMPLES = 20_000;
    private static final int SLEEPER_SAMPLES = 5_000;
    private static final int TIMER_SAMPLES = 1_000;
    private static final int WATCHED = 1_000;
    /** Between two requests to a loop that polls. */
    private static final long PAUSE_NS = 5_000;
    /** Between two requests to a loop that has to be asleep by then. */
    private static final long SLEEPER_PAUSE_NS = 100_000;
    private static final int COUNTER_ROUNDS = 5;
    private static final long REQUEST_GAP_NS = 10_000;
    private static final long[] TIMERS_US = {50, 200, 1_000};
    private static final double NS_PER_US = 1_000;

    private final FdMonitorKind monitor;
    private final PrintStream out;

    private LoopLatency(FdMonitorKind monitor, PrintStream out) {
        this.monitor = monitor;
        this.out = out;
    }

    /** Measures all; the one argument there may be is --fd-monitor=NAME. */
    public static void main(String[] args) throws ErrnoException {
        FdMonitorKind monitor = FdMonitorKind.AUTO;
        for (String arg : args) {
            if (!arg.startsWith(OPTION)) {
                throw new IllegalArgumentException("not " + OPTION + "NAME: " + arg);
            }
            monitor = FdMonitorKind.of(arg.substring(OPTION.length()));
        }
        new LoopLatency(monitor, System.out).measureAll();
    }

    private void measureAll() throws ErrnoException {
        out.printf("fd monitor %s, Java %s, Linux %s%n", monitor,
                System.getProperty("java.version"), System.getProperty("os.version"));
        out.printf("%-52s %9s %9s  %s%n", "", "p50 us", "p99 us", "target");
        measureSameThread();
        measureReadyDescriptor();
        measurePollingLoop();
        measureSleepingLoop();
        for (long us : TIMERS_US) {
            measureTimer("polling off", PollingOptions.OFF, us);
            measureTimer("polling", PollingOptions.DEFAULT, us);
        }
        measureCounterSource();
    }

    private AioOptions options(PollingOptions polling) {
        return new AioOptions(polling, monitor, AioOptions.EPOLL_THRESHOLD_DEFAULT,
                NanoClock.MONOTONIC);
    }

    private static Histogram histogram() {
        return new Histogram(HIGHEST_NS, DIGITS);
    }

    private void print(String what, Histogram ns, String target) {
        out.printf(Locale.ROOT, "%-52s %9.3f %9.3f  %s%n", what,
                ns.getValueAtPercentile(50) / NS_PER_US, ns.getValueAtPercentile(99) / NS_PER_US,
                target);
    }

    /** Fills a histogram with averages of batches, after as many that only warm up. */
    private static void measureBatches(Runnable once, Histogram averages) {
        for (int batch = -BATCHES; batch < BATCHES; batch++) {
            long startNs = System.nanoTime();
            for (int i = 0; i < BATCH; i++) {
                once.run();
            }
            long averageNs = (System.nanoTime() - startNs) / BATCH;
            if (batch >= 0) {
                averages.recordValue(averageNs);
            }
        }
    }

    private void measureSameThread() throws ErrnoException {
        Histogram averages = histogram();
        try (AioContext context = AioContext.create(options(PollingOptions.DEFAULT))) {
            long[] ran = new long[1];
            BottomHalf bottomHalf = context.bottomHalf("measured", () -> ran[0]++);
            measureBatches(() -> {
                bottomHalf.schedule();
                context.poll(true);
            }, averages);
            bottomHalf.close();
        }
        print("bottom half, same thread (batches)", averages, "0.1");
    }

    private void measureReadyDescriptor() throws ErrnoException {
        Histogram averages = histogram();
        List<EventNotifier> notifiers = new ArrayList<>();
        List<AioHandler> handlers = new ArrayList<>();
        try (AioContext context = AioContext.create(options(PollingOptions.OFF))) {
            for (int i = 0; i < WATCHED; i++) {
                EventNotifier notifier = EventNotifier.create();
                notifiers.add(notifier);
                // Not cleared: what is measured is the wait and the dispatch alone.
                handlers.add(context.addHandler(notifier.fd(), AioHandler.READ, () -> {}));
            }
            notifiers.get(WATCHED / 2).set();
            measureBatches(() -> context.poll(true), averages);
            handlers.forEach(context::removeHandler);
        }
        notifiers.forEach(EventNotifier::close);
        print("1 ready of 1000 descriptors (batches)", averages, "1, flat");
    }

    private void measurePollingLoop() throws ErrnoException {
        try (LoopUnderTest loop = new LoopUnderTest(LoopUnderTest.always(), monitor)) {
            loop.measureBottomHalves(histogram(), SAMPLES, PAUSE_NS);
            Histogram latencies = histogram();
            loop.measureBottomHalves(latencies, SAMPLES, PAUSE_NS);
            print("bottom half, other thread, into a polling loop", latencies, "0.5");
            loop.measureWakeups(histogram(), SAMPLES, PAUSE_NS);
            latencies = histogram();
            loop.measureWakeups(latencies, SAMPLES, PAUSE_NS);
            print("wake-up of a polling loop", latencies, "");
            latencies = histogram();
            loop.measurePlainDescriptor(latencies, SLEEPER_SAMPLES, SLEEPER_PAUSE_NS);
            print("plain descriptor beside a polling loop", latencies, "less than 100");
        }
    }

    private void measureSleepingLoop() throws ErrnoException {
        try (LoopUnderTest loop = new LoopUnderTest(PollingOptions.OFF, monitor)) {
            loop.measureBottomHalves(histogram(), SLEEPER_SAMPLES, SLEEPER_PAUSE_NS);
            Histogram latencies = histogram();
            loop.measureBottomHalves(latencies, SLEEPER_SAMPLES, SLEEPER_PAUSE_NS);
            print("bottom half, other thread, into a sleeping loop", latencies, "6 to 22");
            loop.measureWakeups(histogram(), SLEEPER_SAMPLES, SLEEPER_PAUSE_NS);
            latencies = histogram();
            loop.measureWakeups(latencies, SLEEPER_SAMPLES, SLEEPER_PAUSE_NS);
            print("wake-up of a sleeping loop", latencies, "6 to 22");
        }
    }

    private void measureTimer(String how, PollingOptions polling, long us) throws ErrnoException {
        Histogram lateness = histogram();
        try (AioContext context = AioContext.create(options(polling))) {
            long[] deadlineNs = new long[1];
            boolean[] warm = new boolean[1];
            AioTimer timer = context.timer("measured", () -> {
                if (warm[0]) {
                    lateness.recordValue(context.nanoTime() - deadlineNs[0]);
                }
            });
            for (int i = 0; i < 2 * TIMER_SAMPLES; i++) {
                warm[0] = i >= TIMER_SAMPLES;
                deadlineNs[0] = context.nanoTime() + us * (long) NS_PER_US;
                timer.modify(deadlineNs[0]);
                while (timer.isArmed()) {
                    context.poll(true);
                }
            }
        }
        print("lateness of a timer of " + us + " us, " + how, lateness, "");
    }

    private void measureCounterSource() throws ErrnoException {
        Histogram latencies = histogram();
        try (EventNotifier kick = EventNotifier.create();
                LoopUnderTest loop = new LoopUnderTest(PollingOptions.DEFAULT, monitor)) {
            CounterSource source = new CounterSource(kick, SAMPLES, latencies);
            AioHandler handler = loop.context().addHandler(
                    kick.fd(), AioHandler.POLL | AioHandler.READ, source);
            produceRound(source);
            produceRound(source);
            latencies.reset();
            long[] kicks = new long[COUNTER_ROUNDS];
            for (int round = 0; round < COUNTER_ROUNDS; round++) {
                long before = source.kicks();
                produceRound(source);
                kicks[round] = source.kicks() - before;
            }
            Arrays.sort(kicks);
            print("virtqueue-like source, a request each 10 us", latencies, "0.5");
            out.printf("%-52s %9d %9d  %s%n",
                    "  its kicks per " + SAMPLES + " requests (median, most)",
                    kicks[COUNTER_ROUNDS / 2], kicks[COUNTER_ROUNDS - 1], "less than 1000");
            loop.context().removeHandler(handler);
        }
    }

    private static void produceRound(CounterSource source) {
        long end = source.consumed() + SAMPLES;
        long nextNs = System.nanoTime();
        for (int i = 0; i < SAMPLES; i++) {
            nextNs += REQUEST_GAP_NS;
            LoopUnderTest.spinUntil(nextNs);
            source.produce();
        }
        while (source.consumed() != end) {
            Thread.onSpinWait();
        }
    }
}
