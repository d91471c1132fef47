// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.filter.DelaySpec;
import io.vblk.block.filter.FilterSpec;
import java.util.List;

/** A slow disk is the same disk. */
class DelayedImageTest extends FilteredImageContract {
    @Override
    List<FilterSpec> filters() {
        return List.of(DelaySpec.all("delay", 0, 50_000, 1));
    }
}
