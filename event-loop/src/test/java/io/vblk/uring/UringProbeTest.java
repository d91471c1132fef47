// SPDX-License-Identifier: Apache-2.0
package io.vblk.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class UringProbeTest {
    @Test
    void saysWhyNotExactlyWhenNotAvailable() {
        UringProbe probe = UringProbe.run();
        assertEquals(probe.available(), probe.reason().isEmpty(), probe.toString());
        assertEquals(probe.available(), probe.features() != 0, probe.toString());
    }
}
