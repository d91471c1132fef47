// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.SizeSplit;
import java.util.List;

/**
 * Draws sizes of one direction. All are multiples of the smallest, as in fio without bs_unaligned:
 * others are rounded down. Nothing is allocated. Thread: the job's.
 */
final class SizeDraw {
    private static final int PERCENT = 100;

    private final int minBytes;
    private final boolean fixed;
    private final int[] smallestBytes;
    /** How many multiples of {@link #minBytes} each part has. */
    private final int[] choices;
    /** The share of the parts up to this one, of 1. */
    private final double[] shareUpTo;

    /** Draws from a split; parts without a share have what is left of 100 percent alike. */
    SizeDraw(SizeSplit split) {
        List<SizeSplit.Part> parts = split.parts();
        this.minBytes = split.minBytes();
        this.smallestBytes = new int[parts.size()];
        this.choices = new int[parts.size()];
        this.shareUpTo = new double[parts.size()];
        int given = 0;
        int without = 0;
        for (SizeSplit.Part part : parts) {
            given += part.percent();
            without += part.percent() == 0 ? 1 : 0;
        }
        double rest = without == 0 ? 0 : Math.max(0, PERCENT - given) / (double) without;
        double whole = given + rest * without;
        double sum = 0;
        boolean one = true;
        for (int i = 0; i < parts.size(); i++) {
            SizeSplit.Part part = parts.get(i);
            smallestBytes[i] = part.minBytes() - part.minBytes() % minBytes;
            choices[i] = (part.maxBytes() - smallestBytes[i]) / minBytes + 1;
            sum += part.percent() == 0 ? rest : part.percent();
            shareUpTo[i] = sum / whole;
            one &= choices[i] == 1 && smallestBytes[i] == minBytes;
        }
        shareUpTo[parts.size() - 1] = 1;
        this.fixed = one;
    }

    /** Whether all are of one size. */
    boolean isFixed() {
        return fixed;
    }

    /** The smallest in bytes. */
    int minBytes() {
        return minBytes;
    }

    /** The next size in bytes. */
    int next(RandomStream random) {
        if (fixed) {
            return minBytes;
        }
        int part = 0;
        if (shareUpTo.length > 1) {
            double at = random.unit();
            while (at >= shareUpTo[part]) {
                part++;
            }
        }
        return smallestBytes[part] + minBytes * (int) random.below(choices[part]);
    }
}
