// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.virtio.FuzzCorpus;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Plays what fuzzing has found worth keeping; {@code -Pfuzz} looks for more. */
class FuzzCorpusTest {
    @TestFactory
    Stream<DynamicTest> request() {
        return FuzzCorpus.replay("RequestFuzz", RequestFuzz::fuzzerTestOneInput);
    }
}
