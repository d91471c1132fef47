// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.Filters;
import java.util.List;

/** A disk behind filters is the same disk, later; one subclass for each filter. */
abstract class FilteredImageContract extends BlockBackendContract {
    /** The filters, the first next to the guest. */
    abstract List<FilterSpec> filters();

    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        String path = TestImages.sparse(directory, "disk.raw", capacityBytes).toString();
        // Not called raw by name: the guard of the first block says BUSY now and then.
        ImageSpec spec = new ImageSpec(path, null, readOnly, false, IoEngineKind.THREADS);
        return Images.open(spec.withFilters(new Filters(filters(), true)));
    }
}
