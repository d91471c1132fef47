// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Rates of the last interval. */
final class ProgressTest {
    @Test
    void ratesAreOfTheLastInterval() {
        Progress first = Progress.START.next(2_000_000_000L, new Progress.Totals(100, 4096),
                new Progress.Totals(0, 0), 2);
        Progress second = first.next(2_500_000_000L, new Progress.Totals(150, 8192),
                new Progress.Totals(10, 512), 1);

        assertEquals(new Progress.Totals(50, 2048), first.readRate());
        assertEquals(new Progress.Totals(100, 8192), second.readRate());
        assertEquals(new Progress.Totals(20, 1024), second.writeRate());
        assertEquals(500_000_000L, second.intervalNs());
        assertEquals(1, second.running());
    }

    @Test
    void noTimeIsNoDivisionByZero() {
        Progress same = Progress.START.next(0, new Progress.Totals(0, 0),
                new Progress.Totals(0, 0), 1);

        assertEquals(new Progress.Totals(0, 0), same.readRate());
    }
}
