// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.IoEngineKind;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Blocks of 512 bytes on a device whose sectors have 4096; one small subclass for each mode. */
abstract class LargeSectorContract extends BlockBackendContract {
    private static final int DEVICE_BYTES = 4096;

    private final CacheMode mode;
    private LoopDevices loops;
    private int devices;

    LargeSectorContract(CacheMode mode) {
        this.mode = mode;
    }

    @BeforeEach
    void makeDevices() {
        loops = new LoopDevices();
    }

    @AfterEach
    void detach() throws Exception {
        loops.close();
    }

    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        Path backing = TestImages.sparse(directory, "backing" + devices++, capacityBytes);
        Path device = loops.attach(backing, DEVICE_BYTES);
        return Images.open(new ImageSpec(device.toString(), null, readOnly, false,
                IoEngineKind.AUTO, 512).withCache(mode));
    }
}
