// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

/** Calls on a range that a host may not know for some file. */
enum HostCall {
    /** {@link HostFile#discard}. */
    DISCARD,
    /** {@link HostFile#punchHole}. */
    PUNCH_HOLE,
    /** {@link HostFile#zeroRange}. */
    ZERO_RANGE,
    /** {@link HostFile#allocate}. */
    ALLOCATE;

    /** Its bit in a set of calls. */
    int bit() {
        return 1 << ordinal();
    }
}
