// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.CacheMode;

class LargeSectorDirectInteropTest extends LargeSectorContract {
    LargeSectorDirectInteropTest() {
        super(CacheMode.NONE);
    }
}
