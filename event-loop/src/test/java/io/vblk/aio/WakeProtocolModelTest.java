// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.WakeProtocolModel.Memory;
import io.vblk.aio.WakeProtocolModel.Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All interleavings of the wake-up handshake; a model that finds no planted bug is no model. */
class WakeProtocolModelTest {
    private static final int WAKEUPS = 3;
    /** Fewer states than this would mean that the model does not move. */
    private static final int STATES_MIN = 10_000;

    private static boolean losesWakeups(Memory memory, Protocol protocol) {
        return new WakeProtocolModel(memory, protocol, WAKEUPS).losesWakeups();
    }

    @ParameterizedTest
    @EnumSource
    void noWakeupIsLost(Memory memory) {
        WakeProtocolModel model = new WakeProtocolModel(memory, Protocol.OURS, WAKEUPS);
        assertFalse(model.losesWakeups());
        assertTrue(model.states() > STATES_MIN, model.states() + " states");
    }

    @ParameterizedTest
    @EnumSource
    void withoutTheLoopsFenceOneIsLost(Memory memory) {
        assertTrue(losesWakeups(memory, new Protocol(false, true, true)));
    }

    @ParameterizedTest
    @EnumSource
    void withoutTheWakersFenceOneIsLost(Memory memory) {
        assertTrue(losesWakeups(memory, new Protocol(true, false, true)));
    }

    @Test
    void withoutTheReleaseStoreOneIsLostWhereStoresPassEachOther() {
        Protocol unordered = new Protocol(true, true, false);
        assertTrue(losesWakeups(Memory.PSO, unordered));
        assertFalse(losesWakeups(Memory.TSO, unordered));
    }
}
