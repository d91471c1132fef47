// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.III_Result;

/** The queue of bottom halves: what comes with them, and their order. Thread: one per actor. */
public class BottomHalfQueueStress {
    /** What was written before the schedule is seen by the callback. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Not scheduled yet.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Ran and saw the work.")
    @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "Ran and did not see the work.")
    @State
    public static class Publication {
        private final TestQueue queue = new TestQueue();
        private final BottomHalf bottomHalf = TestQueue.bottomHalf(this::run);
        private int work;
        private int seen;

        private void run() {
            seen = work;
        }

        /** Another thread that has work for the loop. */
        @Actor
        public void producer() {
            work = 1;
            queue.schedule(bottomHalf);
        }

        /** One iteration of the loop. */
        @Actor
        public void loop(II_Result result) {
            result.r1 = queue.runSlice();
            result.r2 = seen;
        }
    }

    /** A bottom half that is made, as by execute, and scheduled at once arrives whole. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Not scheduled yet.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Ran and saw its own fields.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Ran half made.")
    @State
    public static class NewlyMade {
        private final TestQueue queue = new TestQueue();
        private int seen;

        /** Another thread that executes something. */
        @Actor
        public void producer() {
            int[] work = {1};
            queue.schedule(TestQueue.bottomHalf(() -> seen = work[0]));
        }

        /** One iteration of the loop. */
        @Actor
        public void loop(II_Result result) {
            result.r1 = queue.runSlice();
            result.r2 = seen;
        }
    }

    /** First in, first out, also when the slice is taken between the two; and none is lost. */
    @JCStressTest
    @Outcome(id = {"0, 2, 12", "1, 2, 12", "2, 2, 12"}, expect = Expect.ACCEPTABLE,
            desc = "Both ran, in the order of scheduling.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Lost, run twice or out of order.")
    @State
    public static class Order {
        private final TestQueue queue = new TestQueue();
        private final BottomHalf first = TestQueue.bottomHalf(() -> ran(1));
        private final BottomHalf second = TestQueue.bottomHalf(() -> ran(2));
        private int order;

        private void ran(int which) {
            order = order * 10 + which;
        }

        /** Another thread that schedules both. */
        @Actor
        public void producer() {
            queue.schedule(first);
            queue.schedule(second);
        }

        /** One iteration of the loop. */
        @Actor
        public void loop(III_Result result) {
            result.r1 = queue.runSlice();
        }

        /** The iteration after both. */
        @Arbiter
        public void nextIteration(III_Result result) {
            result.r2 = result.r1 + queue.runSlice();
            result.r3 = order;
        }
    }

    /** Two threads schedule at once: a failed exchange of the one does not lose the other's. */
    @JCStressTest
    @Outcome(id = {"2, 12", "2, 21"}, expect = Expect.ACCEPTABLE, desc = "Both ran.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Lost or run twice.")
    @State
    public static class TwoProducers {
        private final TestQueue queue = new TestQueue();
        private final BottomHalf one = TestQueue.bottomHalf(() -> ran(1));
        private final BottomHalf other = TestQueue.bottomHalf(() -> ran(2));
        private int order;

        private void ran(int which) {
            order = order * 10 + which;
        }

        /** One thread. */
        @Actor
        public void producer() {
            queue.schedule(one);
        }

        /** Another thread. */
        @Actor
        public void otherProducer() {
            queue.schedule(other);
        }

        /** One iteration of the loop, after both. */
        @Arbiter
        public void loop(II_Result result) {
            result.r1 = queue.runSlice();
            result.r2 = order;
        }
    }
}
