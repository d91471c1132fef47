// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** How a driver lays out the buffers of a chain. */
public enum ChainLayout {
    /** Each buffer in a descriptor of the ring. */
    DIRECT,
    /** All buffers in a table that one descriptor of the ring points at. */
    INDIRECT,
    /** The first half in descriptors of the ring, the others in a table behind them. */
    TAIL;

    /** What a driver does that was given no choice. */
    static ChainLayout of(long features) {
        return (features >> 28 & 1) != 0 ? INDIRECT : DIRECT;
    }

    /** Buffers of a chain of {@code buffers} that lie in the ring itself. */
    int direct(int buffers) {
        return switch (this) {
            case DIRECT -> buffers;
            case INDIRECT -> 0;
            case TAIL -> buffers / 2;
        };
    }

    /** Descriptors of the ring that a chain of {@code buffers} takes. */
    int descriptors(int buffers) {
        return direct(buffers) + (this == DIRECT ? 0 : 1);
    }
}
