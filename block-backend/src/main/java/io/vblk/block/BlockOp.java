// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

/** The operations of a disk. */
public enum BlockOp {
    /** Fill the segments from the disk. */
    READ,
    /** Write the segments to the disk. */
    WRITE,
    /** Make every write that completed before this request stable. */
    FLUSH,
    /** Forget a range; a hint, what it reads as afterwards is open. */
    DISCARD,
    /** Make a range read as zeroes. */
    WRITE_ZEROES,
    /** Destroy a range's data, so that no one can get at it by any means. */
    SECURE_ERASE
}
