// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * A loop with one fast source, one slow one and ten that are idle: what each polling policy, or
 * each fd monitor, costs in latency, in processor time and in kicks.
 *
 * <pre>
 *   mvn -Pjmh -pl event-loop verify -Djmh.main=io.vblk.aio.MixedLoad
 * </pre>
 *
 * <p>The contenders take turns within each round, so that all meet the same noise; the medians of
 * the rounds are printed. Random gaps between requests are exponential with a fixed seed. Needs two
 * processors: one for the loop, one for the producer.
 */
public final class MixedLoad {
    private static final int ROUNDS = 9;
    private static final long SLICE_NS = 400_000_000L;
    private static final int IDLE_SOURCES = 10;
    private static final int REQUESTS_MAX = 1 << 17;
    private static final long NEVER_NS = Long.MAX_VALUE / 4;
    private static final double NS_PER_US = 1_000;

    /** How often the two busy sources get a request, on average if at random. */
    private record Load(String name, boolean random, long fastGapNs, long slowGapNs) {
        private long gap(SplittableRandom numbers, long meanNs) {
            return meanNs == NEVER_NS || !random ? meanNs
                    : (long) (-meanNs * Math.log(1 - numbers.nextDouble()));
        }
    }

    /** What is compared. */
    private record Contender(String name, PollingOptions polling, FdMonitorKind monitor) {}

    /** What one slice measured. */
    private record Slice(
            double p50Us, double p99Us, double cpuPercent, double kicksPercent, double perSecond) {}

    private static final List<Load> LOADS = List.of(
            new Load("fast each 10 us, slow 300 us", false, 10_000, 300_000),
            new Load("fast ~10 us, slow ~300 us", true, 10_000, 300_000),
            new Load("fast ~30 us, slow ~300 us", true, 30_000, 300_000),
            new Load("fast ~100 us, slow ~1 ms", true, 100_000, 1_000_000),
            new Load("slow ~1 ms alone", true, NEVER_NS, 1_000_000));

    private static final List<Contender> CONTENDERS = List.of(
            contender(PollingPolicyKind.CLASSIC, 0, FdMonitorKind.PPOLL),
            contender(PollingPolicyKind.CLASSIC, 2, FdMonitorKind.PPOLL),
            contender(PollingPolicyKind.WEIGHTED, 0, FdMonitorKind.PPOLL),
            contender(PollingPolicyKind.WEIGHTED, 0, FdMonitorKind.EPOLL),
            contender(PollingPolicyKind.WEIGHTED, 0, FdMonitorKind.IO_URING),
            new Contender("off, ppoll", PollingOptions.OFF, FdMonitorKind.PPOLL));

    private MixedLoad() {}

    private static Contender contender(
            PollingPolicyKind policy, int shrink, FdMonitorKind monitor) {
        PollingOptions polling = new PollingOptions(PollingOptions.POLL_MAX_NS_DEFAULT, 0, shrink,
                PollingOptions.POLL_WEIGHT_DEFAULT, policy);
        return new Contender(policy + " shrink=" + shrink + ", " + monitor, polling, monitor);
    }

    /** Measures all loads; takes no arguments. */
    public static void main(String[] args) throws ErrnoException {
        System.out.printf("Java %s, Linux %s, medians of %d slices of %d ms%n",
                System.getProperty("java.version"), System.getProperty("os.version"), ROUNDS,
                SLICE_NS / 1_000_000);
        for (Load load : LOADS) {
            List<List<Slice>> slices = new ArrayList<>();
            CONTENDERS.forEach(contender -> slices.add(new ArrayList<>()));
            // Round 0 warms up.
            for (int round = 0; round <= ROUNDS; round++) {
                for (int i = 0; i < CONTENDERS.size(); i++) {
                    Slice slice = run(CONTENDERS.get(i), load, round);
                    if (round > 0) {
                        slices.get(i).add(slice);
                    }
                }
            }
            print(load, slices);
        }
    }

    private static void print(Load load, List<List<Slice>> slices) {
        System.out.printf("%n%-30s %9s %9s %7s %14s %9s%n", load.name, "p50 us", "p99 us",
                "CPU %", "kicks/request", "req/s");
        for (int i = 0; i < slices.size(); i++) {
            List<Slice> of = slices.get(i);
            System.out.printf(Locale.ROOT, "%-30s %9.2f %9.2f %7.1f %14.3f %9.0f%n",
                    CONTENDERS.get(i).name, median(of, Slice::p50Us), median(of, Slice::p99Us),
                    median(of, Slice::cpuPercent), median(of, Slice::kicksPercent) / 100,
                    median(of, Slice::perSecond));
        }
    }

    private static double median(List<Slice> slices, ToDoubleFunction<Slice> figure) {
        double[] sorted = slices.stream().mapToDouble(figure).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static Slice run(Contender contender, Load load, int seed) throws ErrnoException {
        Histogram latencies = new Histogram(10_000_000_000L, 3);
        List<EventNotifier> kicks = new ArrayList<>();
        List<CounterSource> sources = new ArrayList<>();
        try (IoThread loop = IoThread.start("loop", new AioOptions(contender.polling,
                contender.monitor, AioOptions.EPOLL_THRESHOLD_DEFAULT, NanoClock.MONOTONIC))) {
            List<AioHandler> handlers = new ArrayList<>();
            for (int i = 0; i < IDLE_SOURCES + 2; i++) {
                kicks.add(EventNotifier.create());
                // Only the fast source is timed, or the slow one where it is alone.
                boolean timed = i == 0 || (i == 1 && load.fastGapNs == NEVER_NS);
                sources.add(new CounterSource(kicks.get(i), REQUESTS_MAX,
                        timed ? latencies : new Histogram(10_000_000_000L, 3)));
                handlers.add(loop.context().addHandler(kicks.get(i).fd(),
                        AioHandler.POLL | AioHandler.READ, sources.get(i)));
            }
            long cpuNs = -cpuNs(loop);
            long made = produce(sources.get(0), sources.get(1), load, seed);
            cpuNs += cpuNs(loop);
            handlers.forEach(loop.context()::removeAndAwait);
            long kicked = sources.get(0).kicks() + sources.get(1).kicks();
            return new Slice(latencies.getValueAtPercentile(50) / NS_PER_US,
                    latencies.getValueAtPercentile(99) / NS_PER_US, 100.0 * cpuNs / SLICE_NS,
                    100.0 * kicked / made, made * 1e9 / SLICE_NS);
        } finally {
            kicks.forEach(EventNotifier::close);
        }
    }

    private static long cpuNs(IoThread loop) {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(loop.threadId());
    }

    /** Makes requests for the length of a slice; returns how many. */
    private static long produce(CounterSource fast, CounterSource slow, Load load, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long nowNs = System.nanoTime();
        long endNs = nowNs + SLICE_NS;
        long fastNs = nowNs + load.gap(random, load.fastGapNs);
        long slowNs = nowNs + load.gap(random, load.slowGapNs);
        long made = 0;
        while (nowNs < endNs) {
            boolean fastNext = fastNs < slowNs;
            LoopUnderTest.spinUntil(Math.min(endNs, Math.min(fastNs, slowNs)));
            nowNs = System.nanoTime();
            if (nowNs >= endNs) {
                break;
            }
            made++;
            // The next gap starts now: a producer that was held up does not make up for it.
            if (fastNext) {
                fast.produce();
                fastNs = nowNs + load.gap(random, load.fastGapNs);
            } else {
                slow.produce();
                slowNs = nowNs + load.gap(random, load.slowGapNs);
            }
        }
        return Math.max(1, made);
    }
}
