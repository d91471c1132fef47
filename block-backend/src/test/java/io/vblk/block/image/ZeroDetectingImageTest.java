// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.IoEngineKind;

/** A disk that turns writes of zeroes into WRITE_ZEROES is the same disk. */
class ZeroDetectingImageTest extends BlockBackendContract {
    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        String path = TestImages.sparse(directory, "disk.raw", capacityBytes).toString();
        // Not called raw by name: the guard of the first block says BUSY now and then.
        ImageSpec spec = new ImageSpec(path, null, readOnly, false, IoEngineKind.THREADS);
        return Images.open(spec.withStorage(false, DetectZeroes.UNMAP));
    }
}
