// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.QueuePair.Side;

/** Our device side against a driver written from the specification. */
class SplitVirtqueueReferenceTest extends VirtqueueContract {
    SplitVirtqueueReferenceTest() {
        super(false, Side.REFERENCE, Side.OURS);
    }
}
