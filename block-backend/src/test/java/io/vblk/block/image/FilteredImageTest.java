// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.filter.DelaySpec;
import io.vblk.block.filter.ErrorSpec;
import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.OpKind;
import io.vblk.block.filter.RateSpec;
import io.vblk.block.filter.StatsSpec;
import io.vblk.block.filter.VerifySpec;
import java.util.List;
import java.util.Set;

/** A disk behind all filters is the same disk, later. */
class FilteredImageTest extends FilteredImageContract {
    @Override
    List<FilterSpec> filters() {
        return List.of(new StatsSpec("stats"),
                new RateSpec("rate", new RateSpec.Limits(50_000, 0, 0),
                        new RateSpec.Limits(0, 0, 0), 1_000_000),
                new VerifySpec("verify", 4096), DelaySpec.all("delay", 0, 50_000, 1),
                new ErrorSpec("error", Set.of(OpKind.FLUSH), 5,
                        new ErrorSpec.Chance(1, 1, 1_000_000, 0), 0, Long.MAX_VALUE, null),
                new StatsSpec("stats:name=below"));
    }
}
