// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.RateSpec;
import java.util.List;

/** A disk with a limited rate is the same disk. */
class LimitedImageTest extends FilteredImageContract {
    @Override
    List<FilterSpec> filters() {
        return List.of(new RateSpec("rate", new RateSpec.Limits(20_000, 0, 15_000),
                new RateSpec.Limits(0, 200 << 20, 100 << 20), 1_000_000));
    }
}
