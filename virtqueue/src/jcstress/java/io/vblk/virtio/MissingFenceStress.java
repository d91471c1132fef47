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
 * What {@link SuppressionStress} would see if a fence were missing: the same accesses to the same
 * memory, written by hand without it. Where the outcome of interest is never seen, neither this
 * machine nor these tests say anything about fences. Thread: one per actor.
 */
public class MissingFenceStress {
    /** As in SuppressionStress, but the loss is what has to be seen. */
    @Outcome(id = {"0, 1", "1, 0", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "Went well.")
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE_INTERESTING, desc = "Lost, as it has to be.")
    public static class SometimesNeither {}

    /** Split ring, event index: the driver leaves its fence out. */
    @JCStressTest
    @JCStressMeta(SometimesNeither.class)
    @State
    public static class SplitKickDriver {
        private final StressRing ring = new StressRing(StressRing.EVENT_IDX);

        /** Begins with a batch that is not shown and a device that wants no kick. */
        public SplitKickDriver() {
            ring.device().disableKicks();
            ring.addBatch();
        }

        /** Shows the batch and decides about a kick. */
        @Actor
        public void driver(II_Result result) {
            result.r1 = ring.splitPublishUnfenced() ? 1 : 0;
        }

        /** Asks for a kick and looks again. */
        @Actor
        public void device(II_Result result) {
            ring.device().enableKicks();
            result.r2 = ring.device().isEmpty() ? 0 : 1;
        }
    }

    /** Split ring, event index: the device leaves its fence out. */
    @JCStressTest
    @JCStressMeta(SometimesNeither.class)
    @State
    public static class SplitKickDevice {
        private final StressRing ring = new StressRing(StressRing.EVENT_IDX);

        /** Begins with a batch that is not shown and a device that wants no kick. */
        public SplitKickDevice() {
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
            ring.splitEnableKicksUnfenced();
            result.r2 = ring.device().isEmpty() ? 0 : 1;
        }
    }

    /** Packed ring, event index: the driver leaves its fence out. */
    @JCStressTest
    @JCStressMeta(SometimesNeither.class)
    @State
    public static class PackedKickDriver {
        private final StressRing ring = new StressRing(StressRing.PACKED | StressRing.EVENT_IDX);

        /** Begins with a batch that is not shown and a device that wants no kick. */
        public PackedKickDriver() {
            ring.device().disableKicks();
            ring.addBatch();
        }

        /** Shows the batch and decides about a kick. */
        @Actor
        public void driver(II_Result result) {
            result.r1 = ring.packedPublishUnfenced() ? 1 : 0;
        }

        /** Asks for a kick and looks again. */
        @Actor
        public void device(II_Result result) {
            ring.device().enableKicks();
            result.r2 = ring.device().isEmpty() ? 0 : 1;
        }
    }

    /** Packed ring, event index: the device leaves its fence out. */
    @JCStressTest
    @JCStressMeta(SometimesNeither.class)
    @State
    public static class PackedKickDevice {
        private final StressRing ring = new StressRing(StressRing.PACKED | StressRing.EVENT_IDX);

        /** Begins with a batch that is not shown and a device that wants no kick. */
        public PackedKickDevice() {
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
            ring.packedEnableKicksUnfenced();
            result.r2 = ring.device().isEmpty() ? 0 : 1;
        }
    }
}
