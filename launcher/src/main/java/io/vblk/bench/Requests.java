// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;

/** Where a job's requests come from. Thread: the job's. */
interface Requests {
    /** Steps to the next request; false at the end. */
    boolean next();

    /** READ, WRITE or TRIM. */
    Direction direction();

    /** Bytes from the start of the disk. */
    long offset();

    /** Length in bytes. */
    int lengthBytes();
}
