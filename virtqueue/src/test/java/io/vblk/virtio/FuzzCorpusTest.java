// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Plays what fuzzing has found worth keeping; {@code -Pfuzz} looks for more. */
class FuzzCorpusTest {
    @TestFactory
    Stream<DynamicTest> splitRing() {
        return FuzzCorpus.replay("SplitRingFuzz", SplitRingFuzz::fuzzerTestOneInput);
    }

    @TestFactory
    Stream<DynamicTest> packedRing() {
        return FuzzCorpus.replay("PackedRingFuzz", PackedRingFuzz::fuzzerTestOneInput);
    }

    @TestFactory
    Stream<DynamicTest> chainWalk() {
        return FuzzCorpus.replay("ChainWalkFuzz", ChainWalkFuzz::fuzzerTestOneInput);
    }
}
