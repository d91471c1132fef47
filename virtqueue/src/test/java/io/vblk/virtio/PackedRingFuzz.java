// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** Fuzz target: a packed ring, see {@link RingFuzz}. */
public final class PackedRingFuzz {
    private PackedRingFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        RingFuzz.play(input, true);
    }
}
