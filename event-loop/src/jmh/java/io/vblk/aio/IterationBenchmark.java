// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One iteration without polling that finds one ready descriptor among many. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class IterationBenchmark {
    /** A name and not the constant, so that a kind may be asked for that is not there yet. */
    @Param({"PPOLL", "EPOLL", "IO_URING"})
    public String monitor;

    /** How many descriptors the loop watches; one of them is ready. */
    @Param({"1", "100", "1000"})
    public int descriptors;

    private final List<EventNotifier> notifiers = new ArrayList<>();
    private final List<AioHandler> handlers = new ArrayList<>();
    private AioContext context;

    /** Makes the loop and its descriptors, and sets the one in the middle. */
    @Setup
    public void setUp() throws ErrnoException {
        context = AioContext.create(new AioOptions(PollingOptions.OFF,
                FdMonitorKind.valueOf(monitor), AioOptions.EPOLL_THRESHOLD_DEFAULT,
                NanoClock.MONOTONIC));
        for (int i = 0; i < descriptors; i++) {
            EventNotifier notifier = EventNotifier.create();
            notifiers.add(notifier);
            handlers.add(context.addHandler(notifier.fd(), AioHandler.READ, () -> {
                notifier.testAndClear();
                notifier.set();
            }));
        }
        notifiers.get(descriptors / 2).set();
    }

    /** Frees all of it. */
    @TearDown
    public void tearDown() {
        handlers.forEach(context::removeHandler);
        context.close();
        notifiers.forEach(EventNotifier::close);
    }

    /** Wait, dispatch, read the eventfd and set it again. */
    @Benchmark
    public boolean oneReady() {
        return context.poll(true);
    }
}
