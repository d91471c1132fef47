// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.virtio.PackedNotificationModel.Bug;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All interleavings of both suppressions; a model that finds no planted bug is no model. */
class PackedNotificationModelTest {
    /** Both wrap counters turn twice, and once more begins. */
    private static final int REQUESTS = 5;
    /** Fewer states than this would mean that the model does not move. */
    private static final int STATES_MIN = 10_000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void neverAreBothAsleepOverWork(boolean eventIdx) {
        PackedNotificationModel model =
                new PackedNotificationModel(eventIdx, Bug.NONE, REQUESTS);
        assertNull(model.lostNotification());
        assertTrue(model.states() > STATES_MIN, model.states() + " states");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void withEventIndicesEachPlantedBugIsFound(Bug bug) {
        assertTrue(isFound(true, bug));
    }

    /** Those about the place in the word cannot show where words have none. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void withFlagsEachPlantedBugIsFound(Bug bug) {
        assertEquals(!bug.isAboutPlaces(), isFound(false, bug));
    }

    private static boolean isFound(boolean eventIdx, Bug bug) {
        return new PackedNotificationModel(eventIdx, bug, REQUESTS).lostNotification() != null;
    }
}
