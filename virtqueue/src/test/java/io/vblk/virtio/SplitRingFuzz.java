// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** Fuzz target: a split ring, see {@link RingFuzz}. */
public final class SplitRingFuzz {
    private SplitRingFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        RingFuzz.play(input, false);
    }
}
