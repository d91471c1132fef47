// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** What is wrong with one descriptor chain; the queue goes on. */
public enum ChainFault {
    /** Nothing. */
    NONE,
    /** The head index (packed: the buffer id) is not below the queue size. */
    HEAD_OUT_OF_RANGE,
    /** The head (packed: the buffer id) was made available again before it was used. */
    HEAD_IN_USE,
    /** A next index is not below the size of its table. */
    NEXT_OUT_OF_RANGE,
    /** More descriptors than the table has: a loop. */
    LOOP,
    /** More segments than the device takes in one request. */
    TOO_MANY_SEGMENTS,
    /** An address range outside of guest memory. */
    OUTSIDE_MEMORY,
    /** A device-readable descriptor after a device-writable one (virtio 1.3, 2.7.4.2). */
    READABLE_AFTER_WRITABLE,
    /** An indirect descriptor without the feature, inside a table, or with NEXT. */
    INDIRECT_NOT_ALLOWED,
    /** An indirect table that is empty, no multiple of 16 bytes, too long or outside memory. */
    BAD_INDIRECT_TABLE
}
