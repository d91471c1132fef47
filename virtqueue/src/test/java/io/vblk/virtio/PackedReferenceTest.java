// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.QueuePair.Side;

/** The reference sides of a packed ring, so that a fault of theirs shows here. */
class PackedReferenceTest extends VirtqueueContract {
    PackedReferenceTest() {
        super(true, Side.REFERENCE, Side.REFERENCE);
    }
}
