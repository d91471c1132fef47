// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class EventIdxTest {
    private static final int INDICES = 0x10000;

    /** The definition: the entry {@code event} is among those made visible by this step. */
    private static boolean counted(int event, int next, int previous) {
        for (int index = previous; index != next; index = (index + 1) % INDICES) {
            if (index == event) {
                return true;
            }
        }
        return false;
    }

    @Test
    void agreesWithCountingAroundTheEndOfTheIndices() {
        for (int size = 1; size <= 8; size++) {
            for (int from = INDICES - 2 * size - 1; from <= INDICES + size; from++) {
                for (int step = 0; step <= size; step++) {
                    int previous = from % INDICES;
                    int next = (from + step) % INDICES;
                    // Any event within three rings of the step, before it and after it.
                    for (int distance = -3 * size; distance <= 3 * size; distance++) {
                        check((from + distance + INDICES) % INDICES, next, previous);
                    }
                }
            }
        }
    }

    @Test
    void agreesWithCountingForEveryEventThereIs() {
        for (int previous : new int[] {0, 1, 0x7FFF, 0x8000, 0xFFF8, 0xFFFF}) {
            for (int step = 0; step <= 8; step++) {
                for (int event = 0; event < INDICES; event++) {
                    check(event, (previous + step) % INDICES, previous);
                }
            }
        }
    }

    @Test
    void agreesWithCountingForTheLongestStep() {
        for (int event : new int[] {0, 1, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFFFE, 0xFFFF}) {
            for (int previous : new int[] {0, 0x7FFF, 0x8000, 0xFFFF}) {
                check(event, (previous + 32768) % INDICES, previous);
            }
        }
    }

    private static void check(int event, int next, int previous) {
        boolean expected = counted(event, next, previous);
        if (expected != EventIdx.needEvent(event, next, previous)) {
            assertEquals(expected, !expected,
                    "event " + event + ", from " + previous + " to " + next);
        }
    }
}
