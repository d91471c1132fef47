// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.QueuePair.Side;

/** Our driver side against a device written from the specification. */
class PackedDriverQueueReferenceTest extends VirtqueueContract {
    PackedDriverQueueReferenceTest() {
        super(true, Side.OURS, Side.REFERENCE);
    }
}
