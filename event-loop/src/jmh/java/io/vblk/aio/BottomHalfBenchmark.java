// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A bottom half scheduled on the loop's own thread: schedule, and the iteration that runs it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BottomHalfBenchmark {
    private AioContext context;
    private BottomHalf bottomHalf;
    private BottomHalf[] sixteen;
    private long ran;

    /** Makes the loop; its first iteration makes this thread its home. */
    @Setup
    public void setUp() throws ErrnoException {
        context = AioContext.create(AioOptions.of(PollingOptions.DEFAULT));
        bottomHalf = context.bottomHalf("one", () -> ran++);
        sixteen = new BottomHalf[16];
        for (int i = 0; i < sixteen.length; i++) {
            sixteen[i] = context.bottomHalf("of sixteen", () -> ran++);
        }
        context.poll(false);
    }

    /** Frees the loop. */
    @TearDown
    public void tearDown() {
        bottomHalf.close();
        for (BottomHalf each : sixteen) {
            each.close();
        }
        context.close();
    }

    /** One bottom half in one iteration. */
    @Benchmark
    public long scheduleAndRun() {
        bottomHalf.schedule();
        context.poll(true);
        return ran;
    }

    /** Sixteen in one iteration, so that what each of them costs can be told from the rest. */
    @Benchmark
    public long scheduleAndRunSixteen() {
        for (BottomHalf each : sixteen) {
            each.schedule();
        }
        context.poll(true);
        return ran;
    }
}
