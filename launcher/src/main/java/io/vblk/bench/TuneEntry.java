// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** A setting and what its slices have measured, by round. Thread: control. */
final class TuneEntry {
    final TuneSetting setting;
    final TreeMap<Integer, TuneSlice> slices = new TreeMap<>();
    /** After how many rounds it was clearly worse than another; 0 while it is not. */
    int outAfter;
    /** Whether a first slice, which does not count, has been run. */
    boolean warm;

    TuneEntry(TuneSetting setting) {
        this.setting = setting;
    }

    boolean isOut() {
        return outAfter > 0;
    }

    /** The median of a figure over all of its slices. */
    double median(ToDoubleFunction<TuneSlice> figure) {
        List<Double> values = new ArrayList<>();
        slices.values().forEach(slice -> values.add(figure.applyAsDouble(slice)));
        return TuneStatistics.median(
                values.stream().mapToDouble(Double::doubleValue).filter(Double::isFinite)
                        .toArray());
    }
}
