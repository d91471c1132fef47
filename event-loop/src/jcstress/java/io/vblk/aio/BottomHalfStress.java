// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The flags of one bottom half: schedule against the run of an earlier one. */
public class BottomHalfStress {
    /**
     * A bottom half that is queued already is scheduled again while the loop takes it: it runs once
     * for both or twice, and in either case its last run sees the later work.
     */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "One run for both.")
    @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "A run for each.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A schedule was lost, or ran more than once.")
    @State
    public static class ScheduleAgainstRun {
        private final TestQueue queue = new TestQueue();
        private final BottomHalf bottomHalf = TestQueue.bottomHalf(this::run);
        private int work;
        private int seen;
        private int runs;

        /** Begins with an earlier schedule that has not run. */
        public ScheduleAgainstRun() {
            queue.schedule(bottomHalf);
        }

        private void run() {
            seen = work;
            runs++;
        }

        /** Another thread that has more work. */
        @Actor
        public void producer() {
            work = 1;
            queue.schedule(bottomHalf);
        }

        /** One iteration of the loop. */
        @Actor
        public void loop() {
            queue.runSlice();
        }

        /** The iteration after both. */
        @Arbiter
        public void nextIteration(II_Result result) {
            queue.runSlice();
            result.r1 = seen;
            result.r2 = runs;
        }
    }

    /** Two threads schedule the same one at once: it is queued once, and sees what both wrote. */
    @JCStressTest
    @Outcome(id = "1, 3", expect = Expect.ACCEPTABLE, desc = "One run that saw both.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Lost or run twice.")
    @State
    public static class ScheduleAgainstSchedule {
        private final TestQueue queue = new TestQueue();
        private final BottomHalf bottomHalf = TestQueue.bottomHalf(this::run);
        private int work;
        private int otherWork;
        private int seen;

        private void run() {
            seen = work + otherWork;
        }

        /** One thread. */
        @Actor
        public void producer() {
            work = 1;
            queue.schedule(bottomHalf);
        }

        /** Another thread. */
        @Actor
        public void otherProducer() {
            otherWork = 2;
            queue.schedule(bottomHalf);
        }

        /** One iteration of the loop, after both. */
        @Arbiter
        public void loop(II_Result result) {
            result.r1 = queue.runSlice();
            result.r2 = seen;
        }
    }
}
