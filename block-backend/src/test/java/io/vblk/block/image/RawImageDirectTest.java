// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.IoEngineKind;

/** Past the page cache, as far as the file system of the temporary directory goes along. */
class RawImageDirectTest extends BlockBackendContract {
    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        String path = TestImages.sparse(directory, "disk.raw", capacityBytes).toString();
        return Images.open(new ImageSpec(path, null, readOnly, false, IoEngineKind.AUTO)
                .withCache(CacheMode.NONE));
    }
}
