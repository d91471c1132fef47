// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.QueuePair.Side;

/** Both of our sides of a packed ring. */
class PackedPairTest extends VirtqueueContract {
    PackedPairTest() {
        super(true, Side.OURS, Side.OURS);
    }
}
