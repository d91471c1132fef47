// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.QueuePair.Side;

/** The reference sides of a split ring, so that a fault of theirs shows here. */
class SplitReferenceTest extends VirtqueueContract {
    SplitReferenceTest() {
        super(false, Side.REFERENCE, Side.REFERENCE);
    }
}
