// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.filter.Filters;

/** A disk behind all filters is the same disk, later. */
class FilteredImageTest extends BlockBackendContract {
    private static final Filters ALL = new Filters(0, 50_000, 1, true);

    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        String path = TestImages.sparse(directory, "disk.raw", capacityBytes).toString();
        // Not called raw by name: the guard of the first block says BUSY now and then.
        ImageSpec spec = new ImageSpec(path, null, readOnly, false, IoEngineKind.THREADS);
        return Images.open(spec.withFilters(ALL));
    }
}
