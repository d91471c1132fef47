// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * One side publishes while the other one asks for a notification and looks: the notification is
 * due, or the look finds something, or both. Thread: one per actor.
 */
public class SuppressionStress {
    /** First whether a notification is due, then whether the second look finds something. */
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "The look finds it.")
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Looked too early, is notified.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Each saw the other.")
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "Sleeps and nobody wakes it.")
    public static class NeverNeither {}

    /** Split ring, flags: a driver that publishes, a device that is about to sleep. */
    @JCStressTest
    @JCStressMeta(NeverNeither.class)
    @State
    public static class SplitFlagsKick {
        private final StressRing ring = new StressRing(0);

        /** Begins with a batch that is not shown and a device that wants no kick. */
        public SplitFlagsKick() {
            ring.device().disableKicks();
            ring.addBatch();
        }

        /** Shows the batch and decides about a kick. */
        @Actor
        public void driver(II_Result result) {
            result.r1 = ring.driver().publish() ? 1 : 0;
        }

        /** Asks for a kick and looks again. */
        @Actor
        public void device(II_Result result) {
            ring.device().enableKicks();
            result.r2 = ring.device().isEmpty() ? 0 : 1;
        }
    }

    /** Split ring, flags: a device that publishes, a driver that is about to sleep. */
    @JCStressTest
    @JCStressMeta(NeverNeither.class)
    @State
    public static class SplitFlagsCall {
        private final StressRing ring = new StressRing(0);

        /** Begins with used elements that are not shown and a driver that wants no call. */
        public SplitFlagsCall() {
            ring.driver().disableCalls();
            ring.addBatch();
            ring.driver().publish();
            ring.popBatch();
            ring.useBatch();
        }

        /** Shows the used elements and decides about a call. */
        @Actor
        public void device(II_Result result) {
            ring.device().publishUsed();
            result.r1 = ring.device().needsCall() ? 1 : 0;
        }

        /** Asks for a call and looks again. */
        @Actor
        public void driver(II_Result result) {
            ring.driver().enableCalls();
            result.r2 = ring.driver().hasUsed() ? 1 : 0;
        }
    }

    /** Split ring, event index: a driver that publishes, a device that is about to sleep. */
    @JCStressTest
    @JCStressMeta(NeverNeither.class)
    @State
    public static class SplitEventKick {
        private final StressRing ring = new StressRing(StressRing.EVENT_IDX);

        /** Begins with a batch that is not shown and a device that wants no kick. */
        public SplitEventKick() {
            ring.device().disableKicks();
            ring.addBatch();
        }

        /** Shows the batch and decides about a kick. */
        @Actor
        public void driver(II_Result result) {
            result.r1 = ring.driver().publish() ? 1 : 0;
        }

        /** Asks for a kick and looks again. */
        @Actor
        public void device(II_Result result) {
            ring.device().enableKicks();
            result.r2 = ring.device().isEmpty() ? 0 : 1;
        }
    }

    /** Split ring, event index: a device that publishes, a driver that is about to sleep. */
    @JCStressTest
    @JCStressMeta(NeverNeither.class)
    @State
    public static class SplitEventCall {
        private final StressRing ring = new StressRing(StressRing.EVENT_IDX);

        /** Begins with used elements that are not shown and a driver that wants no call. */
        public SplitEventCall() {
            ring.driver().disableCalls();
            ring.addBatch();
            ring.driver().publish();
            ring.popBatch();
            ring.useBatch();
        }

        /** Shows the used elements and decides about a call. */
        @Actor
        public void device(II_Result result) {
            ring.device().publishUsed();
            result.r1 = ring.device().needsCall() ? 1 : 0;
        }

        /** Asks for a call and looks again. */
        @Actor
        public void driver(II_Result result) {
            ring.driver().enableCalls();
            result.r2 = ring.driver().hasUsed() ? 1 : 0;
        }
    }

    /** Packed ring, flags: a driver that publishes, a device that is about to sleep. */
    @JCStressTest
    @JCStressMeta(NeverNeither.class)
    @State
    public static class PackedFlagsKick {
        private final StressRing ring = new StressRing(StressRing.PACKED);

        /** Begins with a batch that is not shown and a device that wants no kick. */
        public PackedFlagsKick() {
            ring.device().disableKicks();
            ring.addBatch();
        }

        /** Shows the batch and decides about a kick. */
        @Actor
        public void driver(II_Result result) {
            result.r1 = ring.driver().publish() ? 1 : 0;
        }

        /** Asks for a kick and looks again. */
        @Actor
        public void device(II_Result result) {
            ring.device().enableKicks();
            result.r2 = ring.device().isEmpty() ? 0 : 1;
        }
    }

    /** Packed ring, flags: a device that publishes, a driver that is about to sleep. */
    @JCStressTest
    @JCStressMeta(NeverNeither.class)
    @State
    public static class PackedFlagsCall {
        private final StressRing ring = new StressRing(StressRing.PACKED);

        /** Begins with used elements that are not shown and a driver that wants no call. */
        public PackedFlagsCall() {
            ring.driver().disableCalls();
            ring.addBatch();
            ring.driver().publish();
            ring.popBatch();
            ring.useBatch();
        }

        /** Shows the used elements and decides about a call. */
        @Actor
        public void device(II_Result result) {
            ring.device().publishUsed();
            result.r1 = ring.device().needsCall() ? 1 : 0;
        }

        /** Asks for a call and looks again. */
        @Actor
        public void driver(II_Result result) {
            ring.driver().enableCalls();
            result.r2 = ring.driver().hasUsed() ? 1 : 0;
        }
    }

    /** Packed ring, event index: a driver that publishes, a device that is about to sleep. */
    @JCStressTest
    @JCStressMeta(NeverNeither.class)
    @State
    public static class PackedEventKick {
        private final StressRing ring = new StressRing(StressRing.PACKED | StressRing.EVENT_IDX);

        /** Begins with a batch that is not shown and a device that wants no kick. */
        public PackedEventKick() {
            ring.device().disableKicks();
            ring.addBatch();
        }

        /** Shows the batch and decides about a kick. */
        @Actor
        public void driver(II_Result result) {
            result.r1 = ring.driver().publish() ? 1 : 0;
        }

        /** Asks for a kick and looks again. */
        @Actor
        public void device(II_Result result) {
            ring.device().enableKicks();
            result.r2 = ring.device().isEmpty() ? 0 : 1;
        }
    }

    /** Packed ring, event index: a device that publishes, a driver that is about to sleep. */
    @JCStressTest
    @JCStressMeta(NeverNeither.class)
    @State
    public static class PackedEventCall {
        private final StressRing ring = new StressRing(StressRing.PACKED | StressRing.EVENT_IDX);

        /** Begins with used elements that are not shown and a driver that wants no call. */
        public PackedEventCall() {
            ring.driver().disableCalls();
            ring.addBatch();
            ring.driver().publish();
            ring.popBatch();
            ring.useBatch();
        }

        /** Shows the used elements and decides about a call. */
        @Actor
        public void device(II_Result result) {
            ring.device().publishUsed();
            result.r1 = ring.device().needsCall() ? 1 : 0;
        }

        /** Asks for a call and looks again. */
        @Actor
        public void driver(II_Result result) {
            ring.driver().enableCalls();
            result.r2 = ring.driver().hasUsed() ? 1 : 0;
        }
    }
}
