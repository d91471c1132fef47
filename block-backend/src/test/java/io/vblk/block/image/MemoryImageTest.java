// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.IoEngineKind;

class MemoryImageTest extends BlockBackendContract {
    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        String target = "memory:" + capacityBytes;
        return Images.open(new ImageSpec(target, null, readOnly, false, IoEngineKind.SYNC));
    }
}
