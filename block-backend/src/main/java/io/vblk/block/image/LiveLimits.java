// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockLimits;

/** The limits of an open image, which all its views share: it may grow. Thread: any. */
final class LiveLimits {
    private volatile BlockLimits now;

    LiveLimits(BlockLimits limits) {
        this.now = limits;
    }

    BlockLimits now() {
        return now;
    }

    /** Sets the new capacity, which the storage has already. Thread: control. */
    void grow(long capacityBytes) {
        now = now.withCapacity(capacityBytes);
    }
}
