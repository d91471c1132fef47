// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * What a read found wrong. Thread: any.
 *
 * @param kind what must have happened
 * @param offset where, in bytes
 * @param lengthBytes how much
 * @param expectedCrc crc32c of the first unit as it must be
 * @param readCrc crc32c of the first unit as it was read
 * @param text one line for an operator
 */
record VerifyFailure(Kind kind, long offset, long lengthBytes, int expectedCrc, int readCrc,
        String text) {
    /** What must have happened. */
    enum Kind {
        /** A write or trim was acknowledged; what it should have replaced is still there. */
        LOST,
        /** What was there earlier has come back: more than one write is not there. */
        STALE,
        /** Data of another place. */
        MISPLACED,
        /** One part is of a write, and another is not. */
        TORN,
        /** The right data with some bits wrong. */
        CORRUPT,
        /** Zeroes in place of data. */
        ZEROES,
        /** Data of none that this run knows of. */
        FOREIGN,
        /** The reference cannot be read, so nobody knows. */
        UNREADABLE
    }
}
