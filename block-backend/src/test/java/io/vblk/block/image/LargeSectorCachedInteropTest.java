// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.CacheMode;

class LargeSectorCachedInteropTest extends LargeSectorContract {
    LargeSectorCachedInteropTest() {
        super(CacheMode.WRITEBACK);
    }
}
