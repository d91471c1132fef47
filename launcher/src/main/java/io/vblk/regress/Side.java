// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

/** Whose slice it is. */
enum Side {
    /** The baseline. */
    A,
    /** The baseline again: what differs between this and the first is the machine. */
    A2,
    /** The candidate. */
    B
}
