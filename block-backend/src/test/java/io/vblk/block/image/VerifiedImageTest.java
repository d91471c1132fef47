// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.VerifySpec;
import java.util.List;

/** A disk that is verified is the same disk, and never wrong. */
class VerifiedImageTest extends FilteredImageContract {
    @Override
    List<FilterSpec> filters() {
        return List.of(new VerifySpec("verify", 4096));
    }
}
