// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizeParserTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0", "512, 512", "512b, 512", "4k, 4096", "4K, 4096", "4kb, 4096", "4KiB, 4096",
        "4ki, 4096", "1m, 1048576", "1MiB, 1048576", "1G, 1073741824", "3t, 3298534883328",
        "1P, 1125899906842624", "' 4k ', 4096", "9223372036854775807, 9223372036854775807"})
    void takesNumbersWithUnits(String text, long bytes) {
        assertEquals(bytes, SizeParser.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "k", "-1", "+1", "1.5G", "4x", "4kk", "4 k", "4bk", "4i", "0x10", "k4", "\u0664"})
    void refusesTheRestInOneLine(String text) {
        Exception e =
                assertThrows(IllegalArgumentException.class, () -> SizeParser.parse(text));
        assertEquals("'" + text + "' is not a size: write a number with or without "
                + "k, M, G, T or P, such as 4k", e.getMessage());
    }

    @Test
    void refusesWhatDoesNotFit() {
        for (String text : new String[] {"9223372036854775808", "8388608T", "99999999999999P"}) {
            Exception e =
                    assertThrows(IllegalArgumentException.class, () -> SizeParser.parse(text));
            assertEquals("size '" + text + "' is too large", e.getMessage());
            assertFalse(e.getMessage().contains("\n"));
        }
    }
}
