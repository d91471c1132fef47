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

/** Polling of memory: rounds that find nothing, and iterations that find one handler's work. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PollRoundBenchmark {
    /** How many handlers are polled. */
    @Param({"1", "16"})
    public int handlers;

    private final List<EventNotifier> notifiers = new ArrayList<>();
    private final List<AioHandler> added = new ArrayList<>();
    private final List<Source> sources = new ArrayList<>();
    private final ReadyList ready = new ReadyList();
    private AioContext context;
    private PollSet pollSet;
    private Source last;

    /** A flag in memory and an eventfd that nobody signals. */
    private static final class Source implements FdCallbacks {
        volatile boolean work;

        @Override
        public void onReadable() {}

        @Override
        public boolean poll() {
            return work;
        }

        @Override
        public void pollReady() {
            work = false;
        }
    }

    /** Makes a loop that polls, and a bare set of the same handlers. */
    @Setup
    public void setUp() throws ErrnoException {
        context = AioContext.create(AioOptions.of(PollingOptions.DEFAULT));
        AioHandler[] all = new AioHandler[handlers];
        for (int i = 0; i < handlers; i++) {
            EventNotifier notifier = EventNotifier.create();
            notifiers.add(notifier);
            Source source = new Source();
            sources.add(source);
            int interest = AioHandler.POLL | AioHandler.READ;
            added.add(context.addHandler(notifier.fd(), interest, source));
            all[i] = new AioHandler(notifier.fd(), interest, source);
        }
        last = sources.get(handlers - 1);
        pollSet = pollSetOf(all);
        // Takes over the handlers and the wake-ups of their registration.
        context.poll(false);
    }

    private PollSet pollSetOf(AioHandler[] all) throws ErrnoException {
        EventNotifier own = EventNotifier.create();
        notifiers.add(own);
        PollSet made = new PollSet(new AioHandler(own.fd(), AioHandler.READ, own::testAndClear));
        made.rebuild(all, ready, System.nanoTime());
        made.begin();
        return made;
    }

    /** Frees all of it. */
    @TearDown
    public void tearDown() {
        added.forEach(context::removeHandler);
        context.close();
        notifiers.forEach(EventNotifier::close);
    }

    /** A round of busy polling that finds nothing. */
    @Benchmark
    public boolean roundOfNothing() {
        return pollSet.look(ready, 0);
    }

    /** An iteration that may not wait and finds nothing: one round, one look at descriptors. */
    @Benchmark
    public boolean iterationOfNothing() {
        return context.poll(false);
    }

    /** An iteration that may wait and finds the work of the last handler by polling. */
    @Benchmark
    public boolean iterationWithHit() {
        last.work = true;
        return context.poll(true);
    }
}
