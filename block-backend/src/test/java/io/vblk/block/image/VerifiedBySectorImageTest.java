// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.VerifySpec;
import java.util.List;

/** Each sector with a sum of its own. */
class VerifiedBySectorImageTest extends FilteredImageContract {
    @Override
    List<FilterSpec> filters() {
        return List.of(new VerifySpec("verify", 512));
    }
}
