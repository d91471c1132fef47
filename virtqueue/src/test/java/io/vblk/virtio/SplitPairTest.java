// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.QueuePair.Side;

/** Both of our sides of a split ring. */
class SplitPairTest extends VirtqueueContract {
    SplitPairTest() {
        super(false, Side.OURS, Side.OURS);
    }
}
