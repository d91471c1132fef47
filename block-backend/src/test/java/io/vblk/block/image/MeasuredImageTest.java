// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.StatsSpec;
import java.util.List;

/** A disk that is measured is the same disk. */
class MeasuredImageTest extends FilteredImageContract {
    @Override
    List<FilterSpec> filters() {
        return List.of(new StatsSpec("stats"));
    }
}
