// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.filter.ErrorSpec;
import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.OpKind;
import java.util.List;
import java.util.Set;

/** A disk that fails later is the same disk until then. */
class SparedImageTest extends FilteredImageContract {
    @Override
    List<FilterSpec> filters() {
        return List.of(new ErrorSpec("error", Set.of(OpKind.values()), 5,
                new ErrorSpec.Chance(1, 1, 1_000_000, 0), 0, Long.MAX_VALUE, null));
    }
}
