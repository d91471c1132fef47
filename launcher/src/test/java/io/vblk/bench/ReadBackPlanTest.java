// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.Direction;
import java.io.IOException;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All clones together read each written unit once. */
final class ReadBackPlanTest {
    private static final int UNIT = 512;
    private static final int AROUND = 3;

    @ParameterizedTest
    @CsvSource({
        // shares, units, written of a hundred, longest request in units
        "1, 1, 100, 1", "1, 100, 0, 1", "1, 100, 100, 1", "1, 100, 50, 4", "3, 100, 50, 1",
        "3, 2, 100, 8", "7, 50, 30, 3", "64, 100, 90, 1", "64, 10, 100, 4", "2, 100, 90, 200"})
    void eachWrittenUnitOnce(int shares, int units, int percent, int most) throws IOException {
        Random random = new Random(units);
        try (Ledger ledger = new Ledger(
                UNIT, (long) (units + 2 * AROUND) * UNIT, UNIT, Reference.ZEROES)) {
            BitSet written = new BitSet();
            for (int unit = 0; unit < units + 2 * AROUND; unit++) {
                if (random.nextInt(100) < percent) {
                    if (random.nextBoolean()) {
                        ledger.wrote(unit, 0, 1, 0, 0);
                    } else {
                        ledger.zeroed(unit, 0, 0);
                    }
                    written.set(unit);
                }
            }
            written.clear(0, AROUND);
            written.clear(AROUND + units, units + 2 * AROUND);
            BitSet seen = new BitSet();
            for (int share = 0; share < shares; share++) {
                long last = -1;
                Requests plan = new ReadBackPlan(ledger, (1L + AROUND) * UNIT,
                        (long) units * UNIT, most * UNIT, share, shares);
                while (plan.next()) {
                    assertEquals(Direction.READ, plan.direction());
                    assertTrue(plan.offset() > last);
                    assertTrue(plan.lengthBytes() <= most * UNIT);
                    last = plan.offset() + plan.lengthBytes() - 1;
                    for (long at = plan.offset(); at < last; at += UNIT) {
                        int unit = ledger.unit(at);
                        assertFalse(seen.get(unit), "unit " + unit + " twice");
                        seen.set(unit);
                    }
                }
                assertFalse(plan.next());
            }

            assertEquals(written, seen);
        }
    }
}
