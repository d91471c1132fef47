// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * What one side publishes, the other one sees whole: a batch of two chains that goes past the end
 * of the ring. Thread: one per actor.
 */
public class PublicationStress {
    /** None of the batch or all of it, with everything that was written before. */
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "Not published yet.")
    @Outcome(id = "22", expect = Expect.ACCEPTABLE, desc = "Both, and both are right.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Half a batch, or not what was written.")
    public static class Whole {}

    /** Split ring, chains of descriptors: driver to device. */
    @JCStressTest
    @JCStressMeta(Whole.class)
    @State
    public static class SplitAvailable {
        private final StressRing ring = new StressRing(0);

        /** Writes data and descriptors and shows them. */
        @Actor
        public void driver() {
            ring.addBatch();
            ring.driver().publish();
        }

        /** Pops and reads. */
        @Actor
        public void device(I_Result result) {
            result.r1 = ring.popBatch();
        }
    }

    /** Split ring, chains in tables: driver to device. */
    @JCStressTest
    @JCStressMeta(Whole.class)
    @State
    public static class SplitIndirectAvailable {
        private final StressRing ring = new StressRing(StressRing.INDIRECT);

        /** Writes data and descriptors and shows them. */
        @Actor
        public void driver() {
            ring.addBatch();
            ring.driver().publish();
        }

        /** Pops and reads. */
        @Actor
        public void device(I_Result result) {
            result.r1 = ring.popBatch();
        }
    }

    /** Packed ring, chains of descriptors: driver to device. */
    @JCStressTest
    @JCStressMeta(Whole.class)
    @State
    public static class PackedAvailable {
        private final StressRing ring = new StressRing(StressRing.PACKED);

        /** Writes data and descriptors and shows them. */
        @Actor
        public void driver() {
            ring.addBatch();
            ring.driver().publish();
        }

        /** Pops and reads. */
        @Actor
        public void device(I_Result result) {
            result.r1 = ring.popBatch();
        }
    }

    /** Packed ring, chains in tables: driver to device. */
    @JCStressTest
    @JCStressMeta(Whole.class)
    @State
    public static class PackedIndirectAvailable {
        private final StressRing ring = new StressRing(StressRing.PACKED | StressRing.INDIRECT);

        /** Writes data and descriptors and shows them. */
        @Actor
        public void driver() {
            ring.addBatch();
            ring.driver().publish();
        }

        /** Pops and reads. */
        @Actor
        public void device(I_Result result) {
            result.r1 = ring.popBatch();
        }
    }

    /** Split ring: device to driver. */
    @JCStressTest
    @JCStressMeta(Whole.class)
    @State
    public static class SplitUsed {
        private final StressRing ring = new StressRing(0);

        /** Begins with a batch that the device has popped. */
        public SplitUsed() {
            ring.addBatch();
            ring.driver().publish();
            ring.popBatch();
        }

        /** Writes statuses and used elements and shows them. */
        @Actor
        public void device() {
            ring.useBatch();
            ring.device().publishUsed();
        }

        /** Polls and reads. */
        @Actor
        public void driver(I_Result result) {
            result.r1 = ring.pollBatch();
        }
    }

    /** Packed ring: device to driver. */
    @JCStressTest
    @JCStressMeta(Whole.class)
    @State
    public static class PackedUsed {
        private final StressRing ring = new StressRing(StressRing.PACKED);

        /** Begins with a batch that the device has popped. */
        public PackedUsed() {
            ring.addBatch();
            ring.driver().publish();
            ring.popBatch();
        }

        /** Writes statuses and used elements and shows them. */
        @Actor
        public void device() {
            ring.useBatch();
            ring.device().publishUsed();
        }

        /** Polls and reads. */
        @Actor
        public void driver(I_Result result) {
            result.r1 = ring.pollBatch();
        }
    }
}
