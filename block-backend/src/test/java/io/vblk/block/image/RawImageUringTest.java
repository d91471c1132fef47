// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.block.engine.IoEngineKind;
import io.vblk.uring.UringProbe;

class RawImageUringTest extends BlockBackendContract {
    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        UringProbe probe = UringProbe.run();
        assumeTrue(probe.available(), probe.reason());
        String path = TestImages.sparse(directory, "disk.raw", capacityBytes).toString();
        return Images.open(new ImageSpec(path, null, readOnly, false, IoEngineKind.IO_URING));
    }
}
