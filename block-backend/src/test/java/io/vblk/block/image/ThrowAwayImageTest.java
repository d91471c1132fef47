// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.IoEngineKind;

class ThrowAwayImageTest extends BlockBackendContract {
    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        String path = TestImages.sparse(directory, "disk.raw", capacityBytes).toString();
        return Images.open(new ImageSpec(path, null, readOnly, true, IoEngineKind.THREADS));
    }
}
