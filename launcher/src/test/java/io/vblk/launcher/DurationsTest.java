// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Times as fio writes them. */
final class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "10, 10000000000",
        "10s, 10000000000",
        "1us, 1000",
        "250ms, 250000000",
        "2m, 120000000000",
        "1h, 3600000000000",
        "1d, 86400000000000",
        "5S, 5000000000",
        "' 5ms ', 5000000",
        "9223372036, 9223372036000000000"})
    void knowsTheUnits(String text, long ns) {
        assertEquals(ns, Durations.parseNs(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1", "1.5", "1w", "5 s", "1ss", "1e3", "+1", "ten"})
    void refusesWhatIsNoTime(String text) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Durations.parseNs(text));

        assertTrue(e.getMessage().contains("'" + text + "' is not a time"), e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"9223372037", "99999999999999999999", "9223372036854775807d",
        "200000d"})
    void refusesWhatDoesNotFit(String text) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Durations.parseNs(text));

        assertTrue(e.getMessage().contains("too long"), e.getMessage());
    }
}
