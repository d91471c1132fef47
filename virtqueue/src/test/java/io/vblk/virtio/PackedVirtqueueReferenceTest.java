// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.QueuePair.Side;

/** Our device side against a driver written from the specification. */
class PackedVirtqueueReferenceTest extends VirtqueueContract {
    PackedVirtqueueReferenceTest() {
        super(true, Side.REFERENCE, Side.OURS);
    }
}
