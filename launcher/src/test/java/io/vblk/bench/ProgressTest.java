// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.bench.Progress.Count;
import io.vblk.bench.Progress.Totals;
import io.vblk.fio.Direction;
import org.junit.jupiter.api.Test;

/** Rates of the last interval. */
final class ProgressTest {
    private static Totals totals(Count reads, Count writes) {
        return new Totals(reads, writes, Count.ZERO);
    }

    @Test
    void ratesAreOfTheLastInterval() {
        Progress first = Progress.START.next(
                2_000_000_000L, totals(new Count(100, 4096), Count.ZERO), "rr", -1);
        Progress second = first.next(
                2_500_000_000L, totals(new Count(150, 8192), new Count(10, 512)), "r_",
                500_000_000L);

        assertEquals(new Count(50, 2048), first.rate(Direction.READ));
        assertEquals(new Count(100, 8192), second.rate(Direction.READ));
        assertEquals(new Count(20, 1024), second.rate(Direction.WRITE));
        assertEquals(Count.ZERO, second.rate(Direction.TRIM));
        assertEquals(500_000_000L, second.intervalNs());
        assertEquals(160, second.totals().ios());
        assertEquals(1, second.running());
        assertEquals(2.5 / 3, second.doneShare(), 1e-9);
        assertEquals(-1, first.doneShare(), "nobody knows");
    }

    @Test
    void noTimeIsNoDivisionByZero() {
        Progress same = Progress.START.next(0, Totals.ZERO, "r_", 500_000_000L);

        assertEquals(Count.ZERO, same.rate(Direction.READ));
    }
}
