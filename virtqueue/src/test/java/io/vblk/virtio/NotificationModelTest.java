// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All interleavings of both suppressions; a model that finds no planted bug is no model. */
class NotificationModelTest {
    private static final int REQUESTS = 4;
    /** Fewer states than this would mean that the model does not move. */
    private static final int STATES_MIN = 10_000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void neverAreBothAsleepOverWork(boolean eventIdx) {
        NotificationModel model =
                new NotificationModel(eventIdx, NotificationModel.Bug.NONE, REQUESTS);
        assertNull(model.lostNotification());
        assertTrue(model.states() > STATES_MIN, model.states() + " states");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void withEventIndicesEachPlantedBugIsFound(NotificationModel.Bug bug) {
        assertNotNull(new NotificationModel(true, bug, REQUESTS).lostNotification());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void withFlagsEachPlantedBugIsFound(NotificationModel.Bug bug) {
        assertNotNull(new NotificationModel(false, bug, REQUESTS).lostNotification());
    }
}
