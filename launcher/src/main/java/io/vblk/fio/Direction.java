// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/** Kinds of requests that are reported apart, as fio does. Thread: any. */
public enum Direction {
    /** Reads. */
    READ,
    /** Writes. */
    WRITE,
    /** Discards, or zeroes written without data. */
    TRIM,
    /** Flushes. */
    SYNC
}
